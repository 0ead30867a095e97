from . import test_gate_doors
from . import test_gate_http
from . import test_gate_tools
from . import test_overdue
from . import test_process_exchange
from . import test_process_version
from . import test_workday

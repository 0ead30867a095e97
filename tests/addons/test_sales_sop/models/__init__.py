from . import test_sop_document
from . import sop_check
from . import sop_transition

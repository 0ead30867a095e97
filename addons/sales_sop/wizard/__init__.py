from . import sop_deadline_explain
from . import sop_process_compare
from . import sop_process_import
from . import sop_migration
from . import sop_migration_line
from . import sop_setup
from . import sop_setup_stage
from . import sop_contact_dialog

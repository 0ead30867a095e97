from . import controllers
from . import demo
from . import models
from . import wizard
from .engine import as_engine


def _uninstall_hook(env):
    """Files of the evidence and reminders belong to models and types that are about to vanish."""
    files = env['ir.attachment'].search([('res_model', '=', 'sop.check')])
    as_engine(files).unlink()
    env['sop.reminder.mixin']._sop_forget_reminders()
    # Groups of items cannot be deleted; ours go before the items do.
    env.cr.execute("UPDATE sop_requirement SET group_id = NULL, verify_group_id = NULL")

from . import demo
from . import models
from . import wizard
from .engine import as_engine


def _uninstall_hook(env):
    """Files of the evidence belong to models that are about to vanish."""
    files = env['ir.attachment'].search([('res_model', '=', 'sop.check')])
    as_engine(files).unlink()

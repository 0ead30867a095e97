from odoo import fields, models

from ..engine import as_engine


class ResCompany(models.Model):
    _inherit = 'res.company'

    sop_regrade_from = fields.Datetime(
        string="Grading Changed", readonly=True,
        help="Leads that were graded before are graded anew by the scheduled job.")

    def _sop_request_regrade(self):
        """Have all leads of these companies graded anew, by the scheduled job."""
        if self:
            as_engine(self).write({'sop_regrade_from': fields.Datetime.now()})

from odoo import fields, models, tools

from ..engine import as_engine


class ResCompany(models.Model):
    _inherit = 'res.company'

    sop_regrade_from = fields.Datetime(
        string="Grading Changed", readonly=True,
        help="Leads that were graded before are graded anew by the scheduled job.")

    def _sop_request_regrade(self):
        """Have all leads of these companies graded anew, by the scheduled job."""
        if not self:
            return
        as_engine(self).write({'sop_regrade_from': fields.Datetime.now()})
        cron = self.env.ref('sales_sop.ir_cron_sop_regrade', raise_if_not_found=False)
        if cron:
            cron._trigger()

    @tools.ormcache()
    def _get_sop_company_ids(self):
        # sudo: whose settings apply does not depend on who asks.
        return tuple(self.sudo().search([]).ids)

from odoo import fields, models, tools
from odoo.tools import date_utils

from ..engine import as_engine


class ResCompany(models.Model):
    _inherit = 'res.company'

    sop_regrade_from = fields.Datetime(
        string="Grading Changed", readonly=True,
        help="Leads that were graded before are graded anew by the scheduled job.", prefetch='sop')

    def _sop_request_regrade(self):
        """Have all leads of these companies graded anew, by the scheduled job."""
        if not self or not self.env['sop.process']._is_in_use('crm.lead'):
            return
        # Dates are kept by the second: what was graded earlier in this one counts as graded before.
        as_engine(self).write({'sop_regrade_from': date_utils.add(fields.Datetime.now(), seconds=1)})
        cron = self.env.ref('sales_sop.ir_cron_sop_regrade', raise_if_not_found=False)
        if cron:
            cron._trigger()

    @tools.ormcache()
    def _get_sop_company_ids(self):
        # sudo: whose settings apply does not depend on who asks.
        return tuple(self.sudo().search([]).ids)

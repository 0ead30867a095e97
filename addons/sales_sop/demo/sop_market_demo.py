from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

from ..engine import as_engine


class SopDemo(models.AbstractModel):
    _inherit = 'sop.demo'

    @api.model
    def _load_market(self):
        """The customer profiles as a manager has left them: two in use, one expired, one under review."""
        metal, clean, textile = (
            self.env.ref(f'sales_sop.sop_customer_profile_{name}') for name in ('metal', 'clean', 'textile'))
        manager, author = self.env.ref('sales_sop.user_mike'), self.env.ref('sales_sop.user_amy')
        (metal | clean | textile).with_user(manager).action_approve()
        as_engine(textile).write({
            'approved_date': fields.Datetime.now() - relativedelta(months=14),
            'valid_to': fields.Date.today() - relativedelta(months=2),
        })
        metal.with_user(author).action_new_version()

from odoo import models

from odoo.addons.sales_sop.engine import as_engine


class MailActivity(models.Model):
    _inherit = 'mail.activity'

    def _sop_hand_on(self, review):
        """These tasks of one person are done; one of them goes on to ``review``, if there is one."""
        if review:
            as_engine(self[:1]).write({'res_id': review.id, 'summary': False, 'date_deadline': (
                review.deadline or self[:1].date_deadline)})
        (self[1:] if review else self).unlink()

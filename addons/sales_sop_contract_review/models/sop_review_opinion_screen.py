from odoo import models


class SopReviewOpinion(models.Model):
    """Dialogs that a reviewer opens from his opinion."""

    _inherit = 'sop.review.opinion'

    def action_open_act(self):
        """Ask for what an act on this opinion needs; which act is said by the context of the button."""
        self.ensure_one()
        self.check_access('read')
        return self.review_id._prepare_sop_act_action(self.env.context.get('sop_act'), self)

    def action_open_sheet(self):
        """The screen of the reviewer."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window', 'res_model': self._name, 'res_id': self.id, 'views': [(False, 'form')],
            'name': self.display_name}

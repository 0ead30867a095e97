from odoo import fields, models
from odoo.exceptions import UserError


class SopContract(models.Model):
    """What the form of a contract says about its review: who is asked now, until when."""

    _inherit = 'sop.contract'

    review_asked_names = fields.Char(string="Waits For", related='sop_review_id.asked_names')
    review_deadline = fields.Date(string="Review Due", related='sop_review_id.deadline')

    def action_sop_open_review(self):
        """The latest round of the review of this contract."""
        self.ensure_one()
        self.check_access('read')
        # sudo: the link is read here, the review with the rights of the user.
        review = self.sudo().sop_review_id
        if not review:
            raise UserError(self.env._("%s has not been reviewed yet.", self.display_name))
        return {
            'type': 'ir.actions.act_window', 'name': self.env._("Review"), 'res_model': 'sop.review',
            'res_id': review.id, 'views': [(False, 'form')]}

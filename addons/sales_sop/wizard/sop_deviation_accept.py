from odoo import fields, models
from odoo.exceptions import UserError

from ..values import CONFIRM_METHODS


class SopDeviationAccept(models.TransientModel):
    """Asks who of the customer accepts a deviation, and for the evidence (S3.4)."""

    _name = 'sop.deviation.accept'
    _description = "Deviation Accepted by the Customer"

    coverage_id = fields.Many2one('sop.solution.coverage', required=True, ondelete='cascade')
    # Not through sudo: whose needs these are is up to the lines.
    need_text = fields.Text(related='coverage_id.need_text', related_sudo=False)
    remark = fields.Text(related='coverage_id.remark', related_sudo=False)
    accepted_by = fields.Char(required=True, help="Name of the person who decides on the customer's side.")
    accepted_date = fields.Date(string="Accepted On", required=True, default=fields.Date.context_today)
    accepted_how = fields.Selection(
        [method for method in CONFIRM_METHODS if method[0] != 'portal'], required=True,
        default='email')
    file = fields.Binary(string="Evidence", attachment=False)
    file_name = fields.Char()

    def action_accept(self):
        """Record it with its evidence."""
        self.ensure_one()
        line = self.coverage_id
        name = (self.accepted_by or '').strip()
        if not name or not self.file:
            raise UserError(self.env._("Say who accepts the deviation, and add the evidence."))
        # sudo: the day it is in the company of a lead the user works on.
        if self.accepted_date > line.sudo().lead_id._get_sop_today():
            raise UserError(self.env._("What lies in the future is not accepted yet. Correct the date."))
        line._check_acceptable()
        file = self.env['ir.attachment'].create({
            'name': self.file_name or name, 'datas': self.file, 'res_model': line._name, 'res_id': line.id})
        line._sop_accept(name, self.accepted_date, self.accepted_how, file)
        return {'type': 'ir.actions.act_window_close'}

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..values import CONFIRM_METHODS


class SopSignoffRecord(models.TransientModel):
    """Records what a customer answered by e-mail, on a signed form or in minutes, with the proof."""

    _name = 'sop.signoff.record'
    _description = "Record the Answer of a Customer"

    res_model = fields.Char(required=True)
    res_id = fields.Many2oneReference(model_field='res_model', required=True)
    title = fields.Char(compute='_compute_title')
    state = fields.Selection(
        [('confirmed', "Confirmed"), ('declined', "Declined")], string="Answer", required=True, default='confirmed')
    signer_name = fields.Char(
        string="Person", compute='_compute_signer_name', store=True, readonly=False, precompute=True)
    answer_date = fields.Datetime(string="Answered On", required=True, default=fields.Datetime.now)
    how = fields.Selection(
        [(key, label) for key, label in CONFIRM_METHODS if key != 'portal'], string="Answered By", required=True,
        default='email')
    comment = fields.Text()
    attachment_ids = fields.Many2many('ir.attachment', string="Proof", help="The e-mail, the signed form, the minutes.")

    @api.depends('res_model', 'res_id')
    def _compute_title(self):
        for dialog in self:
            dialog.title = dialog._get_record().display_name

    @api.depends('res_model', 'res_id')
    def _compute_signer_name(self):
        for dialog in self:
            dialog.signer_name = dialog._get_record()._get_sop_signoff_partner().name

    def _get_record(self):
        """What was answered; who may not change it gets nowhere."""
        self.ensure_one()
        return self.env['sop.signoff']._get_signoff_record(self.res_model, self.res_id)

    def action_record(self):
        """Keep the answer with its proof."""
        record = self._get_record()
        self._check_content()
        # What the user may not read himself is not copied for him.
        self.attachment_ids.check_access('read')
        record._sop_record_signoff(
            self.state, self.signer_name.strip(), how=self.how, answer_date=self.answer_date, comment=self.comment,
            files=self.attachment_ids)
        return {'type': 'ir.actions.act_window_close'}

    def _check_content(self):
        if not (self.signer_name or '').strip():
            raise UserError(self.env._("%s: enter who answered.", self.title))
        if self.answer_date > fields.Datetime.now():
            raise UserError(self.env._("%s: the answer cannot lie in the future. Correct the date.", self.title))
        if self.state == 'confirmed' and not self.attachment_ids:
            raise UserError(self.env._(
                "%s: attach the proof: the e-mail, the signed form or the minutes.", self.title))
        if self.state == 'declined' and not (self.comment or '').strip():
            raise UserError(self.env._("%s: enter what the customer does not agree with.", self.title))

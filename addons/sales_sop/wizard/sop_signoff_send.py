from odoo import api, fields, models
from odoo.exceptions import UserError


class SopSignoffSend(models.TransientModel):
    """Asks a customer to confirm a record: by mail, or with a link to hand over."""

    _name = 'sop.signoff.send'
    _description = "Send for Confirmation"

    res_model = fields.Char(required=True)
    res_id = fields.Many2oneReference(model_field='res_model', required=True)
    title = fields.Char(compute='_compute_record')
    customer_id = fields.Many2one('res.partner', compute='_compute_record')
    partner_id = fields.Many2one(
        'res.partner', string="Contact", compute='_compute_partner_id', store=True, readonly=False,
        domain="[('commercial_partner_id', '=', customer_id)]")
    email = fields.Char(related='partner_id.email')
    message = fields.Text(help="A personal line above the text of the mail.")
    link = fields.Char(compute='_compute_link')

    @api.depends('res_model', 'res_id')
    def _compute_record(self):
        for dialog in self:
            record = dialog._get_record()
            dialog.title = record.display_name
            dialog.customer_id = record._get_sop_signoff_partner().commercial_partner_id

    @api.depends('res_model', 'res_id')
    def _compute_partner_id(self):
        for dialog in self:
            dialog.partner_id = dialog._get_record()._get_sop_signoff_partner()

    @api.depends('res_model', 'res_id')
    def _compute_link(self):
        for dialog in self:
            pending = dialog._get_record()._get_sop_open_signoffs()[:1]
            dialog.link = pending._get_url() if pending and pending._refresh() == 'pending' else False

    def _get_record(self):
        """What is to be confirmed; who may not change it gets nowhere."""
        self.ensure_one()
        return self.env['sop.signoff']._get_signoff_record(self.res_model, self.res_id)

    def action_send(self):
        """Mail the link to the customer."""
        self._request()
        return {'type': 'ir.actions.act_window_close'}

    def action_get_link(self):
        """Make the link without a mail, to be handed over in a chat."""
        self._request(mail=False)
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Send for Confirmation"),
            'res_model': self._name,
            'res_id': self.id,
            'view_mode': 'form',
            'views': [(False, 'form')],
            'target': 'new',
        }

    def _request(self, mail=True):
        record = self._get_record()
        if self.partner_id.commercial_partner_id != self.customer_id:
            raise UserError(self.env._(
                "%(record)s: only persons of the customer %(customer)s are asked.",
                record=self.title, customer=self.customer_id.display_name))
        record._sop_request_signoff(self.partner_id, self.message, mail=mail)

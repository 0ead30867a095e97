from odoo import api, fields, models
from odoo.tools.misc import format_datetime

# The field of the order, and the topic it belongs to
TERMS = {
    'payment_term_id': 'payment', 'commitment_date': 'date', 'partner_shipping_id': 'place',
    'partner_invoice_id': 'party'}


class SopAmendmentOrder(models.Model):
    """The terms of a whole order before and after an amendment (§4.7)."""

    _name = 'sop.amendment.order'
    _description = "Terms of an Order in an Amendment"
    _inherit = ['sop.amendment.part.mixin']
    _order = 'contract_id desc, id'
    _rec_name = 'order_id'

    _sop_server_fields = frozenset({
        'order_id', 'payment_term_id_before', 'commitment_date_before', 'partner_shipping_id_before',
        'partner_invoice_id_before', 'is_held'})

    partner_id = fields.Many2one(related='contract_id.partner_id')
    payment_term_id_before = fields.Many2one(
        'account.payment.term', string="Payment Terms So Far", readonly=True, ondelete='restrict')
    commitment_date_before = fields.Datetime(string="Delivery Date So Far", readonly=True)
    partner_shipping_id_before = fields.Many2one(
        'res.partner', string="Delivery Address So Far", readonly=True, ondelete='restrict')
    partner_invoice_id_before = fields.Many2one(
        'res.partner', string="Invoice Address So Far", readonly=True, ondelete='restrict')
    payment_term_id = fields.Many2one(
        'account.payment.term', string="New Payment Terms", check_company=True, ondelete='restrict')
    commitment_date = fields.Datetime(string="New Delivery Date")
    partner_shipping_id = fields.Many2one(
        'res.partner', string="New Delivery Address", required=True, check_company=True, ondelete='restrict')
    partner_invoice_id = fields.Many2one(
        'res.partner', string="New Invoice Address", required=True, check_company=True, ondelete='restrict')

    _order_uniq = models.UniqueIndex('(contract_id, order_id)', "An amendment has the terms of an order once.")
    _held_uniq = models.UniqueIndex(
        '(order_id) WHERE is_held', "Another open amendment changes the terms of this order already.")

    @api.depends(*TERMS, *(f'{name}_before' for name in TERMS))
    def _compute_is_changed(self):
        for terms in self:
            terms.is_changed = bool(terms._get_changed_names())

    def _get_changed_names(self):
        return [name for name in TERMS if self[name] != self[f'{name}_before']]

    @api.model
    def _prepare_from_order(self, order):
        values = {
            name: order[name].id if order._fields[name].relational else order[name] for name in TERMS}
        return {
            'order_id': order.id, **values, **{f'{name}_before': value for name, value in values.items()}}

    def _get_kinds(self):
        return {TERMS[name] for terms in self for name in terms._get_changed_names()}

    def _get_changes(self):
        labels = {
            'payment_term_id': self.env._("Payment terms"), 'commitment_date': self.env._("Delivery date"),
            'partner_shipping_id': self.env._("Delivery address"),
            'partner_invoice_id': self.env._("Invoice address")}
        return [
            {
                'topic': TERMS[name], 'order': terms.order_id.name, 'subject': terms.order_id.name,
                'label': labels[name], 'before': terms._format(f'{name}_before'), 'after': terms._format(name),
            }
            for terms in self for name in terms._get_changed_names()
        ]

    def _format(self, name):
        if self._fields[name].type == 'datetime':
            tz = self.company_id._get_sop_tz()
            return format_datetime(self.env, self[name], tz=tz, dt_format='yyyy-MM-dd HH:mm') if self[name] else ''
        # sudo: an address is shown to whoever reads the amendment.
        record = self.sudo()[name]
        if record._name == 'res.partner':
            return record.with_context(show_address=True, address_inline=True).display_name or ''
        return record.display_name or ''

    def _get_topic_values(self):
        return [
            (TERMS[name], [self.order_id.id, name, *(
                self[field].id if self._fields[field].relational else str(self[field] or '')
                for field in (f'{name}_before', name))])
            for name in self._get_changed_names()]

    def _get_obstacle(self):
        live = self.order_id
        if any(live[name] != self[f'{name}_before'] for name in self._get_changed_names()):
            return self.env._("The terms of %s have been changed since the amendment was opened.", live.name)
        return ''

    def _sop_apply(self):
        """Give the orders what was agreed; for the engine."""
        for terms in self.filtered('is_changed'):
            terms.order_id.write(terms._convert_to_write({
                name: terms[name] for name in terms._get_changed_names()}))

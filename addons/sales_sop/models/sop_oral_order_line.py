from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import float_is_zero
from odoo.tools.misc import format_date


class SopOralOrderLine(models.Model):
    """One line of an oral order: a product of ours, or what the customer said."""

    _name = 'sop.oral.order.line'
    _description = "Line of an Oral Order"
    _inherit = ['sop.lead.child.mixin']
    _order = 'order_id, sequence, id'

    order_id = fields.Many2one('sop.oral.order', required=True, index=True, ondelete='cascade')
    lead_id = fields.Many2one(related='order_id.lead_id', store=True, index=True)
    company_id = fields.Many2one(related='order_id.company_id', store=True)
    currency_id = fields.Many2one(related='order_id.currency_id')
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        'product.product', domain="[('sale_ok', '=', True)]", index='btree_not_null', ondelete='restrict',
        check_company=True)
    name = fields.Char(
        string="Ordered", compute='_compute_name', store=True, readonly=False, precompute=True, required=True,
        help="The product, or what the customer said.")
    specification = fields.Char()
    quantity = fields.Float(digits='Product Unit', default=1, required=True)
    uom_id = fields.Many2one(related='product_id.uom_id')
    price_unit = fields.Monetary(string="Unit Price", help="Without tax. Zero: nothing was said about the price.")
    date = fields.Date(string="Wanted On")
    place = fields.Char(string="Place of Delivery")
    payment = fields.Char()

    _quantity_positive = models.Constraint('CHECK(quantity > 0)', "The quantity of an oral order is more than zero.")
    _price_not_negative = models.Constraint('CHECK(price_unit >= 0)', "The price of an oral order is not negative.")

    @api.depends('product_id')
    def _compute_name(self):
        for line in self:
            line.name = line.product_id.display_name or line.name

    @api.constrains('name')
    def _check_name(self):
        for line in self:
            if not line.name.strip():
                raise ValidationError(self.env._(
                    "%s: enter what was ordered.", line.order_id.display_name))

    @api.model_create_multi
    def create(self, vals_list):
        order_ids = {vals['order_id'] for vals in vals_list if vals.get('order_id')}
        # sudo: rights on the opportunity are asked for by the lines; here only whether it is open.
        self.env['sop.oral.order'].sudo().browse(order_ids).exists()._check_open()
        lines = super().create(vals_list)
        lines.order_id._sop_outdate_signoffs()
        return lines

    def write(self, vals):
        self.order_id._check_open()
        if any(line.order_id.id != vals.get('order_id', line.order_id.id) for line in self):
            raise UserError(self.env._(
                "%s: a line stays with its oral order. Enter it there anew.", self[:1].order_id.display_name))
        result = super().write(vals)
        self.order_id._sop_outdate_signoffs()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_frozen(self):
        self.order_id._check_open()

    def unlink(self):
        orders = self.order_id
        result = super().unlink()
        orders.exists()._sop_outdate_signoffs()
        return result

    def _get_values(self):
        """What the customer confirms of this line."""
        return {
            'product': self.product_id.id,
            'name': self.name,
            'specification': self.specification or '',
            'quantity': self.quantity,
            'price': self.price_unit,
            'date': self.date,
            'place': self.place or '',
            'payment': self.payment or '',
        }

    def _get_details(self):
        """What was said beyond product and quantity, in the language of ``self``."""
        return [text for text in (
            self.specification,
            self.date and self.env._("Wanted on %s", format_date(self.env, self.date)),
            self.place and self.env._("Place of delivery: %s", self.place),
            self.payment and self.env._("Payment: %s", self.payment),
        ) if text]

    def _prepare_quotation_line(self, order):
        """The line of the quotation ``order``; what is no product of ours becomes a note."""
        line = self.with_context(lang=order.partner_id.lang or self.env.lang)
        text = '\n'.join([self.name, *line._get_details()])
        if not self.product_id:
            return {'display_type': 'line_note', 'name': f'{self.quantity:g} × {text}'}
        values = {'product_id': self.product_id.id, 'product_uom_qty': self.quantity, 'name': text}
        if not float_is_zero(self.price_unit, precision_rounding=self.currency_id.rounding):
            values['price_unit'] = self.currency_id._convert(
                self.price_unit, order.currency_id, order.company_id, fields.Date.context_today(self))
        return values

    @api.model
    def _get_sop_invited_domain(self):
        return super()._get_sop_invited_domain() | Domain('order_id.start_approver_ids', 'in', [self.env.uid])

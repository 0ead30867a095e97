from odoo import api, fields, models
from odoo.exceptions import ValidationError


class SopContractLine(models.Model):
    """What is sold by a contract: one line of one of its orders, as it was agreed.

    A line of a framework contract may be a price without a quantity.
    """

    _name = 'sop.contract.line'
    _description = "Line of a Contract"
    _inherit = ['sop.contract.child.mixin']
    _order = 'sequence, id'

    _sop_is_text = True

    contract_id = fields.Many2one('sop.contract', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='contract_id.company_id')
    currency_id = fields.Many2one(related='contract_id.currency_id')
    contract_type = fields.Selection(related='contract_id.type', string="Type of Contract")
    sequence = fields.Integer(default=10)
    order_line_id = fields.Many2one('sale.order.line', index='btree_not_null', ondelete='set null', copy=False)
    product_id = fields.Many2one(
        'product.product', index='btree_not_null', ondelete='restrict',
        domain="[('sale_ok', '=', True), ('company_id', 'in', (company_id, False))]")
    name = fields.Char(string="Description", required=True)
    specification = fields.Text()
    quantity = fields.Float(digits='Product Unit', default=1)
    uom_id = fields.Many2one('uom.uom', string="Unit", ondelete='restrict')
    price_unit = fields.Float(string="Unit Price", digits='Product Price')
    discount = fields.Float(string="Disc.%", digits='Discount')
    tax_ids = fields.Many2many(
        'account.tax', string="Taxes", domain="[('type_tax_use', '=', 'sale')]", check_company=True)
    lead_days = fields.Float(string="Delivery (Days)", digits=(16, 0))
    ceiling = fields.Float(
        digits='Product Unit', help="Quantity that may be called off in all; 0: no limit.")
    price_subtotal = fields.Monetary(string="Amount", compute='_compute_amount', store=True)
    price_tax = fields.Monetary(string="Tax", compute='_compute_amount', store=True)
    price_total = fields.Monetary(string="Total", compute='_compute_amount', store=True)

    @api.depends('quantity', 'price_unit', 'discount', 'tax_ids', 'contract_id.currency_id', 'contract_id.company_id')
    def _compute_amount(self):
        taxes = self.env['account.tax']
        for line in self:
            base_line = line._prepare_base_line()
            taxes._add_tax_details_in_base_line(base_line, line.company_id)
            taxes._round_base_lines_tax_details([base_line], line.company_id)
            line.price_subtotal = base_line['tax_details']['total_excluded_currency']
            line.price_total = base_line['tax_details']['total_included_currency']
            line.price_tax = line.price_total - line.price_subtotal

    def _prepare_base_line(self):
        """What ``account.tax`` computes amounts from."""
        self.ensure_one()
        return self.env['account.tax']._prepare_base_line_for_taxes_computation(
            self, tax_ids=self.tax_ids, quantity=self.quantity, partner_id=self.contract_id.partner_id,
            currency_id=self.currency_id or self.company_id.currency_id, name=self.name)

    # ------------------------------------------------------------
    # RULES
    # ------------------------------------------------------------

    @api.constrains('discount', 'lead_days', 'ceiling')
    def _check_numbers(self):
        for line in self:
            if line.discount > 100 or min(line.lead_days, line.ceiling) < 0:
                raise ValidationError(self.env._(
                    "%s: a discount is at most 100 %%; days, and the most that may be called off, are not below "
                    "zero.", line.name))

    @api.onchange('product_id')
    def _onchange_product_id(self):
        for line in self.filtered('product_id'):
            product = line.product_id.with_context(lang=line.contract_id.partner_id.lang)
            line.name = product.display_name
            line.specification = product.description_sale
            line.uom_id = product.uom_id
            line.price_unit = product.lst_price
            line.tax_ids = product.taxes_id._filter_taxes_by_company(line.company_id)

    # ------------------------------------------------------------
    # VALUES
    # ------------------------------------------------------------

    @api.model
    def _prepare_values(self, order_line):
        """Values of the contract line that says what this line of an order says."""
        title, __, rest = (order_line.name or '').partition('\n')
        return {
            'order_line_id': order_line.id, 'product_id': order_line.product_id.id,
            'name': title.strip() or order_line.product_id.display_name, 'specification': rest.strip() or False,
            'quantity': order_line.product_uom_qty, 'uom_id': order_line.product_uom_id.id,
            'price_unit': order_line.price_unit, 'discount': order_line.discount,
            'tax_ids': [fields.Command.set(order_line.tax_ids.ids)], 'lead_days': order_line.customer_lead,
        }

    def _get_terms(self):
        """What is compared with a line of an order: see ``sale.order.line._get_sop_contract_terms``."""
        self.ensure_one()
        return {
            'product': self.product_id.id, 'quantity': self.quantity, 'uom': self.uom_id.id,
            'price': self.price_unit, 'discount': self.discount, 'taxes': sorted(self.tax_ids.ids),
        }

    # ------------------------------------------------------------
    # PRICE LIST OF A FRAMEWORK CONTRACT
    # ------------------------------------------------------------

    def _get_price_in(self, uom):
        """The net price of one ``uom`` of what this line is about."""
        self.ensure_one()
        price = self.price_unit * (1 - self.discount / 100)
        return self.uom_id._compute_price(price, uom) if self.uom_id and uom else price

    def _get_called_quantity(self, but):
        """What confirmed orders, this one aside, have called off, in the unit of this line."""
        orders = self.contract_id.order_ids.filtered(lambda order: order.state == 'sale') - but
        return sum(self._get_quantity_of(order) for order in orders)

    def _get_quantity_of(self, order):
        own = order._get_sop_contracted_lines().filtered(lambda line: line.product_id == self.product_id)
        return sum(
            line.product_uom_id._compute_quantity(line.product_uom_qty, self.uom_id, round=False) for line in own)

    def _prepare_order_line_values(self):
        """Values of a line of a new call-off."""
        self.ensure_one()
        return {
            'product_id': self.product_id.id, 'name': '\n'.join(filter(None, (self.name, self.specification))),
            'product_uom_id': self.uom_id.id, 'product_uom_qty': 0, 'price_unit': self.price_unit,
            # Another technical price marks one that was agreed: the price list of the customer does not replace it.
            'technical_price_unit': 0,
            'discount': self.discount, 'tax_ids': [fields.Command.set(self.tax_ids.ids)],
        }

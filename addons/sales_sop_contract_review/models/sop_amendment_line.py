from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_compare

COMPARED = ('name', 'quantity', 'price_unit', 'discount')


class SopAmendmentLine(models.Model):
    """One line of an order before and after an amendment; a line without ``order_line_id`` is added by it (§4.7)."""

    _name = 'sop.amendment.line'
    _description = "Line of an Amendment"
    _inherit = ['sop.amendment.part.mixin']
    _order = 'contract_id desc, sequence, id'
    _rec_name = 'name'

    _sop_server_fields = frozenset({
        'order_line_id', 'name_before', 'quantity_before', 'price_unit_before', 'discount_before', 'is_held'})

    sequence = fields.Integer(default=1000)
    order_line_id = fields.Many2one(
        'sale.order.line', index='btree_not_null', ondelete='restrict', readonly=True, copy=False)
    product_id = fields.Many2one(
        'product.product', required=True, ondelete='restrict', check_company=True, domain="[('sale_ok', '=', True)]")
    uom_id = fields.Many2one('uom.uom', string="Unit", compute='_compute_uom_id', store=True, precompute=True)
    currency_id = fields.Many2one(related='contract_id.currency_id')
    name_before = fields.Text(string="Description So Far", readonly=True)
    quantity_before = fields.Float(string="Quantity So Far", digits='Product Unit', readonly=True)
    price_unit_before = fields.Float(string="Price So Far", digits='Product Price', readonly=True, aggregator=None)
    discount_before = fields.Float(string="Discount So Far (%)", digits='Discount', readonly=True, aggregator=None)
    name = fields.Text(
        string="Description", compute='_compute_from_product', store=True, readonly=False, precompute=True,
        required=True)
    quantity = fields.Float(string="New Quantity", digits='Product Unit', default=1)
    price_unit = fields.Float(
        string="New Price", digits='Product Price', compute='_compute_from_product', store=True, readonly=False,
        precompute=True, aggregator=None)
    discount = fields.Float(string="New Discount (%)", digits='Discount', aggregator=None)
    delivered = fields.Float(
        related='order_line_id.qty_delivered', string="Delivered", digits='Product Unit', related_sudo=True)
    amount_change = fields.Monetary(compute='_compute_amount_change', help="Of this line, tax included.")

    _held_uniq = models.UniqueIndex(
        '(order_line_id) WHERE is_held', "Another open amendment changes this line of the order already.")
    _quantity_check = models.Constraint('CHECK (quantity >= 0)', "The quantity of a line is not negative.")

    @api.model
    def default_get(self, fields):
        result = super().default_get(fields)
        contract = self.env['sop.contract'].browse(self.env.context.get('default_contract_id'))
        if 'order_id' in fields and not result.get('order_id') and contract.exists().has_access('read'):
            result['order_id'] = contract._get_sop_amended_orders()[:1].id
        return result

    @api.depends('product_id')
    def _compute_uom_id(self):
        for line in self:
            line.uom_id = line.sudo().order_line_id.product_uom_id or line.product_id.uom_id

    @api.depends('product_id')
    def _compute_from_product(self):
        for line in self:
            if line.order_line_id:
                line.name, line.price_unit = line.name, line.price_unit
                continue
            product = line.product_id.with_context(lang=line.contract_id.partner_id.lang)
            line.name = product.get_product_multiline_description_sale() if product else False
            line.price_unit = line._get_list_price() if product else 0

    def _get_list_price(self):
        company = self.contract_id.company_id or self.env.company
        return self.product_id._price_compute(
            'list_price', currency=self.contract_id.currency_id, company=company)[self.product_id.id]

    @api.depends('order_line_id', *COMPARED, *(f'{name}_before' for name in COMPARED))
    def _compute_is_changed(self):
        for line in self:
            line.is_changed = not line.order_line_id or any(line._is_other(name) for name in COMPARED)

    @api.depends('order_line_id', *COMPARED, *(f'{name}_before' for name in COMPARED))
    def _compute_amount_change(self):
        for line in self:
            after = line._get_total(line.quantity, line.price_unit, line.discount)
            before = line._get_total(line.quantity_before, line.price_unit_before, line.discount_before)
            line.amount_change = after - (before if line.order_line_id else 0)

    def _get_total(self, quantity, price, discount):
        # sudo: what a line costs with tax is the same for everybody.
        own = self.sudo()
        taxes = own.order_line_id.tax_ids or own.product_id.taxes_id.filtered_domain(
            self.env['account.tax']._check_company_domain(own.contract_id.company_id))
        return taxes.compute_all(
            price * (1 - discount / 100), own.currency_id, quantity, own.product_id,
            own.contract_id.partner_id)['total_included']

    @api.constrains('price_unit', 'discount', 'name')
    def _check_values(self):
        for line in self:
            if line.price_unit < 0 or not 0 <= line.discount <= 100 or not (line.name or '').strip():
                raise ValidationError(self.env._(
                    "%(amendment)s, %(product)s: enter a description, a price that is not negative, and a discount "
                    "between 0 and 100 %%.",
                    amendment=line.contract_id.name, product=line.product_id.display_name))

    @api.constrains('product_id', 'order_id', 'order_line_id')
    def _check_product(self):
        for line in self.sudo():
            own = line.order_line_id
            if own and (line.product_id != own.product_id or line.order_id != own.order_id):
                raise ValidationError(self.env._(
                    "%(amendment)s: %(product)s is not exchanged in its line. Set its quantity to 0 and add a line "
                    "with the other product.",
                    amendment=line.contract_id.name, product=line.order_line_id.product_id.display_name))

    def _is_other(self, name):
        """Whether the amendment gives this value another one than the order has."""
        if name == 'name':
            return (self.name or '') != (self.name_before or '')
        digits = self.env['decimal.precision'].precision_get(
            {'quantity': 'Product Unit', 'price_unit': 'Product Price', 'discount': 'Discount'}[name])
        return float_compare(self[name], self[f'{name}_before'], precision_digits=digits) != 0

    # ------------------------------------------------------------
    # WHAT IT CHANGES
    # ------------------------------------------------------------

    @api.model
    def _prepare_from_order_line(self, line):
        """The values of ``line``, before and, until somebody changes them, after."""
        values = {
            'name': line.name, 'quantity': line.product_uom_qty, 'price_unit': line.price_unit,
            'discount': line.discount}
        return {
            'order_id': line.order_id.id, 'order_line_id': line.id, 'product_id': line.product_id.id,
            'sequence': line.sequence, **values, **{f'{name}_before': value for name, value in values.items()}}

    def _get_kinds(self):
        """Codes of the topics this line touches (§4.7)."""
        kinds = set()
        for line in self.filtered('is_changed'):
            if line.product_id.type == 'service':
                kinds.add('service')
            if not line.order_line_id:
                kinds.update(('quantity', 'price', 'spec'))
                continue
            named = {'name': 'spec', 'quantity': 'quantity', 'price_unit': 'price', 'discount': 'price'}
            kinds.update(kind for name, kind in named.items() if line._is_other(name))
            if not line.quantity and line.quantity_before:
                kinds.add('cancel')
        return kinds

    def _get_changes(self):
        """What these lines change, one entry per value: see ``sop.contract._get_sop_changes``."""
        topics = {'name': 'spec', 'quantity': 'quantity', 'price_unit': 'price', 'discount': 'price'}
        changes = []
        for line in self.filtered('is_changed'):
            if not line.order_line_id:
                changes.append(line._prepare_change('quantity', '', line._get_summary()))
                continue
            for name in COMPARED:
                if line._is_other(name):
                    changes.append(line._prepare_change(
                        topics[name], line._format(name, line[f'{name}_before']), line._format(name, line[name]), name))
        return changes

    def _prepare_change(self, topic, before, after, name=None):
        labels = {
            'name': self.env._("Description"), 'quantity': self.env._("Quantity"),
            'price_unit': self.env._("Unit price"), 'discount': self.env._("Discount")}
        return {
            'topic': topic, 'order': self.order_id.name, 'subject': self.product_id.display_name,
            'label': labels[name] if name else self.env._("New line"), 'before': before, 'after': after}

    def _format(self, name, value):
        if name == 'name':
            return value or ''
        if name == 'discount':
            return f'{value:g} %'
        if name == 'price_unit':
            return self.env['ir.qweb.field.monetary'].value_to_html(
                value, {'display_currency': self.currency_id}).striptags().replace('\ufeff', '')
        return f'{value:g} {self.uom_id.name or ""}'.strip()

    def _get_summary(self):
        parts = [self._format('quantity', self.quantity), self._format('price_unit', self.price_unit)]
        if self.discount:
            parts.append(f'−{self._format("discount", self.discount)}')
        return f'{self.name}: {" × ".join(parts)}'

    def _get_topic_values(self):
        """What a review of this line is about, the same in every language: ``[(topic, values)]``."""
        key = [self.order_id.id, self.order_line_id.id or f'new-{self.id}', self.product_id.id]
        if not self.order_line_id:
            values = [self.name, self.quantity, self.price_unit, self.discount]
            return [(topic, [*key, *values]) for topic in ('quantity', 'price', 'spec')]
        topics = {'name': 'spec', 'quantity': 'quantity', 'price_unit': 'price', 'discount': 'price'}
        return [
            (topics[name], [*key, name, self[f'{name}_before'], self[name]])
            for name in COMPARED if self._is_other(name)]

    # ------------------------------------------------------------
    # PUTTING IT INTO EFFECT
    # ------------------------------------------------------------

    def _get_obstacle(self):
        """Why the order cannot be changed like that any more, or an empty string."""
        line = self.order_line_id
        if not line:
            return ''
        live = self._prepare_from_order_line(line)
        if any(self._differs(name, live[name], self[f'{name}_before']) for name in COMPARED):
            return self.env._(
                "%s has been changed in the order since the amendment was opened.", self.product_id.display_name)
        digits = self.env['decimal.precision'].precision_get('Product Unit')
        if float_compare(line.qty_delivered, self.quantity, precision_digits=digits) > 0:
            return self.env._(
                "%(product)s: %(delivered)g are delivered already, more than the new quantity %(quantity)g.",
                product=self.product_id.display_name, delivered=line.qty_delivered, quantity=self.quantity)
        return ''

    def _differs(self, name, value, other):
        if name == 'name':
            return (value or '') != (other or '')
        return float_compare(value, other, precision_digits=6) != 0

    def _sop_apply(self):
        """Give the orders what was agreed; for the engine."""
        for line in self.filtered('is_changed'):
            values = {
                'name': line.name, 'product_uom_qty': line.quantity, 'price_unit': line.price_unit,
                'discount': line.discount}
            if line.order_line_id:
                line.order_line_id.write(line._get_written(values))
                continue
            line.order_line_id = self.env['sale.order.line'].create({
                'order_id': line.order_id.id, 'product_id': line.product_id.id,
                'product_uom_id': line.uom_id.id, **values})

    def _get_written(self, values):
        """Only what changes is written: the rest of the line may be locked for good reasons."""
        names = {'name': 'name', 'quantity': 'product_uom_qty', 'price_unit': 'price_unit', 'discount': 'discount'}
        return {names[name]: values[names[name]] for name in COMPARED if self._is_other(name)}

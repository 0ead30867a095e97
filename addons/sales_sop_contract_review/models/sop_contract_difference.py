from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare

from odoo.addons.sales_sop.engine import as_engine

DIGITS = 2
# Terms of the negotiation that the contract says in numbers
COUNTED = ('price', 'quantity', 'delivery', 'payment', 'retention')


class SopContract(models.Model):
    """The difference list: contract, term sheet and quotation say the same, or somebody says why not (A01)."""

    _inherit = 'sop.contract'

    resolution_ids = fields.One2many('sop.contract.resolution', 'contract_id', string="Resolved Differences")
    differences = fields.Html(
        string="Difference List", compute='_compute_differences', compute_sudo=True, sanitize=False)
    difference_count = fields.Integer(string="Open Differences", compute='_compute_differences', compute_sudo=True)

    @api.depends('line_ids.price_total', 'instalment_ids.percent', 'instalment_ids.trigger', 'payment_term_id',
                 'shipping_partner_id', 'delivery_date', 'order_ids.amount_total', 'resolution_ids')
    @api.depends_context('lang')
    def _compute_differences(self):
        rows = self._get_sop_differences()
        for contract in self:
            own = rows.get(contract.id, [])
            contract.difference_count = sum(row['state'] == 'open' for row in own)
            contract.differences = own and self.env['ir.qweb']._render(
                'sales_sop_contract_review.sop_contract_differences', {'rows': own})

    def _get_sop_differences(self):
        """Where contract, term sheet and quotation differ: ``{id: [row]}``.

        A row is a dict of ``key``, ``label``, the texts ``contract``, ``terms`` and
        ``quotation``, ``state`` (open, resolved, or info: agreed in words, to be
        read) and, when it is resolved, ``resolution``.
        """
        self._sop_read_orders()
        # sudo: whether the texts differ does not depend on who asks.
        return {contract.id: contract.sudo()._find_sop_differences() for contract in self if contract.id}

    def _find_sop_differences(self):
        orders = self.order_ids.filtered(lambda order: order.state != 'cancel')
        rows = [row for order in orders for row in self._get_sop_header_rows(order)]
        rows += self._get_sop_line_rows(orders) if self.type != 'framework' else []
        rows += self._get_sop_term_rows(orders)
        resolved = {(line.key, tuple(line.values)): line for line in self.resolution_ids.sorted('id')}
        for row in rows:
            if line := resolved.get((row['key'], tuple(self._get_sop_row_values(row)))):
                row.update(state='resolved', resolution=self.env._(
                    "%(text)s (%(user)s)", text=line.text, user=line.user_id.name))
        return rows

    def _get_sop_row_values(self, row):
        """What a resolution holds for: the same in every language is not needed, the same text is."""
        return [row['contract'], row['terms'], row['quotation']]

    # ------------------------------------------------------------
    # TERM SHEET
    # ------------------------------------------------------------

    def _get_sop_term_rows(self, orders):
        """Rows about what was negotiated: differences in numbers, and what is agreed in words, to be read."""
        lead = self.lead_id or orders.opportunity_id[:1]
        terms = lead._get_sop_agreed_terms() if lead else {}
        rows = []
        for key, line in terms.items():
            if line.status != 'agreed':
                continue
            check = getattr(self, f'_compare_sop_{key}') if key in COUNTED else self._compare_sop_words
            rows.append(check(line, orders))
        return [row for row in rows if row]

    def _prepare_sop_term_row(self, line, own, quoted, suffix):
        """A row when the contract, or the quotation, says another number than was agreed."""
        numbers = [number for number in (own, quoted) if number is not None]
        if not any(float_compare(number, line.agreed_number, DIGITS) for number in numbers):
            return None
        own, quoted = (
            f'{line._format(number)} {suffix}' if number is not None else '' for number in (own, quoted))
        return self._prepare_sop_row(
            f'term-{line.key}', line.term_id.name, own, f'{line._format(line.agreed_number)} {suffix}', quoted)

    def _compare_sop_price(self, line, orders):
        quoted = orders._get_sop_total_discount() if len(orders) == 1 else None
        return self._prepare_sop_term_row(
            line, self._get_sop_contract_discount(), quoted, self.env._("% below list"))

    def _get_sop_contract_discount(self):
        """Per cent this contract is below list, None when there is nothing to compare."""
        listed = net = 0
        for line in self.line_ids:
            order_line = line.order_line_id
            price = order_line._get_sop_list_price() if order_line else line.product_id.lst_price
            listed += price * line.quantity
            net += line.price_unit * (1 - line.discount / 100) * line.quantity
        return 100 * (1 - net / listed) if listed > 0 else None

    def _compare_sop_quantity(self, line, orders):
        things = self.line_ids.filtered(lambda own: own.product_id.type != 'service')
        own = sum((things or self.line_ids).mapped('quantity'))
        quoted = sum(order._get_sop_quantity() for order in orders) if orders else None
        return self._prepare_sop_term_row(line, own, quoted, '') if self.type != 'framework' else None

    def _compare_sop_delivery(self, line, orders):
        own = max(self.line_ids.mapped('lead_days'), default=0)
        quoted = max((order._get_sop_delivery_days() for order in orders), default=None)
        return self._prepare_sop_term_row(line, own, quoted, self.env._("days"))

    def _compare_sop_retention(self, line, orders):
        own = self._get_sop_payment_fact()['retention_percent']
        return self._prepare_sop_term_row(line, own, None, '%')

    def _compare_sop_payment(self, line, orders):
        agreed, own = line.payment_term_id, self.payment_term_id
        quoted = orders.payment_term_id
        days = self._get_sop_payment_fact()['credit_days']
        if agreed and (own != agreed or orders and quoted != agreed):
            return self._prepare_sop_row(
                'term-payment', line.term_id.name, own.display_name or '', agreed.display_name,
                ', '.join(quoted.mapped('display_name')))
        if line.agreed_number and days > line.agreed_number:
            return self._prepare_sop_row(
                'term-payment', line.term_id.name, self.env._("%s days of credit", days),
                self.env._("%s days of credit", line._format(line.agreed_number)))
        return None

    def _compare_sop_words(self, line, orders):
        return self._prepare_sop_row(f'term-{line.key}', line.term_id.name, '', line.agreed, state='info')

    # ------------------------------------------------------------
    # RESOLVING
    # ------------------------------------------------------------

    def action_sop_resolve_difference(self, key, text):
        """Say why the contract differs here: it holds as long as the values stay.

        :param str key: of the row of the difference list
        :param str text: why it is right as it is
        """
        self.ensure_one()
        self.check_access('write')
        text = text.strip() if isinstance(text, str) else ''
        if not text:
            raise UserError(self.env._("%s: say why the difference is right.", self.display_name))
        row = next((row for row in self._get_sop_differences()[self.id] if row['key'] == key), None)
        if not row or row['state'] != 'open':
            raise UserError(self.env._("%s: this difference is not open any more. Reload the page.", self.display_name))
        as_engine(self.env['sop.contract.resolution']).create({
            'contract_id': self.id, 'key': key, 'label': row['label'], 'values': self._get_sop_row_values(row),
            'text': text, 'user_id': self.env.uid, 'date': fields.Datetime.now()})
        return True

    def action_sop_open_differences(self):
        """Open the dialog in which the open differences are explained."""
        self.ensure_one()
        self.check_access('write')
        rows = [row for row in self._get_sop_differences()[self.id] if row['state'] == 'open']
        dialog = self.env['sop.contract.difference.dialog'].create({
            'contract_id': self.id, 'line_ids': [
                fields.Command.create({
                    'key': row['key'], 'label': row['label'], 'contract': row['contract'],
                    'other': row['terms'] or row['quotation']})
                for row in rows]})
        return {
            'type': 'ir.actions.act_window', 'name': self.env._("Why is it right?"), 'target': 'new',
            'res_model': dialog._name, 'res_id': dialog.id, 'views': [(False, 'form')]}

    def _check_sop_reviewable(self):
        rows = self._get_sop_differences()
        for contract in self:
            if found := [row['label'] for row in rows[contract.id] if row['state'] == 'open']:
                raise UserError(self.env._(
                    "%(contract)s cannot be reviewed yet: it differs from what was agreed or quoted in %(labels)s. "
                    "Correct it, or say on the page Differences why it is right.",
                    contract=contract.display_name, labels=', '.join(dict.fromkeys(found))))
        return super()._check_sop_reviewable()

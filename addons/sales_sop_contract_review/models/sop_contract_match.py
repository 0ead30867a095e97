from collections import defaultdict

from odoo import models
from odoo.tools import float_compare, format_amount
from odoo.tools.misc import formatLang

# Prices and quantities are compared as finely as they are kept.
DIGITS = 6


class SopContract(models.Model):
    """A contract against its orders: lines of orders = lines of the contract + approved amendments (invariant 7)."""

    _inherit = 'sop.contract'

    def _get_sop_agreed_lines(self):
        """What the orders of this contract must say: dicts of ``order_line_id`` (or False), ``name`` and ``terms``.

        The terms are those of ``sale.order.line._get_sop_contract_terms``. Approved
        amendments change them: whoever keeps them extends this.
        """
        self.ensure_one()
        return [
            {'order_line_id': line.order_line_id.id, 'name': line.name, 'terms': line._get_terms()}
            # sudo: what was agreed does not depend on who asks.
            for line in self.sudo().line_ids]

    def _get_sop_order_differences(self):
        """What orders say otherwise than these contracts: ``{id of the order: [text]}``, in words."""
        found = {}
        self._sop_read_orders()
        # sudo: whether an order is what was agreed does not depend on who asks.
        for contract in self.sudo():
            found.update(contract._find_sop_order_differences())
        return found

    def _sop_read_orders(self):
        """Read the lines of all orders at once: those that are filtered are read one order after the other."""
        lines = self.sudo().order_ids.order_line
        lines.product_id.mapped('type')
        lines.tax_ids.mapped('name')

    def _find_sop_order_differences(self):
        found = defaultdict(list)
        orders = self.order_ids.filtered(lambda order: order.state != 'cancel')
        for order in orders:
            found[order.id] += self._get_sop_header_differences(order)
        for row in self._get_sop_line_rows(orders):
            for order in row['order'] or orders:
                found[order.id].append(self.env._(
                    "%(line)s: %(order)s instead of %(contract)s.",
                    line=row['label'], order=row['quotation'], contract=row['contract']))
        return {order_id: texts for order_id, texts in found.items() if texts}

    def _get_sop_header_differences(self, order):
        """What this order says otherwise about the deal as a whole, in words."""
        return [
            self.env._("%(label)s: %(order)s instead of %(contract)s.",
                       label=row['label'], order=row['quotation'], contract=row['contract'])
            for row in self._get_sop_header_rows(order)]

    def _get_sop_header_rows(self, order):
        """Rows of the difference list about the deal as a whole. What the contract leaves open, orders say."""
        nothing, rows = self.env._("nothing"), []
        for key, label, own, other in (
                ('customer', self.env._("Customer"), self.partner_id.commercial_partner_id,
                 order.partner_id.commercial_partner_id),
                ('currency', self.env._("Currency"), self.currency_id, order.currency_id),
                ('term', self.env._("Payment terms"), self.payment_term_id, order.payment_term_id),
                ('place', self.env._("Delivered to"), self.shipping_partner_id, order.partner_shipping_id)):
            if own and own != other:
                rows.append(self._prepare_sop_row(
                    f'{key}-{order.id}', label, own.display_name, quotation=other.display_name or nothing, order=order))
        promised = order.commitment_date and self.company_id._get_sop_local_date(order.commitment_date)
        if self.delivery_date and promised and promised > self.delivery_date:
            rows.append(self._prepare_sop_row(
                f'date-{order.id}', self.env._("Delivery date"), str(self.delivery_date), quotation=str(promised),
                order=order))
        return rows

    def _prepare_sop_row(self, key, label, contract, terms='', quotation='', order=None, state='open'):
        return {'key': key, 'label': label, 'contract': contract, 'terms': terms, 'quotation': quotation,
                'order': order, 'state': state}

    # ------------------------------------------------------------
    # LINES
    # ------------------------------------------------------------

    def _get_sop_line_rows(self, orders):
        """Rows of the difference list about lines that are others here and there."""
        nothing, rows = self.env._("nothing"), []
        for index, (line, agreed) in enumerate(self._pair_sop_lines(orders._get_sop_contracted_lines())):
            own, other = agreed and agreed['terms'], line and line._get_sop_contract_terms()
            # What Odoo adds to deliver is no part of what was agreed, unless the contract says so.
            if self._is_sop_same(own, other) or line and not own and not line._is_sop_commercial():
                continue
            rows.append(self._prepare_sop_row(
                f'line-{line.id if line else -index}', agreed['name'] if agreed else line.product_id.display_name,
                self._format_sop_terms(own, other) if own else nothing,
                quotation=self._format_sop_terms(other, own) if other else nothing, order=line and line.order_id))
        return rows

    def _pair_sop_lines(self, order_lines):
        """Pairs of a line of an order and of what was agreed; those without a partner of the same product last."""
        agreed = self._get_sop_agreed_lines()
        linked = {line['order_line_id']: line for line in agreed if line['order_line_id']}
        pairs = [(line, linked.pop(line.id)) for line in order_lines if line.id in linked]
        left = [line for line in agreed if not line['order_line_id']] + list(linked.values())
        for line in order_lines - order_lines.browse(line.id for line, __ in pairs):
            match = next((other for other in left if other['terms']['product'] == line.product_id.id), None)
            if match:
                left.remove(match)
            pairs.append((line, match))
        return pairs + [(None, line) for line in left if line['terms']['quantity']]

    def _is_sop_same(self, own, other):
        if not own or not other:
            return False
        return all(
            not float_compare(own[key], other[key], DIGITS) if isinstance(own[key], float) else own[key] == other[key]
            for key in own)

    def _format_sop_terms(self, terms, beside=None):
        """What was agreed on a line, for people: 10 Units × 1,000.00 ¥ − 5 %, VAT 13 %.

        The product is named unless ``beside``, what it is compared with, is about the same.
        """
        env = self.env
        same = beside and beside['product'] == terms['product']
        product = '' if same else env['product.product'].browse(terms['product']).display_name or ''
        discount = f" − {formatLang(env, terms['discount'])} %" if terms['discount'] else ''
        taxes = env['account.tax'].browse(terms['taxes']).mapped('name')
        return ''.join((
            product, ' ' if product else '', formatLang(env, terms['quantity']), ' ',
            env['uom.uom'].browse(terms['uom']).name or '', ' × ',
            format_amount(env, terms['price'], self.currency_id), discount, *(f', {tax}' for tax in taxes)))

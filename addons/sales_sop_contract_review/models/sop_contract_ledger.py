import io
from base64 import b64encode

import xlsxwriter

from odoo import api, fields, models
from odoo.exceptions import UserError

# Columns of the file, in their order; the header carries their labels in the language of the user.
COLUMNS = (
    'name', 'title', 'type', 'partner_id', 'company_id', 'user_id', 'state', 'currency_id', 'amount_untaxed',
    'amount_tax', 'amount_total', 'invoiced_amount', 'paid_amount', 'open_amount', 'date_start', 'date_end',
    'our_sign_date', 'customer_sign_date', 'effective_date', 'sop_review_id', 'sop_review_state', 'archive_number',
    'archive_location', 'original_count', 'kept_count', 'original_date', 'completed_date', 'retention_until')
WIDTHS = {'title': 36, 'partner_id': 30, 'name': 16}


class SopContract(models.Model):
    """The contract ledger: what is signed, invoiced, paid and archived (S5.7)."""

    _inherit = 'sop.contract'

    invoiced_amount = fields.Monetary(string="Invoiced", compute='_compute_invoiced_amount', compute_sudo=True)
    paid_amount = fields.Monetary(string="Paid", compute='_compute_invoiced_amount', compute_sudo=True)
    open_amount = fields.Monetary(
        string="Open Receivable", compute='_compute_invoiced_amount', compute_sudo=True, help="Invoiced and not paid.")

    @api.depends('order_ids.order_line.invoice_lines.move_id.amount_residual')
    def _compute_invoiced_amount(self):
        for contract in self:
            moves = contract.order_ids.invoice_ids.filtered(lambda move: move.state == 'posted')
            sign = {'out_invoice': 1, 'out_refund': -1}
            contract.invoiced_amount = sum(sign.get(move.move_type, 0) * move.amount_total for move in moves)
            contract.open_amount = sum(sign.get(move.move_type, 0) * move.amount_residual for move in moves)
            contract.paid_amount = contract.invoiced_amount - contract.open_amount

    def action_sop_ledger(self):
        """Download these contracts as a spreadsheet; without a choice, all the user may read."""
        contracts = self or self.search([])
        contracts.check_access('read')
        if not contracts:
            raise UserError(self.env._("There are no contracts to list."))
        ledger = self.env['sop.contract.ledger'].create({
            'name': self.env._("Contract ledger %s.xlsx", fields.Date.context_today(self)),
            'file': b64encode(contracts._get_sop_ledger_file())})
        return {
            'type': 'ir.actions.act_url', 'target': 'self',
            'url': f'/web/content/sop.contract.ledger/{ledger.id}/file?filename_field=name&download=true'}

    def _get_sop_ledger_file(self):
        """The spreadsheet, as bytes."""
        columns = self.fields_get([name for name in COLUMNS if name in self._fields])
        names = [name for name in COLUMNS if name in columns]
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer, {'in_memory': True, 'strings_to_formulas': False}) as book:
            sheet = book.add_worksheet(self.env._("Contracts"))
            formats = self._get_sop_ledger_formats(book)
            for index, name in enumerate(names):
                sheet.set_column(index, index, WIDTHS.get(name, 14))
                sheet.write_string(0, index, columns[name]['string'], formats['head'])
            for row, contract in enumerate(self, 1):
                for index, name in enumerate(names):
                    contract._write_sop_ledger_cell(sheet, row, index, columns[name], formats, contract[name])
            sheet.freeze_panes(1, 1)
            sheet.autofilter(0, 0, len(self), len(names) - 1)
        return buffer.getvalue()

    def _get_sop_ledger_formats(self, book):
        return {
            'head': book.add_format({'bold': True, 'bg_color': '#EEEEEE', 'text_wrap': True}),
            'date': book.add_format({'num_format': 'yyyy-mm-dd', 'align': 'left'}),
            'monetary': book.add_format({'num_format': '#,##0.00'}),
        }

    def _write_sop_ledger_cell(self, sheet, row, index, column, formats, value):
        kind = column['type']
        if kind in ('monetary', 'float', 'integer'):
            sheet.write_number(row, index, value or 0, formats['monetary'] if kind == 'monetary' else None)
        elif not value:
            return
        elif kind == 'date':
            sheet.write_datetime(row, index, value, formats['date'])
        elif kind == 'selection':
            sheet.write_string(row, index, dict(column['selection']).get(value, value))
        else:
            # sudo: the name of what a contract refers to is part of the contract.
            sheet.write_string(row, index, value.sudo().display_name if kind == 'many2one' else str(value))

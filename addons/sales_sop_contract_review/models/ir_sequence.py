from odoo import api, models
from odoo.tools import SQL


class IrSequence(models.Model):
    _inherit = 'ir.sequence'

    @api.model
    def _get_sop_next_numbers(self, code, number):
        """``number`` numbers of a sequence at the cost of one, where it counts without a lock."""
        # sudo: users number what they make; they do not manage sequences.
        first = self.sudo().next_by_code(code)
        if number <= 1:
            return [first][:number]
        sequence = self.sudo().search(
            [('code', '=', code), ('company_id', 'in', [self.env.company.id, False])], order='company_id', limit=1)
        counter = sequence._get_current_sequence()
        if sequence.implementation != 'standard':
            return [first, *(sequence.next_by_id() for _index in range(number - 1))]
        name = f'ir_sequence_{sequence.id:03d}'
        if counter != sequence:
            name = f'{name}_{counter.id:03d}'
            sequence = sequence.with_context(ir_sequence_date_range=counter.date_from)
        rows = self.env.execute_query(SQL("SELECT nextval(%s) FROM generate_series(1, %s)", name, number - 1))
        return [first, *(sequence.get_next_char(value) for value, in rows)]

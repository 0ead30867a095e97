from odoo import api, fields, models

from .sop_term import DIGITS

# Nobody has to be asked for what stands no worse than these
INSIDE = {'target': ('target',), 'floor': ('target', 'between', 'floor')}


class SopTermAuthority(models.Model):
    """Who agrees to a term up to which value (§5): the first row that covers a value decides on it.

    Only administrators of the system write it: whoever sets the authority says
    who approves.
    """

    _name = 'sop.term.authority'
    _description = "Authority for a Term"
    _order = 'term_id, sequence, id'

    term_id = fields.Many2one('sop.term', required=True, index=True, ondelete='cascade')
    sequence = fields.Integer(default=10)
    limit = fields.Selection(
        [('target', "Up to the target"), ('floor', "Up to the floor"), ('value', "Up to a value"),
         ('any', "Without a limit")],
        string="Range", required=True, default='floor')
    up_to = fields.Float(digits=(16, DIGITS), groups='sales_sop.group_sop_floor')
    position_ids = fields.Many2many(
        'sop.position', string="Decide Together",
        help="All of them must agree; who holds them in the company of the deal decides. Empty: whoever negotiates.")

    @api.model
    def _get_sop_codes(self, term, number, standing, limits, margin_is_low=False):
        """The positions that agree to this value, all of them; none when whoever negotiates does.

        :param number: the value, for a term with a number
        :param standing: of a value in words, how it stands to target and floor
        :param limits: ``(target, floor)`` of the deal
        :param margin_is_low: below the lowest margin the last row decides, whatever the value
        """
        # sudo: who decides does not depend on who asks.
        rows = term.sudo().authority_ids.sorted(lambda row: (row.sequence, row.id))
        if margin_is_low and rows:
            return tuple(rows[-1].position_ids.mapped('code'))
        for row in rows:
            if row._covers(number, standing, limits):
                return tuple(row.position_ids.mapped('code'))
        return () if term._is_inside(number, standing, limits[1]) else ('sm',)

    def _covers(self, number, standing, limits):
        self.ensure_one()
        if self.limit == 'any':
            return True
        if self.limit == 'value':
            return not self.term_id._is_worse(number, self.up_to) and bool(
                self.term_id.better != 'text' or self.term_id.unit)
        if self.term_id.better == 'text' and standing not in INSIDE[self.limit]:
            return False
        edge = limits[0] if self.limit == 'target' else limits[1]
        return not (self.term_id.has_number and self.term_id._is_worse(number, edge))

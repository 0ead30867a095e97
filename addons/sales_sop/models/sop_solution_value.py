from odoo import api, fields, models
from odoo.tools import formatLang


class SopSolutionValue(models.Model):
    """One benefit of a solution in figures, with its basis (S3.4)."""

    _name = 'sop.solution.value'
    _description = "Value of a Solution"
    _inherit = ['sop.solution.part.mixin']
    _order = 'sequence, id'

    solution_id = fields.Many2one('sop.solution', required=True, index=True, ondelete='cascade')
    lead_id = fields.Many2one(related='solution_id.lead_id', store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Metric", required=True)
    today = fields.Float(string="At Present", digits=(16, 2), help="What the customer has now.")
    expected = fields.Float(digits=(16, 2), help="What he will have with our solution.")
    unit = fields.Char()
    basis = fields.Char(help="Where the figures come from: measurement, reference customer, calculation.")
    is_counted = fields.Boolean(
        string="Counts", compute='_compute_is_counted', store=True,
        help="A benefit counts when it changes something and says on what it is based.")

    @api.depends('today', 'expected', 'basis')
    def _compute_is_counted(self):
        for line in self:
            line.is_counted = bool((line.basis or '').strip()) and line.today != line.expected

    def _get_printed(self, name):
        """A figure as the customer reads it: without decimals where it has none."""
        value = self[name]
        return formatLang(self.env, value, digits=0 if value.is_integer() else 2)

from odoo import fields, models


class SopContractDifferenceDialog(models.TransientModel):
    """Saying why a contract differs from the term sheet or the quotation, all differences at once."""

    _name = 'sop.contract.difference.dialog'
    _description = "Resolve Differences"

    contract_id = fields.Many2one('sop.contract', required=True, readonly=True)
    line_ids = fields.One2many('sop.contract.difference.dialog.line', 'dialog_id', string="Differences")

    def action_resolve(self):
        """Keep what was said; differences without a word stay open."""
        self.ensure_one()
        for line in self.line_ids.filtered('text'):
            self.contract_id.action_sop_resolve_difference(line.key, line.text)
        return {'type': 'ir.actions.act_window_close'}

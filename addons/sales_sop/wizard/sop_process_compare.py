from odoo import api, fields, models


class SopProcessCompare(models.TransientModel):
    """What one version of a process changes against another."""

    _name = 'sop.process.compare'
    _description = "SOP Process Comparison"
    _rec_name = 'process_id'

    process_id = fields.Many2one('sop.process', string="Version", required=True, ondelete='cascade')
    code = fields.Char(related='process_id.code')
    previous_id = fields.Many2one(
        'sop.process', string="Compared With", required=True, ondelete='cascade',
        domain="[('code', '=', code), ('id', '!=', process_id)]")
    difference = fields.Html(compute='_compute_difference', sanitize=False)

    @api.depends('process_id', 'previous_id')
    @api.depends_context('lang', 'uid')
    def _compute_difference(self):
        for compare in self:
            compare.difference = compare._get_difference()

    def _get_difference(self):
        if not (self.process_id and self.previous_id):
            return False
        comparison = self.env['sop.process']._compare_data(
            self.previous_id._export_process()['process'], self.process_id._export_process()['process'])
        return self.env['ir.qweb']._render('sales_sop.process_comparison', {'comparison': comparison})

    def _get_action(self):
        """The dialog with this comparison."""
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Compare Versions"),
            'res_model': self._name,
            'res_id': self.id,
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'dialog_size': 'extra-large'},
        }

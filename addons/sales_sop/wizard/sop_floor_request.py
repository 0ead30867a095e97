from odoo import fields, models


class SopFloorRequest(models.TransientModel):
    """Asks for the approval of the prices of an order, all with one reason."""

    _name = 'sop.floor.request'
    _description = "Ask for the Approval of Prices"
    _rec_name = 'counter'

    order_line_ids = fields.Many2many('sale.order.line', string="Prices", required=True)
    reason = fields.Text(required=True)
    counter = fields.Char(string="In Return", required=True, help="What the customer gives for it.")

    def action_apply(self):
        """Ask for an approval of each of these prices (S4.6)."""
        self.ensure_one()
        self.check_access('write')
        self.env['sop.floor.approval'].create([
            {'order_line_id': line.id, 'reason': self.reason, 'counter': self.counter}
            for line in self.order_line_ids])
        return {'type': 'ir.actions.act_window_close'}

from odoo import fields, models


class SopContractDifferenceDialogLine(models.TransientModel):
    _name = 'sop.contract.difference.dialog.line'
    _description = "Difference to Resolve"

    dialog_id = fields.Many2one('sop.contract.difference.dialog', required=True, index=True, ondelete='cascade')
    key = fields.Char(required=True, readonly=True)
    label = fields.Char(string="Difference", readonly=True)
    contract = fields.Char(readonly=True)
    other = fields.Char(string="Term Sheet or Quotation", readonly=True)
    text = fields.Char(string="Why It Is Right")

from odoo import fields, models


class SopPosition(models.Model):
    _inherit = 'sop.position'

    code = fields.Selection(
        selection_add=[
            ('ca', "Contract administrator"), ('legal_rep', "Legal representative"), ('board', "Board"),
            ('keeper', "Seal keeper")],
        ondelete={'ca': 'cascade', 'legal_rep': 'cascade', 'board': 'cascade', 'keeper': 'cascade'})

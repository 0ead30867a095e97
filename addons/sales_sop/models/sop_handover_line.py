from odoo import fields, models

# In the order in which they are listed
KINDS = [
    ('lead', "Lead"),
    ('promise', "Promise"),
    ('contact', "Planned contact"),
    ('activity', "Activity"),
    ('order', "Quotation or order"),
    ('receivable', "Receivable"),
]


class SopHandoverLine(models.Model):
    """One thing that was open when the salesperson changed."""

    _name = 'sop.handover.line'
    _description = "SOP Hand-over Line"
    _inherit = ['sop.engine.mixin']
    _order = 'handover_id, lead_name, sequence, due_date, id'
    _rec_name = 'text'

    handover_id = fields.Many2one('sop.handover', required=True, index=True, ondelete='cascade')
    sequence = fields.Integer()
    kind = fields.Selection(KINDS, required=True)
    lead_id = fields.Many2one('crm.lead', index='btree_not_null', ondelete='set null')
    lead_name = fields.Char(string="Lead or Customer")
    text = fields.Char(required=True)
    due_date = fields.Date(string="Due")
    amount = fields.Monetary()
    currency_id = fields.Many2one('res.currency')

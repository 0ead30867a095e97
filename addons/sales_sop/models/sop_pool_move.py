from odoo import fields, models

KINDS = [
    ('assigned', "Assigned"),
    ('claimed', "Claimed from the pool"),
    ('returned', "Given back"),
    ('expired', "Protection over"),
    ('reassigned', "Reassigned"),
]


class SopPoolMove(models.Model):
    """The log of owners: one row per change of salesperson of a lead that follows a procedure."""

    _name = 'sop.pool.move'
    _description = "SOP Change of Owner"
    _inherit = ['sop.ledger.mixin']
    _order = 'date desc, id desc'
    _rec_name = 'lead_id'

    lead_id = fields.Many2one('crm.lead', required=True, index=True, ondelete='cascade')
    kind = fields.Selection(KINDS, required=True)
    from_user_id = fields.Many2one('res.users', string="Owner Before", index='btree_not_null', ondelete='restrict')
    to_user_id = fields.Many2one('res.users', string="New Owner", index='btree_not_null', ondelete='restrict')
    user_id = fields.Many2one('res.users', string="Changed By", required=True, ondelete='restrict')
    date = fields.Datetime(required=True, index=True)
    reason = fields.Char()
    company_id = fields.Many2one('res.company')
    team_id = fields.Many2one('crm.team', string="Sales Team")

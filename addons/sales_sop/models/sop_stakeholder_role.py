from odoo import fields, models


class SopStakeholderRole(models.Model):
    """What a person at the customer has to say in a purchase (S1.2, S2.4)."""

    _name = 'sop.stakeholder.role'
    _description = "Role in the Customer's Decision"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True, help="Key that rules look at: decision, influence, user, buyer, gate or finance.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    _code_uniq = models.Constraint('UNIQUE(code)', "There is a role with this key already.")

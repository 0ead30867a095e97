from odoo import api, fields, models


class SopContract(models.Model):
    """Conditions of the review of a contract."""

    _inherit = 'sop.contract'

    sop_open_condition_count = fields.Integer(string="Open Conditions", compute='_compute_sop_open_condition_count')
    sop_condition_ids = fields.One2many(related='sop_review_id.condition_ids', string="Conditions")

    @api.depends('sop_review_id')
    def _compute_sop_open_condition_count(self):
        # sudo: readers of a contract read its review.
        for contract, own in zip(self, self.sudo(), strict=True):
            contract.sop_open_condition_count = own.sop_review_id.open_condition_count

    def action_sop_open_conditions(self):
        """The conditions of the latest round about these contracts, as a list."""
        self.check_access('read')
        return self.sudo().sop_review_id.sudo(False).action_open_conditions()

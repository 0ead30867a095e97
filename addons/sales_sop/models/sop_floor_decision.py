from odoo import api, fields, models
from odoo.fields import Domain

from ..engine import as_engine
from ..values import POSITIONS
from .sop_term import DIGITS


class SopFloorDecision(models.Model):
    """What one position decided on an approval. Written by the buttons of the approval only."""

    _name = 'sop.floor.decision'
    _description = "Decision on an Approval"
    _inherit = ['sop.lead.child.mixin', 'sop.engine.mixin']
    _order = 'approval_id desc, id'
    _rec_name = 'code'

    approval_id = fields.Many2one('sop.floor.approval', required=True, index=True, ondelete='cascade')
    lead_id = fields.Many2one(related='approval_id.lead_id', store=True, index=True)
    code = fields.Selection(POSITIONS, string="Position", required=True)
    approver_ids = fields.Many2many(
        'res.users', 'sop_floor_decision_approver_rel', 'decision_id', 'user_id', string="May Decide")
    state = fields.Selection([
        ('waiting', "Waiting"), ('approved', "Approved"), ('limited', "Approved up to a limit"),
        ('rejected', "Rejected"), ('void', "Not needed any more")], required=True, default='waiting')
    user_id = fields.Many2one('res.users', string="Decided By")
    date = fields.Datetime()
    comment = fields.Char()
    limit = fields.Char(help="What may be agreed to at most.")
    limit_number = fields.Float(digits=(16, DIGITS), aggregator=None)

    @api.model
    def _get_sop_invited_domain(self):
        # Without the rules of approvals: they follow from those of decisions.
        return Domain('approval_id', 'any!', self.env['sop.floor.approval']._get_sop_invited_domain())

    def _get_label(self):
        """The position, and who decided or may decide."""
        self.ensure_one()
        position = dict(self._fields['code']._description_selection(self.env))[self.code]
        names = self.user_id.name or ', '.join(self.approver_ids.mapped('name'))
        return self.env._("%(position)s (%(names)s)", position=position, names=names) if names else position

    @api.model
    def _sop_renew_approvers(self):
        """Positions have changed hands: what is still open is decided by those who hold them now."""
        for decision in as_engine(self).search([('state', '=', 'waiting')]):
            approval = decision.approval_id
            holders = self.env['sop.position']._get_sop_holders(
                [decision.code], approval.company_id, but=approval.requester_id)
            newcomers = holders - decision.approver_ids
            decision.approver_ids = holders
            for user in newcomers:
                approval.with_context(lang=user.lang).activity_schedule(
                    'sales_sop.mail_activity_type_floor', user_id=user.id)

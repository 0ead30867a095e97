from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from odoo.addons.sales_sop.values import POSITIONS

from ..values import TOPICS


class SopClause(models.Model):
    """One of the clauses a contract is checked for (§9.4), with the wordings the company accepts (G1)."""

    _name = 'sop.clause'
    _description = "Clause"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, index=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    topic = fields.Selection(
        TOPICS, required=True, default='legal', help="Who reviews again when this clause is changed.")
    is_required = fields.Boolean(
        string="Required", default=True,
        help="A contract without a template is not reviewed without it. Templates say it for their type.")
    approver_code = fields.Selection(
        POSITIONS, string="Deviations Approved By", required=True, default='leg',
        help="Approves wordings of this clause, and texts of a contract that are not from the library.")
    wording_ids = fields.One2many('sop.clause.wording', 'clause_id', string="Wordings")

    _code_uniq = models.UniqueIndex('(code)', "There is a clause with this code already.")

    def write(self, vals):
        if 'approver_code' in vals and not self.env.su and not self.env.user.has_group('base.group_system'):
            self._check_sop_approver_kept(vals['approver_code'])
        return super().write(vals)

    def _check_sop_approver_kept(self, code):
        """Whoever keeps the library does not choose who approves what he writes."""
        if other := self.filtered(lambda clause: clause.approver_code != code)[:1]:
            raise AccessError(self.env._(
                "%s: who approves deviations is changed by an administrator of the system.", other.name))

    def _get_sop_approvers(self, company, but=None):
        """Who approves deviations from this clause in ``company``."""
        self.ensure_one()
        return self.env['sop.position']._get_sop_holders([self.approver_code], company, but)

    def _get_sop_wording(self, contract):
        """The wording ``contract`` starts with: the first standard one whose condition holds for it (G2)."""
        self.ensure_one()
        wordings = self.wording_ids.filtered(lambda wording: wording.state == 'active' and wording.kind == 'standard')
        by_condition = wordings.sorted(lambda wording: (not wording.condition, wording.sequence, wording.id))
        return next((wording for wording in by_condition if wording._is_sop_for(contract)), wordings.browse())

    @api.model
    def _get_sop_required(self):
        return self.search(Domain('is_required', '=', True))

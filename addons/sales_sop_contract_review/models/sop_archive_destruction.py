from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.sales_sop.engine import as_engine


class SopArchiveDestruction(models.Model):
    """The originals of a contract are destroyed by two people once they need not be kept any more (§4.8).

    The record of the contract with its text stays.
    """

    _name = 'sop.archive.destruction'
    _description = "Destruction of a Contract"
    _inherit = ['sop.contract.child.mixin']
    _order = 'id desc'
    _rec_name = 'contract_id'

    _sop_server_fields = frozenset({
        'state', 'proposed_by_id', 'proposed_date', 'decided_by_id', 'decided_date', 'refusal'})

    contract_id = fields.Many2one('sop.contract', required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='contract_id.company_id', store=True, index=True)
    archive_number = fields.Char(related='contract_id.archive_number')
    retention_until = fields.Date(related='contract_id.retention_until')
    reason = fields.Char(required=True)
    method = fields.Selection(
        [('shred', "Shredded"), ('burn', "Burnt"), ('service', "By a certified company")],
        required=True, default='shred')
    state = fields.Selection(
        [('proposed', "Proposed"), ('done', "Destroyed"), ('refused', "Refused")],
        required=True, default='proposed', readonly=True, copy=False, index=True)
    proposed_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    proposed_date = fields.Datetime(readonly=True, copy=False)
    decided_by_id = fields.Many2one('res.users', string="Second Person", readonly=True, copy=False, ondelete='restrict')
    decided_date = fields.Datetime(string="Destroyed On", readonly=True, copy=False)
    refusal = fields.Char(readonly=True, copy=False)

    _proposed_uniq = models.UniqueIndex(
        "(contract_id) WHERE state IN ('proposed', 'done')", "Its destruction is proposed already.")

    @api.model_create_multi
    def create(self, vals_list):
        destructions = super().create(vals_list)
        for destruction in destructions:
            destruction._check_destructible()
            as_engine(destruction).write({
                'proposed_by_id': self.env.uid, 'proposed_date': fields.Datetime.now()})
        return destructions

    def write(self, vals):
        if vals.keys() & {'contract_id', 'reason', 'method'}:
            raise UserError(self.env._(
                "%s: refuse this proposal and make a new one.", self[:1].display_name))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_recorded(self):
        raise UserError(self.env._("%s: what was proposed is kept.", self[:1].display_name))

    def _check_destructible(self):
        contract = self.contract_id
        contract._check_archivist()
        if contract.state != 'archived' or contract.destroyed_date:
            raise UserError(self.env._("%s is not in the archive.", contract.display_name))
        if not contract.retention_until or contract.retention_until >= contract._get_sop_today():
            raise UserError(self.env._(
                "%(contract)s is kept until %(date)s.", contract=contract.display_name,
                date=contract.retention_until))
        if contract.is_lent:
            raise UserError(self.env._("%s is lent. Have it returned first.", contract.display_name))

    def action_destroy(self):
        """The second person was there when the originals were destroyed."""
        self.check_access('write')
        for destruction in self:
            destruction._check_second()
            destruction._check_destructible()
            now = fields.Datetime.now()
            as_engine(destruction).write({'state': 'done', 'decided_by_id': self.env.uid, 'decided_date': now})
            as_engine(destruction.contract_id).write({'destroyed_date': destruction.contract_id._get_sop_today()})
        return True

    def action_refuse(self, reason):
        """They are kept on; ``reason`` is kept with the proposal."""
        self.check_access('write')
        reason = self.contract_id._get_sop_reason(reason)
        for destruction in self:
            destruction._check_second()
            as_engine(destruction).write({
                'state': 'refused', 'refusal': reason, 'decided_by_id': self.env.uid,
                'decided_date': fields.Datetime.now()})
        # The next proposal may follow at once; the unique index must see this one refused.
        self.flush_recordset()
        return True

    def _check_second(self):
        self.contract_id._check_archivist()
        self.contract_id._sop_lock()
        self.invalidate_recordset(['state'])
        if self.state != 'proposed':
            raise UserError(self.env._("%s: this is decided already.", self.display_name))
        if self.env.user == self.proposed_by_id:
            raise UserError(self.env._(
                "%s: a second person confirms the destruction, not who proposed it.", self.display_name))

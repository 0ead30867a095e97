from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.sales_sop.engine import as_engine

from .sop_contract_amendment import RUNNING
from .sop_termination import TELL

VOIDABLE = ('draft', 'rejected', 'in_review', 'approved', 'approved_cond')


class SopContract(models.Model):
    """The ends a contract may come to before it is carried out: void, suspended, terminated (S5.9)."""

    _inherit = 'sop.contract'

    _sop_server_fields = frozenset({'suspend_reason', 'termination_ids'})

    suspend_reason = fields.Char(string="Why Suspended", readonly=True, copy=False)
    termination_ids = fields.One2many('sop.termination', 'contract_id', string="Terminations", readonly=True)
    can_terminate = fields.Boolean(compute='_compute_can_terminate')

    @api.depends('state', 'is_amendment')
    def _compute_can_terminate(self):
        for contract in self:
            contract.can_terminate = not contract.is_amendment and contract.state in (*RUNNING, 'amending', 'suspended')

    # ------------------------------------------------------------
    # VOID
    # ------------------------------------------------------------

    def action_sop_void(self, reason):
        """It is not made: a contract before its signature, or an amendment nobody wants any more.

        :param str reason: why; it is kept
        """
        self.check_access('write')
        reason = self._get_sop_reason(reason)
        self._sop_lock()
        for contract in self:
            if contract.state not in VOIDABLE:
                raise UserError(self.env._(
                    "%(contract)s is %(state)s and cannot be made void. Stop the signing first, or terminate it.",
                    contract=contract.display_name, state=contract._get_sop_state_label()))
            contract._sop_void(reason)
        return True

    def _sop_void(self, reason):
        if self.state == 'in_review':
            # The review tells its reviewers, and says who may recall it.
            self.sop_review_id.action_recall(reason)
        engine = as_engine(self)
        engine.void_reason = reason
        engine._sop_set_state('void')
        if not self.is_amendment:
            engine.order_ids.sop_contract_id = False
        self._sop_log(self.env._("Made void: %s", reason))

    def _sop_log(self, body):
        as_engine(self)._message_log(body=body, author_id=self.env.user.partner_id.id)

    # ------------------------------------------------------------
    # SUSPENDED
    # ------------------------------------------------------------

    def action_sop_suspend(self, reason):
        """Nothing more is delivered for the time being.

        :param str reason: why; it is kept
        """
        self.check_access('write')
        reason = self._get_sop_reason(reason)
        self._sop_lock()
        for contract in self:
            if contract.is_amendment or contract.state not in RUNNING:
                raise UserError(self.env._(
                    "%(contract)s is %(state)s. Only a contract in effect is suspended; decide on its amendments "
                    "first.", contract=contract.display_name, state=contract._get_sop_state_label()))
            as_engine(contract).write({'suspend_reason': reason, 'resume_state': contract.state})
            contract._sop_stop('suspended')
            contract._sop_log(self.env._("Suspended: %s", reason))
        return True

    def action_sop_resume(self, reason):
        """It goes on where it was suspended.

        :param str reason: what has changed; it is kept
        """
        self.check_access('write')
        reason = self._get_sop_reason(reason)
        self._sop_lock()
        for contract in self:
            if contract.state != 'suspended':
                raise UserError(self.env._("%s is not suspended.", contract.display_name))
            as_engine(contract).suspend_reason = False
            contract._sop_stop(contract.sudo().resume_state or 'executing')
            contract._sop_log(self.env._("Resumed: %s", reason))
        return True

    def _sop_stop(self, state):
        """Move to ``state`` and hold, or let go, what is not delivered yet."""
        engine = as_engine(self)
        engine._sop_set_state(state)
        engine.order_ids.filtered(lambda order: order.state == 'sale')._sop_sync_holds()

    # ------------------------------------------------------------
    # TERMINATED
    # ------------------------------------------------------------

    def action_sop_terminate(self):
        """Ask legal and finance to agree to the end of this contract: a dialog."""
        self.ensure_one()
        self.check_access('write')
        self._check_sop_terminable()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Terminate %s", self.name),
            'res_model': 'sop.termination',
            'views': [(self.env.ref('sales_sop_contract_review.sop_termination_view_form_ask').id, 'form')],
            'target': 'new',
            'context': {'default_contract_id': self.id},
        }

    def _check_sop_terminable(self):
        for contract in self.sudo():
            if not contract.can_terminate:
                raise UserError(self.env._(
                    "%(contract)s is %(state)s: only a contract in effect is terminated. Make a draft void instead; a "
                    "supplement ends with its contract.",
                    contract=contract.display_name, state=contract._get_sop_state_label()))

    def _sop_terminate(self, termination):
        """End the contract; for the engine. Orders without any delivery are cancelled, the rest is held."""
        self.ensure_one()
        reason = self.env._("%s is terminated.", self.name)
        self.child_ids.filtered(lambda child: child.state in (*VOIDABLE, 'signing'))._sop_end_with_parent(reason)
        orders = self.order_ids
        idle = orders.filtered(lambda order: order._is_sop_idle())
        self._sop_set_state('terminated')
        idle.filtered('locked').locked = False
        idle._action_cancel()
        (orders - idle).filtered(lambda order: order.state == 'sale')._sop_sync_holds()
        user = self.user_id or termination.requester_id
        self._sop_schedule(TELL, [{'record': self, 'user': user}])

    def _sop_end_with_parent(self, reason):
        for amendment in self:
            if amendment.state == 'in_review':
                amendment.sop_review_id._sop_set_state('recalled')
            amendment.void_reason = reason
            amendment._sop_set_state('void')

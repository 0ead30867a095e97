import json

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.sales_sop.engine import as_engine, is_engine

from ..values import AMENDMENT_OPEN, AMENDMENT_ORIGINS, PASSED

RUNNING = ('effective', 'executing')
# Longer lists are amended from the order.
MOST_LINES = 100


class SopContract(models.Model):
    """Amendments: supplements that change a running contract, or a reviewed order without one (S5.8, §4.7).

    While one is open, the lines it changes are held. It is reviewed like any
    contract, by those whose topics it touches, and changes the orders when
    the customer has agreed in writing.
    """

    _inherit = 'sop.contract'

    _sop_server_fields = frozenset({
        'parent_id', 'amended_order_id', 'supplement_number', 'resume_state', 'applied_date', 'void_reason'})
    _sop_text_fields = frozenset({
        'amendment_origin', 'added_kind_ids', 'amendment_reason', 'amendment_text', 'impact_cost', 'impact_days',
        'impact_stock', 'impact_quality', 'impact_service'})

    amended_order_id = fields.Many2one(
        'sale.order', string="Amends the Order", index='btree_not_null', ondelete='restrict', readonly=True,
        copy=False, check_company=True, help="An order that was reviewed without a contract.")
    is_amendment = fields.Boolean(compute='_compute_is_amendment', store=True, precompute=True, index=True)
    supplement_number = fields.Integer(string="Last Supplement", readonly=True, copy=False)
    resume_state = fields.Char(readonly=True, copy=False, help="Where it goes on after an amendment or a suspension.")
    amendment_count = fields.Integer(compute='_compute_amendment_count')
    amendment_origin = fields.Selection(AMENDMENT_ORIGINS, string="Wanted By", copy=False)
    added_kind_ids = fields.Many2many(
        'sop.review.topic', 'sop_contract_added_kind_rel', string="Also Touches", copy=False,
        help="Beyond what the changed lines and terms show.")
    kind_ids = fields.Many2many(
        'sop.review.topic', 'sop_contract_kind_rel', string="Kinds of Change", compute='_compute_kind_ids', store=True)
    amendment_reason = fields.Text(string="Reason for the Change", copy=False)
    amendment_text = fields.Text(
        string="Further Agreements", copy=False, help="What changes beyond quantities, prices, dates and addresses.")
    amendment_line_ids = fields.One2many('sop.amendment.line', 'contract_id', string="Changed Lines", copy=False)
    amendment_order_ids = fields.One2many('sop.amendment.order', 'contract_id', string="Changed Terms", copy=False)
    amount_change = fields.Monetary(
        string="Change of the Amount", compute='_compute_amount_change', help="Tax included.")
    impact_cost = fields.Monetary(string="Effect on Our Cost", copy=False)
    impact_days = fields.Integer(string="Effect on Delivery (Days)", copy=False)
    impact_stock = fields.Text(string="Stock and Work in Progress", copy=False)
    impact_quality = fields.Text(string="Effect on Quality", copy=False)
    impact_service = fields.Text(string="Effect on Service", copy=False)
    agreement_ids = fields.Many2many(
        'ir.attachment', 'sop_contract_agreement_rel', string="Customer's Written Agreement", copy=False,
        help="The mail, letter or signed supplement in which the customer agrees.")
    applied_date = fields.Datetime(string="In the Orders Since", readonly=True, copy=False)
    void_reason = fields.Char(string="Why Withdrawn", readonly=True, copy=False)
    can_amend = fields.Boolean(compute='_compute_can_amend')
    is_signed_amendment = fields.Boolean(compute='_compute_is_signed_amendment', compute_sudo=True)

    _subject_check = models.Constraint(
        'CHECK (num_nonnulls(parent_id, amended_order_id) < 2)', "A supplement changes one contract or one order.")

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('parent_id', 'amended_order_id')
    def _compute_is_amendment(self):
        for contract in self:
            contract.is_amendment = bool(contract.parent_id or contract.amended_order_id)

    @api.depends('child_ids')
    def _compute_amendment_count(self):
        counts = dict(self._read_group([('parent_id', 'in', self.ids)], ['parent_id'], ['__count']))
        for contract in self:
            contract.amendment_count = counts.get(contract._origin, 0)

    @api.depends(
        'added_kind_ids', 'amendment_line_ids.is_changed', 'amendment_line_ids.name', 'amendment_line_ids.quantity',
        'amendment_line_ids.price_unit', 'amendment_line_ids.discount', 'amendment_line_ids.product_id',
        'amendment_order_ids.payment_term_id', 'amendment_order_ids.commitment_date',
        'amendment_order_ids.partner_shipping_id', 'amendment_order_ids.partner_invoice_id')
    def _compute_kind_ids(self):
        amendments = self.filtered('is_amendment')
        (self - amendments).kind_ids = False
        topics = amendments and {topic.code: topic for topic in self.env['sop.review.topic'].sudo().search([])}
        for contract in amendments:
            codes = contract.amendment_line_ids._get_kinds() | contract.amendment_order_ids._get_kinds()
            derived = self.env['sop.review.topic'].union(*(topics[code] for code in codes if code in topics))
            contract.kind_ids = contract.added_kind_ids | derived

    @api.depends('amendment_line_ids.amount_change')
    def _compute_amount_change(self):
        for contract in self:
            contract.amount_change = sum(contract.amendment_line_ids.mapped('amount_change'))

    @api.depends('state', 'is_amendment')
    def _compute_can_amend(self):
        for contract in self:
            contract.can_amend = not contract.is_amendment and contract.state in (*RUNNING, 'amending')

    @api.depends('parent_id', 'company_id.sop_amendment_signed')
    def _compute_is_signed_amendment(self):
        """Whether this supplement takes effect by signatures, not by any written agreement."""
        for contract in self:
            contract.is_signed_amendment = bool(contract.parent_id and contract.company_id.sop_amendment_signed)

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not is_engine(self.env):
            for vals in vals_list:
                self._check_sop_guarded({
                    name: vals[name] for name in ('parent_id', 'amended_order_id') if vals.get(name)})
        return super().create(vals_list)

    def write(self, vals):
        if 'agreement_ids' in vals and not is_engine(self.env):
            self._check_sop_agreement_open()
        result = super().write(vals)
        if 'amendment_text' in vals:
            self._sop_sync_amendments()
        return result

    def copy_data(self, default=None):
        # sudo: what a record is does not depend on who copies it.
        if amendment := self.sudo().filtered('is_amendment')[:1]:
            raise UserError(self.env._("%s is not copied. Use Amend to open a new one.", amendment.display_name))
        return super().copy_data(default)

    def _sop_apply_template(self):
        # A supplement says what changes; the clauses are those of its contract.
        return super(SopContract, self.filtered(lambda contract: not contract.is_amendment))._sop_apply_template()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_amendment(self):
        # sudo: numbers of supplements follow each other whoever deletes.
        if amendment := self.sudo().filtered('is_amendment')[:1]:
            raise UserError(self.env._(
                "%s is kept, so that the numbers of supplements have no gaps. Withdraw it instead.",
                amendment.display_name))

    def _check_sop_agreement_open(self):
        for contract in self.sudo():
            if contract.applied_date or contract.state == 'void':
                raise UserError(self.env._(
                    "%s is settled: its written agreement stays as it is.", contract.display_name))

    def _get_sop_state_label(self):
        return dict(self._fields['state']._description_selection(self.env))[self.state].lower()

    # ------------------------------------------------------------
    # OPENING
    # ------------------------------------------------------------

    def action_sop_amend(self):
        """Open a supplement with the lines of the orders of this contract, to enter what changes."""
        self.ensure_one()
        self.check_access('write')
        orders = self._get_sop_running_orders()
        # sudo: how long the list gets does not depend on who reads the orders.
        if len(orders.sudo()._get_sop_amendable_lines()) > MOST_LINES:
            raise UserError(self.env._(
                "%(contract)s has orders with more than %(number)s lines. Open the order that changes and amend it "
                "there.", contract=self.display_name, number=MOST_LINES))
        return self._sop_open_amendment(orders)

    def _get_sop_running_orders(self):
        # sudo: what a contract is carried out by is the same for everybody.
        return self.sudo().order_ids.filtered(lambda order: order.state == 'sale').sudo(False)

    def _sop_open_amendment(self, orders):
        """A new supplement of this contract about ``orders``, as the action that shows it."""
        self._check_sop_amendable()
        return self._sop_create_amendment(orders, {
            'parent_id': self.id,
            **{name: self[name].id for name in ('company_id', 'partner_id', 'lead_id', 'user_id', 'currency_id')},
            'type': self.type, 'title': self.env._("Supplement to %s", self.name)})

    def _check_sop_amendable(self):
        if self.is_amendment:
            raise UserError(self.env._(
                "%(supplement)s is a supplement itself. Amend %(contract)s.", supplement=self.display_name,
                contract=(self.parent_id or self.amended_order_id).display_name))
        if self.state not in (*RUNNING, 'amending'):
            raise UserError(self.env._(
                "%(contract)s is %(state)s. A contract is amended when it is in effect; before, its draft is changed.",
                contract=self.display_name, state=self._get_sop_state_label()))

    @api.model
    def _sop_create_amendment(self, orders, vals):
        # sudo: the lines of the orders are those of whoever may change the contract.
        orders = orders.sudo()
        amendment = as_engine(self, mail_create_nosubscribe=True).create({
            **vals, 'drafter_id': self.env.uid,
            'amendment_line_ids': [
                Command.create(self.env['sop.amendment.line']._prepare_from_order_line(line))
                for line in orders._get_sop_amendable_lines()],
            'amendment_order_ids': [
                Command.create(self.env['sop.amendment.order']._prepare_from_order(order)) for order in orders],
        })
        return self.browse(amendment.id)._get_sop_form_action()

    def action_sop_open_amended(self):
        """What this supplement changes."""
        self.ensure_one()
        self.check_access('read')
        amended = self.parent_id or self.amended_order_id
        amended.check_access('read')
        return amended.get_formview_action()

    def _get_next_number(self):
        if not self.is_amendment:
            return super()._get_next_number()
        base = self.parent_id or self.amended_order_id
        return f'{base.sudo().name}-B{self._sop_take_supplement_number(base):02d}'

    def _sop_take_supplement_number(self, base):
        """Whoever opens a supplement of the same contract at the same time waits, and gets the next number."""
        column = 'supplement_number' if base._name == 'sop.contract' else 'sop_supplement_number'
        base.flush_recordset()
        [(number,)] = self.env.execute_query(SQL(
            "UPDATE %(table)s SET %(column)s = COALESCE(%(column)s, 0) + 1 WHERE id = %(id)s RETURNING %(column)s",
            table=SQL.identifier(base._table), column=SQL.identifier(column), id=base.id))
        base.invalidate_recordset([column])
        return number

    def action_sop_read_orders(self):
        """Take over what the orders say now; values already entered here stay."""
        self.check_access('write')
        self._check_sop_editable()
        for line in as_engine(self).amendment_line_ids.filtered('order_line_id'):
            live = line._prepare_from_order_line(line.order_line_id)
            kept = () if not line.is_changed else [
                name for name in ('name', 'quantity', 'price_unit', 'discount') if line._is_other(name)]
            line.write({name: value for name, value in live.items() if name not in kept})
        for terms in as_engine(self).amendment_order_ids:
            kept = terms._get_changed_names()
            terms.write({
                name: value for name, value in terms._prepare_from_order(terms.order_id).items() if name not in kept})
        self._sop_sync_amendments()
        return True

    # ------------------------------------------------------------
    # WHAT CHANGES
    # ------------------------------------------------------------

    def _get_sop_amended_orders(self):
        """The orders this amendment is about: those whose terms it carries."""
        return self.amendment_order_ids.order_id

    def _has_sop_changes(self):
        return bool(
            (self.amendment_text or '').strip() or self.amendment_line_ids.filtered('is_changed')
            or self.amendment_order_ids.filtered('is_changed'))

    def _get_sop_changes(self):
        """What this amendment changes, for people: a list of dicts ``topic``, ``order``, ``subject``, ``label``,
        ``before``, ``after``, in the language of ``self``."""
        self.ensure_one()
        # sudo: the changes are read by whoever may read the amendment.
        own = self.sudo()
        changes = own.amendment_line_ids._get_changes() + own.amendment_order_ids._get_changes()
        if (own.amendment_text or '').strip():
            changes.append({
                'topic': 'legal', 'order': '', 'subject': own.title, 'label': self.env._("Further agreements"),
                'before': '', 'after': own.amendment_text.strip()})
        return changes

    def _get_sop_review_topics(self):
        amendments = self.filtered('is_amendment')
        topics = super(SopContract, self - amendments)._get_sop_review_topics()
        topics.update((amendment.id, amendment._get_sop_amendment_topics()) for amendment in amendments)
        return topics

    def _get_sop_amendment_topics(self):
        topics = {
            'party': {'customer': self.partner_id.id, 'company': self.company_id.id},
            'legal': {
                'text': (self.amendment_text or '').strip(), 'origin': self.amendment_origin,
                'reason': (self.amendment_reason or '').strip()},
        }
        for topic in self.kind_ids:
            topics.setdefault(topic.code, {})['touched'] = True
        parts = self.amendment_line_ids._get_parts_by_topic() + self.amendment_order_ids._get_parts_by_topic()
        for topic, values in parts:
            topics.setdefault(topic, {}).setdefault('changes', []).append(values)
        # Numbers and dates are compared as they are kept.
        return json.loads(json.dumps(topics, default=str))

    # ------------------------------------------------------------
    # HOLDS
    # ------------------------------------------------------------

    def _sop_sync_amendments(self):
        """Hold what these amendments change while they are open, and let go what is decided."""
        amendments = as_engine(self).filtered('is_amendment')
        orders = amendments._get_sop_amended_orders()
        for amendment in amendments:
            amendment._sop_hold_parts(amendment.amendment_line_ids, 'order_line_id')
            amendment._sop_hold_parts(amendment.amendment_order_ids, 'order_id')
        amendments.flush_recordset()
        orders._sop_sync_holds()
        amendments.parent_id._sop_sync_amending()

    def _sop_hold_parts(self, parts, name):
        held = parts.filtered(lambda part: part.is_changed and part[name]) if self.state in AMENDMENT_OPEN \
            else parts.browse()
        (parts - held).filtered('is_held').is_held = False
        fresh = held.filtered(lambda part: not part.is_held)
        if other := fresh.search([(name, 'in', fresh[name].ids), ('is_held', '=', True)], limit=1):
            raise UserError(self.env._(
                "%(subject)s of %(order)s is being changed by %(amendment)s already. Decide that one first, or enter "
                "the change there.", subject=other.display_name, order=other.order_id.name,
                amendment=other.contract_id.display_name))
        fresh.is_held = True

    def _sop_sync_amending(self):
        """A contract is being amended while one of its supplements is open."""
        for contract in as_engine(self):
            is_open = any(
                child.state in AMENDMENT_OPEN and child._has_sop_changes() for child in contract.child_ids)
            if is_open and contract.state in RUNNING:
                contract.resume_state = contract.state
                contract._sop_set_state('amending')
            elif not is_open and contract.state == 'amending':
                contract._sop_set_state(contract.resume_state or 'executing')

    def _sop_set_state(self, state):
        result = super()._sop_set_state(state)
        self.filtered('is_amendment')._sop_sync_amendments()
        return result

    # ------------------------------------------------------------
    # REVIEW
    # ------------------------------------------------------------

    def _check_sop_reviewable(self):
        amendments = self.filtered('is_amendment')
        for amendment in amendments:
            if missing := amendment._get_sop_amendment_gaps():
                raise UserError(self.env._(
                    "%(amendment)s: %(missing)s", amendment=amendment.display_name, missing=' '.join(missing)))
        return super(SopContract, self - amendments)._check_sop_reviewable()

    def _get_sop_amendment_gaps(self):
        """What is still missing before the amendment can be reviewed, as sentences."""
        # sudo: what is complete is complete for everybody.
        own = self.sudo()
        gaps = [
            (own.amendment_origin, self.env._("Say who wants the change.")),
            ((own.amendment_reason or '').strip(), self.env._("Give the reason.")),
            (own._has_sop_changes(), self.env._("Enter what changes.")),
            (own.kind_ids or not own._has_sop_changes(), self.env._("Say what kind of change it is.")),
        ]
        return [text for given, text in gaps if not given] + own._get_sop_apply_obstacles()

    def _get_sop_apply_obstacles(self):
        obstacles = [
            self.env._("%s is not confirmed any more.", order.name)
            for order in self._get_sop_amended_orders() if order.state != 'sale']
        changed = [*self.amendment_line_ids.filtered('is_changed'), *self.amendment_order_ids.filtered('is_changed')]
        return obstacles + [text for part in changed if (text := part._get_obstacle())]

    # ------------------------------------------------------------
    # EFFECT
    # ------------------------------------------------------------

    def action_sop_put_into_effect(self):
        """The customer agreed in writing: the orders become what the amendment says."""
        self.check_access('write')
        self._sop_lock()
        for amendment in self:
            if missing := amendment._get_sop_agreement_obstacles():
                raise UserError(self.env._(
                    "%(amendment)s cannot take effect yet. %(missing)s",
                    amendment=amendment.display_name, missing=' '.join(missing)))
            as_engine(amendment)._sop_take_effect()
        return True

    def _sop_take_effect(self):
        """By agreement, without signatures: there is no paper original to wait for."""
        today = self._get_sop_today()
        self.write({'effective_date': today, 'effective_by_id': self.env.uid, 'original_reminded_date': today})
        self._sop_set_state('effective')
        self._sop_apply_amendment()

    def _get_sop_effective_obstacles(self):
        if not self.is_amendment:
            return super()._get_sop_effective_obstacles()
        if self.state in PASSED and not self.is_signed_amendment:
            return self._get_sop_agreement_obstacles()
        return super()._get_sop_effective_obstacles() + self.sudo()._get_sop_apply_obstacles()

    def _find_sop_payment_problems(self):
        # The payment plan is that of the contract; what changes of it is said in words.
        return [] if self.is_amendment else super()._find_sop_payment_problems()

    def _get_sop_agreement_obstacles(self):
        """Why the amendment may not take effect yet, as sentences."""
        # sudo: the rule holds whoever asks.
        own = self.sudo()
        if not own.is_amendment:
            return [self.env._("It is no amendment.")]
        if own.is_signed_amendment:
            return [self.env._("It is signed like the contract it changes. Start the signing.")]
        if own.state not in PASSED:
            return [self.env._("It must be reviewed and approved; it is %s.", own._get_sop_state_label())]
        obstacles = []
        if own.sop_review_id.state not in PASSED or own._get_sop_changed_topics().get(own.id):
            obstacles.append(self.env._("It was changed after its review: have it reviewed again."))
        obstacles += [
            self.env._("A condition of the review is open: %s.", condition.name)
            for condition in own.sop_review_id._get_sop_open_conditions('before_sign', 'before_release')]
        if not own.agreement_ids:
            obstacles.append(self.env._("Attach the customer's written agreement."))
        return obstacles + own._get_sop_apply_obstacles()

    def _is_sop_stopped(self):
        return self.state in ('suspended', 'terminated')

    def _sop_on_effective(self):
        """An amendment changes its orders, in the same transaction."""
        result = super()._sop_on_effective()
        for amendment in as_engine(self).filtered('is_amendment'):
            amendment._sop_apply_amendment()
        return result

    def _sop_apply_amendment(self):
        self.ensure_one()
        if obstacles := self._get_sop_apply_obstacles():
            raise UserError(self.env._(
                "%(amendment)s cannot take effect: the order has moved on. %(obstacles)s",
                amendment=self.display_name, obstacles=' '.join(obstacles)))
        orders = self._get_sop_amended_orders()
        locked = orders.filtered('locked')
        locked.locked = False
        # Held lines go on with what was agreed.
        self._sop_sync_amendments()
        self.amendment_line_ids._sop_apply()
        self.amendment_order_ids._sop_apply()
        locked.locked = True
        self.applied_date = fields.Datetime.now()
        self._sop_follow_up_amendment()

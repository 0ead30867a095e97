from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..engine import as_engine, is_engine
from ..values import CONFIRM_METHODS

CATEGORIES = [
    ('function', "Function"),
    ('performance', "Performance"),
    ('quality', "Quality"),
    ('delivery', "Delivery"),
    ('service', "Service"),
    ('commercial', "Commercial"),
    ('legal', "Regulations"),
    ('other', "Other"),
]
PRIORITIES = [
    ('must', "Must"),
    ('should', "Should"),
    ('could', "Could"),
]
ORIGINS = [
    ('explicit', "Stated"),
    ('inferred', "Inferred"),
    ('legal', "Law"),
    ('own', "Own rule"),
]
STATES = [
    ('draft', "Draft"),
    ('restated', "Restated"),
    ('confirmed', "Confirmed"),
    ('changed', "Changed"),
    ('withdrawn', "Withdrawn"),
]
# What the customer is asked about; the rest is up to us.
CUSTOMER_ORIGINS = ('explicit', 'inferred')
# Who answers for what law and our own rules demand (S3.5)
OWN_POSITIONS = ('pre', 'px', 'qua')
# What was told to the customer: a change of it makes another need.
CONTENT = ('name', 'category', 'priority', 'origin')
CONFIRMATION = ('confirmed_by', 'confirmed_date', 'confirmed_how', 'confirmed_user_id', 'restatement_id')
# What may still be written about a withdrawn need
ALWAYS_OPEN = frozenset({'sequence', 'attachment_ids'})


class SopNeed(models.Model):
    """One requirement of this purchase, whoever demands it (S3.2, S3.5).

    What the customer wants is confirmed by the customer, through a
    :class:`restatement <SopRestatement>`; what law and our own rules demand is
    confirmed by whoever answers for it here. Nothing is confirmed by silence.
    """

    _name = 'sop.need'
    _description = "Need"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin']
    _order = 'sequence, id'
    _rec_names_search = ['code', 'name']
    _sop_server_fields = frozenset({
        'number', 'code', 'state', 'version', 'restated_date', 'withdrawn_by_id', 'withdrawn_date', 'withdrawn_reason',
        'lifted_by_id', 'lifted_date', 'lifted_reason', 'has_conflict', 'has_must_conflict', 'is_stop',
        'confirmed_rate', *CONFIRMATION})

    lead_id = fields.Many2one(
        'crm.lead', string="Opportunity", required=True, index=True, ondelete='cascade')
    partner_id = fields.Many2one(related='lead_id.partner_id', string="Customer")
    user_id = fields.Many2one(related='lead_id.user_id', string="Salesperson")
    company_id = fields.Many2one(related='lead_id.company_id')
    sequence = fields.Integer(default=10)
    number = fields.Integer(readonly=True, copy=False, aggregator=None)
    code = fields.Char(compute='_compute_code', store=True)
    name = fields.Text(string="Need", required=True)
    origin = fields.Selection(
        ORIGINS, required=True, default='explicit', index=True,
        help="Stated by the customer or inferred by us: the customer confirms it. Demanded by law or by our own rules: "
             "it is confirmed here.")
    category = fields.Selection(CATEGORIES, required=True, default='function')
    priority = fields.Selection(PRIORITIES, required=True, default='should')
    said_by_id = fields.Many2one(
        'sop.stakeholder', string="Stated By", index='btree_not_null', ondelete='restrict',
        domain="[('lead_id', '=', lead_id)]")
    interview_id = fields.Many2one(
        'sop.interview', index='btree_not_null', ondelete='set null', domain="[('lead_id', '=', lead_id)]")
    state = fields.Selection(
        STATES, required=True, default='draft', readonly=True, copy=False, index=True,
        help="Restated: the customer was told how we understood it. Confirmed: the customer answered. Changed: it says "
             "something else than the customer was told.")
    version = fields.Integer(default=1, readonly=True, copy=False, aggregator=None)
    version_ids = fields.One2many('sop.need.version', 'need_id', string="Earlier Versions", readonly=True)
    restated_date = fields.Datetime(string="Restated On", readonly=True, copy=False)
    confirmed_by = fields.Char(readonly=True, copy=False)
    confirmed_date = fields.Datetime(string="Confirmed On", readonly=True, copy=False)
    confirmed_how = fields.Selection(CONFIRM_METHODS, string="Confirmed Through", readonly=True, copy=False)
    confirmed_user_id = fields.Many2one(
        'res.users', string="Confirmed Here By", readonly=True, copy=False, ondelete='restrict')
    restatement_id = fields.Many2one(
        'sop.restatement', string="Confirmed In", readonly=True, copy=False, index='btree_not_null',
        ondelete='restrict')
    confirmed_rate = fields.Float(
        string="Confirmation Rate", compute='_compute_confirmed_rate', store=True, aggregator='avg')
    attachment_ids = fields.Many2many('ir.attachment', string="Files", copy=False)
    conflict_ids = fields.Many2many(
        'sop.need', 'sop_need_conflict_rel', 'need_id', 'other_id', string="Contradicts", copy=False,
        domain="[('lead_id', '=', lead_id), ('id', '!=', id), ('state', '!=', 'withdrawn')]",
        help="Needs of this opportunity that cannot be met together with this one.")
    conflict_note = fields.Char(string="About the Contradiction", copy=False)
    has_conflict = fields.Boolean(string="Contradiction", compute='_compute_has_conflict', store=True)
    has_must_conflict = fields.Boolean(
        string="Contradiction of Must Needs", compute='_compute_has_conflict', store=True)
    is_prohibition = fields.Boolean(
        string="Product Not Allowed", copy=False,
        help="The law forbids the product in the market of the customer: the opportunity stops.")
    is_stop = fields.Boolean(string="Stops the Opportunity", compute='_compute_is_stop', store=True)
    lifted_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    lifted_date = fields.Datetime(string="Lifted On", readonly=True, copy=False)
    lifted_reason = fields.Char(string="Lifted Because", readonly=True, copy=False)
    withdrawn_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    withdrawn_date = fields.Datetime(string="Withdrawn On", readonly=True, copy=False)
    withdrawn_reason = fields.Char(string="Withdrawn Because", readonly=True, copy=False)
    can_confirm_own = fields.Boolean(compute='_compute_can_confirm_own')

    _number_uniq = models.UniqueIndex(
        '(lead_id, number) WHERE number > 0', "Somebody entered a need at the same moment. Save again.")

    @api.depends('number')
    def _compute_code(self):
        for need in self:
            need.code = f'N-{need.number:02}' if need.number else False

    @api.depends('code', 'name')
    def _compute_display_name(self):
        for need in self:
            text = ' '.join((need.name or '').split())
            text = text if len(text) <= 80 else f'{text[:79]}…'
            need.display_name = ' '.join(filter(None, [need.code, text]))

    @api.depends('state')
    def _compute_confirmed_rate(self):
        for need in self:
            need.confirmed_rate = float(need.state == 'confirmed')

    @api.depends('state', 'priority', 'conflict_ids.state', 'conflict_ids.priority')
    def _compute_has_conflict(self):
        for need in self:
            rivals = need.conflict_ids.filtered(lambda other: other.state != 'withdrawn')
            is_must = need.priority == 'must' and 'must' in rivals.mapped('priority')
            need.has_conflict = need.state != 'withdrawn' and bool(rivals)
            need.has_must_conflict = need.state != 'withdrawn' and is_must

    @api.depends('state', 'is_prohibition', 'lifted_date')
    def _compute_is_stop(self):
        for need in self:
            need.is_stop = need.is_prohibition and not need.lifted_date and need.state != 'withdrawn'

    @api.depends('state', 'origin')
    @api.depends_context('uid')
    def _compute_can_confirm_own(self):
        judged = self.filtered(lambda need: not need._get_own_problem())._filter_own_judge()
        for need in self:
            need.can_confirm_own = need in judged

    # ------------------------------------------------------------
    # RULES
    # ------------------------------------------------------------

    @api.constrains('name')
    def _check_name(self):
        if empty := self.filtered(lambda need: not (need.name or '').strip())[:1]:
            raise ValidationError(self.env._(
                "%s: a need without a text says nothing. Enter what is needed.", empty.code or self._description))

    @api.constrains('lead_id', 'said_by_id', 'interview_id', 'conflict_ids')
    def _check_same_lead(self):
        for need in self:
            related = need.said_by_id.lead_id | need.interview_id.lead_id | need.conflict_ids.lead_id
            if related - need.lead_id:
                raise ValidationError(self.env._(
                    "%s: the person, the interview and the contradicting needs belong to the same opportunity. "
                    "Choose those of this one.", need.display_name))
            if need in need.conflict_ids:
                raise ValidationError(self.env._(
                    "%s cannot contradict itself. Choose the other need.", need.display_name))

    @api.constrains('is_prohibition', 'origin')
    def _check_prohibition(self):
        for need in self:
            if need.is_prohibition and need.origin != 'legal':
                raise ValidationError(self.env._(
                    "%s: only the law forbids a product. Choose the origin “Law”.", need.display_name))

    @api.onchange('origin')
    def _onchange_origin(self):
        """What the law demands is no matter of taste."""
        if self.origin == 'legal' and self.category == 'function':
            self.category, self.priority = 'legal', 'must'

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        needs = super().create(vals_list)
        needs._sop_number()
        needs._sop_name_speakers()
        needs._sop_mirror_conflicts({})
        needs._sop_own_files()
        needs.filtered('is_stop')._sop_tell_stop()
        return needs

    def write(self, vals):
        if is_engine(self.env):
            return super().write(vals)
        self._check_open(vals)
        is_told = not vals.keys().isdisjoint(CONTENT)
        before = [need._prepare_version_values() for need in self] if is_told else []
        conflicts = {need.id: need.conflict_ids for need in self} if 'conflict_ids' in vals else None
        stopped = self.filtered('is_stop')
        result = super().write(vals)
        self._sop_keep_versions(before)
        if conflicts is not None:
            self._sop_mirror_conflicts(conflicts)
        if 'attachment_ids' in vals:
            self._sop_own_files()
        (self.filtered('is_stop') - stopped)._sop_tell_stop()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_restated(self):
        kept = self.filtered(lambda need: need._is_evidence())
        if kept and not is_engine(self.env):
            raise UserError(self.env._(
                "%s is kept: the customer was told of it, or it stops the opportunity. Withdraw it with a reason.",
                kept[0].display_name))

    def _is_evidence(self):
        return self.state != 'draft' or self.version > 1 or self.is_prohibition or bool(self.restated_date)

    def _check_open(self, vals):
        """Refuse what nobody writes directly, whoever asks."""
        if 'lead_id' in vals and any(need.lead_id.id != vals['lead_id'] for need in self):
            raise UserError(self.env._("%s belongs to its opportunity. Enter it there as well.", self[:1].display_name))
        withdrawn = self.filtered(lambda need: need.state == 'withdrawn')
        if withdrawn and vals.keys() - ALWAYS_OPEN:
            raise UserError(self.env._(
                "%s was withdrawn and is not changed any more. Enter a new need.", withdrawn[0].display_name))
        stops = self.filtered('is_prohibition')
        if stops and not vals.get('is_prohibition', True):
            raise UserError(self.env._(
                "%s stops the opportunity. A manager of Sales SOP lifts that with a reason.", stops[0].display_name))

    def _sop_number(self):
        """Give each new need the next number of its opportunity."""
        # sudo: numbers go on whoever entered the others.
        last = dict(self.sudo()._read_group(
            [('lead_id', 'in', self.lead_id.ids)], ['lead_id'], ['number:max']))
        for lead, needs in self.sudo().grouped('lead_id').items():
            for number, need in enumerate(needs, (last.get(lead) or 0) + 1):
                as_engine(need).write({'number': number})

    def _sop_name_speakers(self):
        """Where only one person can have stated it, nobody has to be asked who did."""
        for need in self.sudo().filtered(lambda need: need.origin == 'explicit' and not need.said_by_id):
            people = need.interview_id.stakeholder_ids or need.lead_id.sop_stakeholder_ids
            if len(people) == 1:
                as_engine(need).write({'said_by_id': people.id})

    def _sop_mirror_conflicts(self, before):
        """Who contradicts is contradicted.

        :param dict before: ``{need id: the needs it contradicted before}``
        """
        for need in self:
            known = before.get(need.id, self.browse())
            gained, lost = need.conflict_ids - known, known - need.conflict_ids
            as_engine(gained).write({'conflict_ids': [Command.link(need.id)]})
            as_engine(lost).write({'conflict_ids': [Command.unlink(need.id)]})
            need._sop_tell_settled(lost)

    def _sop_tell_settled(self, others):
        """A contradiction that was taken out leaves a trace."""
        for other in others:
            # sudo: who may change the need may tell it in the chatter of its opportunity.
            self.lead_id.sudo()._message_log(body=self.env._(
                "No contradiction any more between %(need)s and %(other)s. %(note)s",
                need=self.display_name, other=other.display_name, note=self.conflict_note or ''),
                author_id=self.env.user.partner_id.id)

    def _sop_own_files(self):
        """Whoever reads a need reads its files, also what was uploaded before the need was saved."""
        for need in self:
            # sudo: only who uploaded such a file may write it.
            files = need.attachment_ids.sudo().filtered(
                lambda file: not file.res_id and file.create_uid.id == self.env.uid)
            files.write({'res_model': self._name, 'res_id': need.id})

    # ------------------------------------------------------------
    # VERSIONS
    # ------------------------------------------------------------

    def _prepare_version_values(self):
        return {
            'need_id': self.id,
            **{name: self[name] for name in ('version', 'state', 'confirmed_by', 'confirmed_date', *CONTENT)},
        }

    def _sop_keep_versions(self, before):
        """What the customer was told is kept; what says something else now is told anew.

        :param list before: values of the versions before, see :meth:`_prepare_version_values`
        """
        rows = [row for row in before if self.browse(row['need_id'])._differs(row)]
        told = [row for row in rows if row['state'] in ('restated', 'confirmed')]
        now = fields.Datetime.now()
        as_engine(self.env['sop.need.version']).create([
            {**row, 'user_id': self.env.uid, 'date': now} for row in told])
        changed = self.browse(row['need_id'] for row in told)
        for version, needs in changed.grouped('version').items():
            as_engine(needs).write({
                'state': 'changed', 'version': version + 1, **dict.fromkeys(CONFIRMATION, False)})
        self.browse(row['need_id'] for row in rows)._sop_after_change()

    def _differs(self, row):
        return any((self[name] or '') != (row[name] or '') for name in CONTENT)

    def _sop_after_change(self):
        """What was built on these needs is out of date."""
        if self:
            # sudo: what was sent to the customer may be that of another person.
            self.env['sop.restatement'].sudo()._sop_outdate(self)
            self.lead_id._sop_after_need_change(self)

    # ------------------------------------------------------------
    # WHAT LAW AND OUR OWN RULES DEMAND
    # ------------------------------------------------------------

    @api.model
    def _get_sop_invited_domain(self):
        """Who answers for legal and own requirements reads them, with or without rights in Sales."""
        # sudo: who answers for it is decided by the administrator.
        positions = self.env['sop.position'].sudo().search(
            [('code', 'in', OWN_POSITIONS), ('user_ids', 'in', self.env.uid)])
        if not positions:
            return Domain.FALSE
        companies = positions.company_id.ids
        if not all(position.company_id for position in positions):
            companies = [*self.env.user.company_ids.ids, False]
        return Domain('origin', 'not in', CUSTOMER_ORIGINS) & Domain('company_id', 'in', companies)

    def action_confirm_own(self):
        """Confirm what law or our own rules demand, as the one who answers for it."""
        self.check_access('read')
        for need in self:
            if problem := need._get_own_problem():
                raise UserError(problem)
        if foreign := (self - self._filter_own_judge())[:1]:
            raise AccessError(self.env._(
                "%s is confirmed by pre-sales, a product expert, quality or a manager of Sales SOP.",
                foreign.display_name))
        as_engine(self).write({
            'state': 'confirmed', 'confirmed_by': self.env.user.name, 'confirmed_user_id': self.env.uid,
            'confirmed_date': fields.Datetime.now(),
        })
        return True

    def _get_own_problem(self):
        """Why nobody confirms this need here, or nothing."""
        if self.origin in CUSTOMER_ORIGINS:
            return self.env._(
                "%s is a need of the customer: only the customer confirms it. Restate it to him.", self.display_name)
        if self.state not in ('draft', 'changed', 'restated'):
            return self.env._("%s: nothing is to be confirmed any more.", self.display_name)
        return ''

    def _filter_own_judge(self):
        """Those of these needs that the user answers for, by his position or as manager."""
        user, judged = self.env.user, self.browse()
        if user.has_group('sales_sop.group_sop_manager'):
            return self
        # sudo: who answers for it does not depend on who may read the opportunity.
        for company, needs in self.sudo().grouped(lambda need: need.lead_id._get_sop_company()).items():
            if user in self.env['sop.position']._get_sop_holders(OWN_POSITIONS, company):
                judged |= needs.sudo(False)
        return judged

    def _sop_tell_stop(self):
        leads = self.sudo().lead_id
        leads._sop_alert('sales_sop.mail_activity_type_sop_prohibition', [
            (lead, lead.sop_manager_id, False) for lead in leads])

    def action_lift_prohibition(self, reason):
        """Let the opportunity go on although the product was not allowed."""
        self.check_access('write')
        self._check_sop_manager()
        reason = self._check_reason(reason)
        if self.filtered(lambda need: not need.is_stop):
            raise UserError(self.env._("%s does not stop the opportunity.", self[:1].display_name))
        as_engine(self).write({
            'lifted_by_id': self.env.uid, 'lifted_date': fields.Datetime.now(), 'lifted_reason': reason})
        self.sudo().lead_id._sop_close_alerts('sales_sop.mail_activity_type_sop_prohibition')
        return True

    # ------------------------------------------------------------
    # WITHDRAWING
    # ------------------------------------------------------------

    def action_withdraw(self, reason):
        """Withdraw these needs; what they said is kept."""
        self.check_access('write')
        reason = self._check_reason(reason)
        if gone := self.filtered(lambda need: need.state == 'withdrawn')[:1]:
            raise UserError(self.env._("%s is withdrawn already.", gone.display_name))
        if self.filtered('is_stop'):
            self._check_sop_manager()
        told = self.filtered(lambda need: need.state != 'draft')
        as_engine(self).write({
            'state': 'withdrawn', 'withdrawn_by_id': self.env.uid, 'withdrawn_date': fields.Datetime.now(),
            'withdrawn_reason': reason})
        told._sop_after_change()
        return True

    def action_open_withdraw(self):
        """Ask why these needs are withdrawn."""
        return self._open_reason('withdraw', self.env._("Withdraw"))

    def action_open_lift(self):
        """Ask why the opportunity may go on."""
        return self._open_reason('lift', self.env._("Lift the Prohibition"))

    def _open_reason(self, kind, title):
        self.check_access('write')
        return {
            'type': 'ir.actions.act_window',
            'name': title,
            'res_model': 'sop.need.reason',
            'view_mode': 'form',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'default_need_ids': self.ids, 'default_kind': kind},
        }

    def _check_reason(self, reason):
        if not str(reason or '').strip():
            raise UserError(self.env._("%s: give a reason.", self[:1].display_name or self._description))
        return str(reason).strip()

    def _check_sop_manager(self):
        if not self.env.user.has_group('sales_sop.group_sop_manager'):
            raise AccessError(self.env._(
                "%s: the product is not allowed in the market of the customer. Only a manager of Sales SOP decides "
                "that the opportunity goes on.", self[:1].display_name))

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import html2plaintext, plaintext2html

from ..engine import as_engine, is_engine
from ..values import OBJECTION_CATEGORIES

NATURES = [
    ('real', "Real"),
    ('pretext', "Pretext"),
    ('misunderstanding', "Misunderstanding"),
]
CLOSED = ('resolved', 'kept', 'lost')
ANSWER_TYPE = 'sales_sop.mail_activity_type_objection'
LATE_TYPE = 'sales_sop.mail_activity_type_objection_late'


class SopObjection(models.Model):
    """A doubt or resistance of the customer, followed until it is removed (S4.2)."""

    _name = 'sop.objection'
    _description = "Objection"
    _inherit = ['sop.sealed.mixin', 'sop.lead.child.mixin', 'sop.guarded.mixin', 'sop.internal.thread.mixin']
    _order = 'due_date, id'
    _rec_names_search = ['code', 'statement']

    _sop_server_fields = frozenset({
        'code', 'state', 'answered_date', 'answered_by_id', 'closed_date', 'closed_by_id', 'escalated_date',
        'company_id'})
    _sop_sealed_fields = frozenset({
        'date', 'category', 'nature', 'statement', 'said_by_id', 'response', 'blocking', 'competitor_id', 'answer_id',
        'product_categ_id', 'close_reason', 'attachment_ids'})

    code = fields.Char(string="Number", readonly=True, copy=False, default="/")
    lead_id = fields.Many2one('crm.lead', string="Opportunity", required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(
        'res.company', compute='_compute_company_id', store=True, precompute=True, index=True)
    state = fields.Selection(
        [('open', "To Answer"), ('answered', "Answered"), ('resolved', "Resolved"), ('kept', "Customer keeps it"),
         ('lost', "Deal lost for it")],
        required=True, default='open', readonly=True, copy=False, index=True, tracking=True)
    category = fields.Selection(OBJECTION_CATEGORIES, required=True, index=True)
    nature = fields.Selection(NATURES, default='real', required=True, help="What is behind it, as we see it.")
    statement = fields.Text(required=True, help="What the customer says, in the customer's words.")
    said_by_id = fields.Many2one(
        'sop.stakeholder', index='btree_not_null', ondelete='set null', domain="[('lead_id', '=', lead_id)]")
    date = fields.Date(
        string="Raised On", required=True, copy=False, default=fields.Date.context_today, index=True)
    user_id = fields.Many2one(
        'res.users', string="Answered By", compute='_compute_user_id', store=True, readonly=False, precompute=True,
        index=True, tracking=True, domain="[('share', '=', False)]", help="Who finds the answer: sales, or an expert.")
    due_date = fields.Date(
        string="Due", compute='_compute_due_date', store=True, readonly=False, precompute=True, tracking=True,
        copy=False, index='btree_not_null', help="Until when it is answered, by the working days of the company.")
    blocking = fields.Boolean(
        tracking=True, help="Nothing is signed before it is removed: until then the step S4.2 stays open.")
    competitor_id = fields.Many2one(
        'sop.competitor', index='btree_not_null', ondelete='restrict', help="With whom the customer compares us.")
    product_categ_id = fields.Many2one(
        'product.category', string="Product Category", index='btree_not_null', ondelete='restrict',
        help="The product category it is about.")
    answer_id = fields.Many2one(
        'sop.objection.answer', index='btree_not_null', ondelete='restrict', copy=False,
        help="From the answer library. Its text is taken over as the response and can be changed here.")
    response = fields.Text(
        compute='_compute_response', store=True, readonly=False, copy=False, help="What we answer this customer.")
    attachment_ids = fields.Many2many('ir.attachment', string="Evidence", copy=False)
    close_reason = fields.Char(
        string="How It Ended", copy=False, help="Needed when it is closed without an answer of ours.")
    answered_date = fields.Datetime(string="Answered On", readonly=True, copy=False)
    answered_by_id = fields.Many2one('res.users', string="Answer Given By", readonly=True, copy=False)
    closed_date = fields.Datetime(string="Closed On", readonly=True, copy=False)
    closed_by_id = fields.Many2one('res.users', readonly=True, copy=False)
    escalated_date = fields.Date(string="Escalated On", readonly=True, copy=False)
    is_late = fields.Boolean(compute='_compute_is_late', search='_search_is_late', help="Open past its due date.")
    suggested_answer_ids = fields.Many2many('sop.objection.answer', compute='_compute_suggested_answer_ids')
    card_strengths = fields.Text(related='competitor_id.strengths', string="Their Strengths")
    card_weaknesses = fields.Text(related='competitor_id.weaknesses', string="Their Weaknesses")
    card_answer = fields.Text(related='competitor_id.answer', string="Our Answer to Them")

    _late_index = models.Index("(due_date) WHERE state = 'open' AND escalated_date IS NULL")

    # ------------------------------------------------------------
    # COMPUTE / SEARCH
    # ------------------------------------------------------------

    @api.depends('lead_id')
    def _compute_company_id(self):
        """The company at the time: the due date does not follow the opportunity elsewhere."""
        for objection in self:
            # sudo: whose working days count does not depend on who notes the objection.
            objection.company_id = objection.lead_id.sudo()._get_sop_company()

    @api.depends('lead_id')
    def _compute_user_id(self):
        for objection in self:
            objection.user_id = objection.user_id or objection.lead_id.user_id

    @api.depends('date', 'company_id')
    def _compute_due_date(self):
        for company, objections in self.grouped('company_id').items():
            # sudo: the limit of a company holds for everybody.
            number = company.sudo().sop_objection_days
            days = company._sop_add_workdays_batch({(day, number) for day in objections.mapped('date') if day})
            for objection in objections:
                objection.due_date = objection.due_date or days.get((objection.date, number), False)

    @api.depends('answer_id')
    def _compute_response(self):
        """The words of the library, in the language of the customer where they are translated."""
        for objection in self:
            lang = objection.lead_id.partner_id.lang or self.env.lang
            text = html2plaintext(objection.answer_id.with_context(lang=lang).answer or '').strip()
            objection.response = text or objection.response

    @api.depends('state', 'due_date')
    def _compute_is_late(self):
        for company, objections in self.grouped('company_id').items():
            today = company._get_sop_local_date(fields.Datetime.now()) if company else fields.Date.today()
            for objection in objections:
                due = objection.due_date if objection.state == 'open' else None
                objection.is_late = bool(due and due < today)

    def _search_is_late(self, operator, value):
        if operator != 'in':
            return NotImplemented
        late = self._get_late_domain()
        return Domain.OR(late if wanted else ~late for wanted in value)

    @api.model
    def _get_late_domain(self):
        now = fields.Datetime.now()
        # sudo: when a day ends depends on the company of the objection, not on who asks.
        return Domain('state', '=', 'open') & Domain.OR(
            Domain('company_id', '=', company.id) & Domain('due_date', '<', company._get_sop_local_date(now))
            for company in self.env['res.company'].sudo().search([]))

    @api.depends('category', 'competitor_id', 'product_categ_id')
    def _compute_suggested_answer_ids(self):
        answers = self.env['sop.objection.answer']._get_suggestions(self)
        for objection in self:
            objection.suggested_answer_ids = answers[objection]

    @api.depends('code', 'statement')
    def _compute_display_name(self):
        for objection in self:
            text = (objection.statement or '').strip().split('\n')[0]
            objection.display_name = f'{objection.code} {text[:60]}{"…" if len(text) > 60 else ""}' if text else (
                objection.code or '')

    @api.constrains('lead_id', 'said_by_id', 'user_id', 'competitor_id', 'answer_id')
    def _check_links(self):
        for objection in self:
            objection.lead_id._check_sop_own_people(objection.said_by_id)
            objection.lead_id._check_sop_own_users(objection.user_id)
            objection.competitor_id._check_sop_company(objection.lead_id)
            objection.answer_id._check_sop_company(objection)

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        objections = super().create(vals_list)
        for objection in objections:
            # sudo: numbers are drawn for whoever notes an objection.
            as_engine(objection).code = self.env['ir.sequence'].sudo().next_by_code('sop.objection') or "/"
        objections._sop_take_files()
        objections._sop_ask()
        return objections

    def write(self, vals):
        result = super().write(vals)
        if 'attachment_ids' in vals:
            self._sop_take_files()
        if not {'user_id', 'due_date'}.isdisjoint(vals):
            self._sop_ask()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_noted(self):
        if not (is_engine(self.env) or self.env.user.has_group('sales_sop.group_sop_manager')):
            raise UserError(self.env._(
                "%s: what a customer said is kept. Close it and say how it ended; a manager deletes a mistake.",
                self[:1].display_name))

    def _is_sop_sealed(self):
        return self.state in CLOSED

    def _get_sop_sealed_message(self):
        return self.env._("%s is closed. Reopen it to change it.", self.display_name)

    @api.model
    def _get_sop_invited_domain(self):
        """An expert who is asked for the answer reads it."""
        return Domain('user_id', '=', self.env.uid)

    def _sop_take_files(self):
        """Files uploaded before the objection was saved belong to it, and are read with it."""
        # sudo: only one's own loose uploads are taken.
        for objection in self.sudo():
            loose = objection.attachment_ids.filtered(
                lambda file: not file.res_id and file.create_uid == self.env.user)
            loose.write({'res_model': self._name, 'res_id': objection.id})

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_answer(self):
        """The customer has our answer."""
        self._check_state(('open',))
        for objection in self:
            if not (objection.response or '').strip():
                raise UserError(self.env._(
                    "%s: enter the response, or choose an answer of the library.", objection.display_name))
        self._set_answered()
        return True

    def action_resolve(self):
        """The objection is removed."""
        return self._close('resolved')

    def action_keep(self):
        """The customer keeps the objection and goes on all the same."""
        return self._close('kept')

    def action_lose(self):
        """The deal was lost for it."""
        return self._close('lost')

    def action_reopen(self):
        """Not settled after all."""
        self._check_state((*CLOSED, 'answered'))
        as_engine(self).write({
            'state': 'open', 'answered_date': False, 'answered_by_id': False, 'closed_date': False,
            'closed_by_id': False, 'escalated_date': False})
        self._sop_ask()
        return True

    def action_save_as_answer(self):
        """Put what worked here into the answer library, as a draft."""
        self.ensure_one()
        self.check_access('write')
        if self.state != 'resolved' or not (self.response or '').strip():
            raise UserError(self.env._(
                "%s: what goes into the library has removed an objection. Resolve it with a response first.",
                self.display_name))
        answer = self.env['sop.objection.answer'].create(self._prepare_answer_values())
        if not self.answer_id:
            as_engine(self).write({'answer_id': answer.id, 'response': self.response})
        return answer.get_formview_action()

    # ------------------------------------------------------------
    # MOVES
    # ------------------------------------------------------------

    def _check_state(self, states):
        self.check_access('write')
        labels = dict(self._fields['state']._description_selection(self.env))
        if wrong := self.filtered(lambda objection: objection.state not in states)[:1]:
            raise UserError(self.env._(
                "%(objection)s: it is in the state %(state)s already.",
                objection=wrong.display_name, state=labels[wrong.state]))

    def _close(self, state):
        self._check_state(('open', 'answered'))
        unanswered = self.filtered(lambda objection: objection.state == 'open')
        for objection in unanswered:
            if not (objection.response or objection.close_reason or '').strip():
                raise UserError(self.env._(
                    "%s: enter our response, choose an answer of the library, or say how it ended.",
                    objection.display_name))
        unanswered.filtered('response')._set_answered()
        as_engine(self).write({
            'state': state, 'closed_date': fields.Datetime.now(), 'closed_by_id': self.env.uid})
        self._sop_unschedule(ANSWER_TYPE, LATE_TYPE)
        return True

    def _set_answered(self):
        as_engine(self).write({
            'state': 'answered', 'answered_date': fields.Datetime.now(), 'answered_by_id': self.env.uid})
        self._sop_unschedule(ANSWER_TYPE, LATE_TYPE)

    def _prepare_answer_values(self):
        return {
            'name': self.statement.strip().split('\n')[0][:120],
            'category': self.category,
            'answer': plaintext2html(self.response),
            'competitor_id': self.competitor_id.id,
            'categ_ids': [Command.set(self.product_categ_id.ids)],
            'company_id': self.company_id.id,
        }

    # ------------------------------------------------------------
    # REMINDERS
    # ------------------------------------------------------------

    def _sop_ask(self):
        """One activity for who finds the answer; an open one is moved."""
        # sudo: who is asked does not depend on who asks.
        waiting = self.sudo().filtered(lambda objection: objection.state == 'open')
        waiting._sop_unschedule(ANSWER_TYPE)
        waiting._sop_schedule(ANSWER_TYPE, [
            {'record': objection, 'user': objection.user_id, 'date': objection.due_date} for objection in waiting])

    @api.model
    def _cron_sop_objections(self, batch_size=100):
        """Tell the managers of objections nobody answered in time, once each; then look for those that recur."""
        cron = self.env['ir.cron']
        domain = self._get_late_domain() & Domain('escalated_date', '=', False)
        cron._commit_progress(remaining=self.search_count(domain))
        while objections := self.search(domain, order='due_date, id', limit=batch_size):
            objections._escalate()
            if not cron._commit_progress(len(objections)):
                return
        self.env['sop.objection.repeat']._sop_find()

    def _escalate(self):
        as_engine(self).write({'escalated_date': fields.Date.today()})
        self._sop_schedule(LATE_TYPE, [
            {'record': objection, 'user': user} for objection in self for user in objection._get_escalation_users()])

    def _get_escalation_users(self):
        """The sales manager: of the team, else who holds the position."""
        manager = self.lead_id.sop_manager_id.filtered('active') or self.env['sop.position']._get_sop_holders(
            ['sm'], self.company_id)
        return manager.filtered(lambda user: self.with_user(user).has_access('read'))

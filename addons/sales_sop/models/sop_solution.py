from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..engine import as_engine, is_engine

REVIEW = 'sales_sop.mail_activity_type_solution_review'
WRITE = 'sales_sop.mail_activity_type_solution'
# Working days in which a review is asked for
REVIEW_DAYS = 2
# What must be written before colleagues are asked to review it
ASKED_TEXTS = ('summary', 'scope', 'delivery_plan')


class SopSolution(models.Model):
    """One version of the solution for a customer (S3.4, S3.6).

    A draft is written, submitted and reviewed by others than its authors. From
    then on it is frozen; what changes is a new version.
    """

    _name = 'sop.solution'
    _description = "Solution"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'lead_id desc, version desc, id desc'
    # Who is asked to review it may discuss it.
    _mail_post_access = 'read'
    _sop_server_fields = frozenset({
        'state', 'version', 'previous_id', 'user_id', 'submitted_by_id', 'submitted_date', 'approved_by_id',
        'approved_date', 'outdated_reason', 'is_current', 'due_date', 'review_ids'})

    lead_id = fields.Many2one('crm.lead', string="Opportunity", required=True, index=True, ondelete='cascade')
    partner_id = fields.Many2one(related='lead_id.partner_id', string="Customer")
    company_id = fields.Many2one(related='lead_id.company_id')
    currency_id = fields.Many2one(related='lead_id.company_currency')
    name = fields.Char(string="Title", required=True)
    version = fields.Integer(default=0, readonly=True, copy=False, aggregator=None)
    previous_id = fields.Many2one(
        'sop.solution', string="Previous Version", readonly=True, copy=False, index='btree_not_null',
        ondelete='set null')
    state = fields.Selection(
        [('draft', "Draft"), ('review', "In Review"), ('approved', "Approved"), ('rejected', "Rejected"),
         ('outdated', "Outdated")], required=True, default='draft', readonly=True, copy=False, index=True,
        tracking=True)
    outdated_reason = fields.Char(readonly=True, copy=False)
    is_current = fields.Boolean(
        string="Current", compute='_compute_is_current', store=True, copy=False,
        help="The approved version of its opportunity, or else the latest.")
    user_id = fields.Many2one(
        'res.users', string="Author", required=True, readonly=True, copy=False, index=True, ondelete='restrict',
        default=lambda self: self.env.uid)
    workshop_id = fields.Many2one(
        'calendar.event', domain="[('sop_lead_id', '=', lead_id)]", index='btree_not_null',
        ondelete='set null', copy=True)
    is_customised = fields.Boolean(string="Customised", help="Made for this customer: the longer time limit applies.")
    needs_quality = fields.Boolean(string="Quality Reviews Too")
    due_date = fields.Date(
        compute='_compute_due_date', store=True, copy=False,
        help="So many working days after the customer confirmed the needs (S3.4).")
    summary = fields.Text(string="Solution")
    pain = fields.Text(string="Pain Answered", help="What gave the customer trouble, and what becomes of it.")
    scope = fields.Text(string="In Scope")
    out_of_scope = fields.Text()
    delivery_plan = fields.Text()
    internal_note = fields.Text(string="Internal Remarks", help="Never printed.")
    coverage_ids = fields.One2many('sop.solution.coverage', 'solution_id', copy=True)
    value_ids = fields.One2many('sop.solution.value', 'solution_id', string="Customer Value", copy=True)
    review_ids = fields.One2many('sop.solution.review', 'solution_id', string="Reviews", readonly=True, copy=False)
    price_estimate = fields.Monetary()
    cost_estimate = fields.Monetary(groups='sales_sop.group_sop_floor')
    margin = fields.Float(
        string="Margin (%)", compute='_compute_margin', digits=(16, 1), groups='sales_sop.group_sop_floor')
    submitted_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    submitted_date = fields.Datetime(string="Submitted On", readonly=True, copy=False)
    approved_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    approved_date = fields.Datetime(string="Approved On", readonly=True, copy=False)
    missing = fields.Text(string="Before it can be reviewed", compute='_compute_missing', compute_sudo=True)
    coverage_summary = fields.Char(
        string="Coverage at a Glance", compute='_compute_coverage_summary', compute_sudo=True)
    is_my_review = fields.Boolean(
        string="Waits for My Review", compute='_compute_is_my_review', search='_search_is_my_review')
    order_ids = fields.One2many('sale.order', 'sop_solution_id', string="Quotations", readonly=True, copy=False)

    _version_uniq = models.UniqueIndex(
        '(lead_id, version) WHERE version > 0',
        "Another version of this solution has just been made. Reload the page.")
    _approved_uniq = models.UniqueIndex(
        "(lead_id) WHERE state = 'approved'",
        "Another version of this solution has just been approved. Reload the page.")

    @api.depends('name', 'version')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for solution in self:
            solution.display_name = self.env._(
                "%(solution)s v%(version)s", solution=solution.name or '', version=solution.version)

    @api.depends('state', 'version', 'lead_id.sop_solution_ids.state', 'lead_id.sop_solution_ids.version')
    def _compute_is_current(self):
        for lead, solutions in self.grouped('lead_id').items():
            current = lead.sop_solution_ids._get_current()
            for solution in solutions:
                solution.is_current = solution == current

    @api.depends('is_customised', 'lead_id.sop_need_ids.confirmed_date')
    def _compute_due_date(self):
        for solution in self:
            solution.due_date = solution.lead_id._get_sop_solution_due_date(solution.is_customised)

    @api.depends('price_estimate', 'cost_estimate')
    def _compute_margin(self):
        for solution in self:
            price = solution.price_estimate
            solution.margin = price and 100 * (price - solution.cost_estimate) / price

    def _is_margin_low(self):
        return self.margin < self.lead_id._get_sop_company().sop_margin_floor

    @api.depends('state', *ASKED_TEXTS, 'coverage_ids.is_good', 'coverage_ids.met', 'value_ids.is_counted')
    def _compute_missing(self):
        for solution in self:
            solution.missing = '\n'.join(solution._get_missing()) if solution.state == 'draft' else False

    @api.depends('coverage_ids.met', 'coverage_ids.is_good', 'coverage_ids.accepted_date')
    @api.depends_context('lang')
    def _compute_coverage_summary(self):
        for solution in self:
            lines = solution._get_live_lines()
            solution.coverage_summary = lines and self.env._(
                "%(good)s of %(count)s needs covered, %(accepted)s deviations accepted, %(open)s not answered",
                good=len(lines.filtered('is_good')), count=len(lines),
                accepted=len(lines.filtered('accepted_date')), open=len(lines.filtered(lambda line: not line.met)))

    @api.depends('state', 'review_ids.state', 'review_ids.asked_ids')
    @api.depends_context('uid')
    def _compute_is_my_review(self):
        for solution in self:
            solution.is_my_review = bool(solution._get_my_reviews())

    def _search_is_my_review(self, operator, value):
        if operator != 'in':
            return NotImplemented
        waiting = Domain('state', '=', 'review') & Domain('review_ids', 'any!', [
            ('state', '=', 'open'), ('asked_ids', 'in', self.env.uid)])
        return Domain.OR(waiting if wanted else ~waiting for wanted in value)

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model
    def _get_sop_invited_domain(self):
        return Domain('review_ids', 'any!', Domain('asked_ids', 'in', self.env.uid))

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        lead = self.env['crm.lead'].browse(values.get('lead_id') or [])
        if 'name' in fields and not values.get('name') and lead and lead.has_access('read'):
            values['name'] = lead.name
        return values

    @api.constrains('workshop_id')
    def _check_workshop(self):
        for solution in self:
            if solution.workshop_id and solution.workshop_id.sudo().sop_lead_id != solution.lead_id:
                raise ValidationError(self.env._(
                    "%s: this workshop was about another opportunity.", solution.display_name))

    @api.constrains('price_estimate', 'cost_estimate')
    def _check_estimates(self):
        for solution in self:
            if solution.price_estimate < 0 or solution.cost_estimate < 0:
                raise ValidationError(self.env._("%s: prices and costs are not below zero.", solution.display_name))

    @api.model_create_multi
    def create(self, vals_list):
        solutions = super().create(vals_list)
        solutions._number()
        solutions._fill()
        # sudo: what is planned for the author belongs to the lead he works on.
        solutions.sudo().lead_id._sop_plan_solution()
        return solutions

    def write(self, vals):
        self.check_access('write')
        if vals.keys() - self._get_open_fields():
            self._check_sop_draft()
        if 'lead_id' in vals and not is_engine(self.env) and any(
                solution.lead_id.id != vals['lead_id'] for solution in self):
            raise UserError(self.env._("%s stays with its opportunity.", self[:1].display_name))
        result = super().write(vals)
        if 'is_customised' in vals:
            # sudo: what is planned for the author belongs to the lead he works on.
            self.sudo().lead_id._sop_plan_solution()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_submitted(self):
        self._check_sop_draft()

    @api.model
    def _get_open_fields(self):
        """What is written on a frozen solution: the talk about it."""
        return self.env['mail.thread']._fields.keys() | self.env['mail.activity.mixin']._fields.keys()

    def _check_sop_draft(self):
        frozen = self.filtered(lambda solution: solution.state != 'draft')[:1]
        if frozen and not is_engine(self.env):
            raise UserError(self.env._(
                "%s was submitted: what was reviewed is not changed. Make a new version.", frozen.display_name))

    def _number(self):
        # sudo: numbers go on whoever sees the earlier versions.
        latest = dict(self.sudo()._read_group(
            [('lead_id', 'in', self.lead_id.ids)], ['lead_id'], ['version:max']))
        for solution in as_engine(self).filtered(lambda solution: not solution.version):
            latest[solution.lead_id] = version = (latest.get(solution.lead_id) or 0) + 1
            solution.version = version

    def _get_current(self):
        """Of the solutions of one lead, the one that counts."""
        approved = self.filtered(lambda solution: solution.state == 'approved')
        return max(approved or self, key=lambda solution: solution.version, default=self.browse())

    # ------------------------------------------------------------
    # COVERAGE
    # ------------------------------------------------------------

    def action_fill(self):
        """Add a line for each need that has none yet."""
        self.check_access('write')
        self._check_sop_draft()
        self._fill()
        return True

    def _fill(self):
        """In drafts, one line per need; those of needs that were withdrawn go."""
        drafts = self.filtered(lambda solution: solution.state == 'draft')
        if not drafts:
            return
        lines = as_engine(self.env['sop.solution.coverage'])
        lines.search([('solution_id', 'in', drafts.ids), ('need_id.state', '=', 'withdrawn')]).unlink()
        known = {
            (line.solution_id.id, line.need_id.id)
            for line in lines.search_fetch([('solution_id', 'in', drafts.ids)], ['solution_id', 'need_id'])}
        needs = lines.env['sop.need'].search(
            [('lead_id', 'in', drafts.lead_id.ids), ('state', '!=', 'withdrawn')]).grouped('lead_id')
        lines.create([
            {'solution_id': solution.id, 'need_id': need.id, 'need_text': need.name, 'need_version': need.version}
            for solution in drafts.with_env(lines.env) for need in needs.get(solution.lead_id, ())
            if (solution.id, need.id) not in known])

    def _get_live_lines(self):
        return self.coverage_ids.filtered(lambda line: line.need_state != 'withdrawn')

    def _get_missing(self):
        """What has to be done before colleagues are asked to review this, in words."""
        lines = self._get_live_lines()
        empty = [self._fields[name]._description_string(self.env) for name in ASKED_TEXTS if not self[name]]
        missing = [
            (self.env._("Write: %s"), empty),
            (self.env._("Answer these needs: %s"), self._get_names(lines.filtered(lambda line: not line.met))),
            (self.env._("These needs were changed, answer them anew: %s"), self._get_names(lines.filtered('is_stale'))),
            (self.env._("These needs must be met. Meet them in full, or have the customer accept the deviation: %s"),
             self._get_names(lines.filtered(lambda line: line.met and line._is_short()))),
        ]
        texts = [text % ', '.join(names) for text, names in missing if names]
        if not self.coverage_ids:
            texts.append(self.env._("There are no needs yet that the solution could answer."))
        if not self.value_ids.filtered('is_counted'):
            texts.append(self.env._("Add a value for the customer with the basis of its figures."))
        return texts

    @api.model
    def _get_names(self, lines):
        return [line.code or line.need_id.name[:40] for line in lines]

    # ------------------------------------------------------------
    # REVIEW
    # ------------------------------------------------------------

    def action_submit(self):
        """Freeze the solution and ask for its reviews."""
        self.ensure_one()
        self.check_access('write')
        self.lock_for_update(allow_referencing=True)
        self._check_sop_draft()
        # sudo: the needs are those of a lead the user may change.
        if missing := self.sudo()._get_missing():
            raise UserError(self.env._(
                "%(solution)s cannot be reviewed yet.\n%(missing)s",
                solution=self.display_name, missing='\n'.join(missing)))
        as_engine(self).write({
            'state': 'review', 'submitted_by_id': self.env.uid, 'submitted_date': fields.Datetime.now()})
        # sudo: reviewers are asked whatever rights the author has.
        self.env['sop.solution.review'].sudo()._ask(self.sudo())
        self.sudo().lead_id._sop_close_solution_task()
        return True

    def action_ask_again(self):
        """Ask those who hold the positions today, when others held them at the time it was submitted."""
        self.check_access('write')
        for solution in self:
            # sudo: reviewers are asked whatever rights the author has.
            waiting = solution.sudo().review_ids.filtered(lambda review: review.state == 'open')
            if solution.state != 'review' or not waiting:
                raise UserError(self.env._("%s waits for nobody.", solution.display_name))
            waiting._ask_holders()
        return True

    def action_review(self):
        """Open the dialog in which the user answers his review."""
        self.ensure_one()
        self.check_access('read')
        reviews = self._get_my_reviews()
        if not reviews:
            raise UserError(self.env._("%s does not wait for a review of yours.", self.display_name))
        return {
            **self.env['ir.actions.act_window']._for_xml_id('sales_sop.sop_solution_answer_action'),
            'context': {'default_review_id': reviews[0].id},
        }

    def _get_my_reviews(self):
        """The open reviews the user is asked for."""
        # sudo: the reviews of a solution the user reads.
        return self.sudo().review_ids.filtered(
            lambda review: review.state == 'open' and review.solution_id.state == 'review'
            and self.env.user in review.asked_ids).sudo(False)

    def _get_authors(self):
        """Who wrote and submitted this: they do not review it."""
        return self.user_id | self.submitted_by_id

    def _get_review_roles(self):
        company = self.lead_id._get_sop_company()
        return [
            'technical',
            *(['cost'] if company.sop_solution_cost_review else []),
            *(['quality'] if self.needs_quality else []),
        ]

    def _ask_reviewers(self, users, review):
        due_date = self.lead_id._get_sop_company()._sop_add_workdays(fields.Datetime.now(), REVIEW_DAYS)
        for user in users:
            self.with_context(lang=user.lang).activity_schedule(
                REVIEW, due_date or None, user_id=user.id, summary=self.with_context(lang=user.lang).env._(
                    "%(role)s review", role=review.with_context(lang=user.lang)._get_role_label()))

    def _after_answer(self, review):
        """Close the solution when this was the last answer, or one against it."""
        if review.state == 'rejected':
            return self._reject(review)
        waiting = self.review_ids.filtered(lambda other: other.state == 'open')
        if waiting:
            return self._unask(review.asked_ids - waiting.asked_ids)
        return self._approve()

    def _unask(self, users):
        for user in users:
            self.activity_unlink([REVIEW], user_id=user.id)

    def _close_reviews(self):
        waiting = self.review_ids.filtered(lambda review: review.state == 'open')
        as_engine(waiting).write({'state': 'void'})
        self.activity_unlink([REVIEW])

    def _reject(self, review):
        as_engine(self).write({'state': 'rejected'})
        self._close_reviews()
        self._tell_author(self.env._("Solution rejected, make a new version"), review.remark)

    def _approve(self):
        """Every reviewer agreed."""
        if missing := self._get_missing():
            raise UserError(self.env._(
                "%(solution)s cannot be approved.\n%(missing)s",
                solution=self.display_name, missing='\n'.join(missing)))
        self._close_reviews()
        earlier = self.lead_id.sop_solution_ids.filtered(lambda solution: solution.state == 'approved') - self
        earlier._outdate(self.env._("Version %s was approved.", self.version))
        # The unique index must see the earlier one outdated.
        earlier.flush_recordset()
        as_engine(self).write({
            'state': 'approved', 'approved_by_id': self.env.uid, 'approved_date': fields.Datetime.now()})
        self.lead_id._sop_close_solution_task()
        self.lead_id._message_log(
            body=Markup('%s') % self.env._("%s is approved.", self.display_name),
            author_id=self.env.user.partner_id.id)

    def _outdate(self, reason):
        """These do not count any more; nobody is asked about them any longer."""
        if self:
            as_engine(self).write({'state': 'outdated', 'outdated_reason': reason})
            self.sudo()._close_reviews()

    def _tell_author(self, summary, note=''):
        """Ask the author for a new version."""
        for solution in as_engine(self):
            author = solution.user_id if solution.user_id.active else solution.lead_id.user_id
            if author:
                solution.lead_id.with_context(lang=author.lang).activity_schedule(
                    WRITE, user_id=author.id, summary=summary, note=Markup('<p>%s</p>') % (note or ''))

    # ------------------------------------------------------------
    # VERSIONS
    # ------------------------------------------------------------

    def action_new_version(self):
        """Start the next version from this one: what still holds is copied."""
        self.ensure_one()
        self.check_access('write')
        version = self._make_version()
        return {
            'type': 'ir.actions.act_window', 'res_model': self._name, 'res_id': version.id,
            'views': [(False, 'form')], 'name': version.display_name,
        }

    def _make_version(self):
        siblings = self.sudo().lead_id.sop_solution_ids
        if draft := siblings.filtered(lambda solution: solution.state == 'draft')[:1]:
            raise UserError(self.env._("%s is still a draft. Go on with it.", draft.display_name))
        values, = as_engine(self).copy_data()
        version = as_engine(self).create({**values, 'previous_id': self.id, 'user_id': self.env.uid})
        version.coverage_ids._sop_renew()
        siblings.filtered(lambda solution: solution.state == 'review')._outdate(
            self.env._("Version %s replaces it.", version.version))
        return version.with_env(self.env)

    # ------------------------------------------------------------
    # QUOTATION AND PROPOSAL
    # ------------------------------------------------------------

    def action_new_quotation(self):
        """Offer what the approved solution names."""
        self.ensure_one()
        self.lead_id.check_access('write')
        if self.state != 'approved':
            raise UserError(self.env._("%s is not approved. Quote an approved version.", self.display_name))
        if not self.lead_id.partner_id:
            raise UserError(self.env._(
                "%s has no customer yet. Choose or create one first.", self.lead_id.display_name))
        order = self.env['sale.order'].create(self.lead_id._prepare_sop_order_values(self))
        return order.get_formview_action()

    def action_print(self):
        """The proposal for the customer, in his language."""
        self.ensure_one()
        self.check_access('read')
        if self.state in ('rejected', 'outdated'):
            raise UserError(self.env._(
                "%s does not count any more: the customer gets the current version.", self.display_name))
        return self.env.ref('sales_sop.sop_solution_report').report_action(self, config=False)

    def _get_quantities(self):
        """``{product: quantity}`` of all lines."""
        quantities = {}
        for line in self.coverage_ids.filtered('product_id'):
            quantities[line.product_id] = quantities.get(line.product_id, 0) + line.quantity
        return quantities

    def _get_report_lang(self):
        """The language of the customer, unless the print was asked for in another one."""
        lead = self.sudo().lead_id
        return self.env.context.get('proposal_lang') or lead.partner_id.lang or lead.lang_id.code or self.env.lang

    def _get_printed_lines(self):
        """What the customer has confirmed himself, with our answer: nothing we only guess, or ask of ourselves."""
        return self.coverage_ids.filtered(
            lambda line: line.need_state == 'confirmed' and line.need_id.origin != 'own')

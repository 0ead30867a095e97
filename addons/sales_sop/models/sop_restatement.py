from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..engine import as_engine, is_engine
from ..values import CONFIRM_METHODS
from .sop_need import CUSTOMER_ORIGINS

RESTATE = 'sales_sop.mail_activity_type_sop_restate'
CHASE = 'sales_sop.mail_activity_type_sop_chase'
# What the customer is told
CONTENT = frozenset({'need_ids', 'introduction', 'lead_id'})


class SopRestatement(models.Model):
    """Our understanding of the needs, sent back to the customer for confirmation (S3.2).

    What was sent is not changed any more: a new version follows it. Only an
    answer of the customer confirms, never silence.
    """

    _name = 'sop.restatement'
    _description = "Restatement of Needs"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin', 'sop.signoff.mixin']
    _order = 'version desc, id desc'
    _sop_signoff_template = 'sales_sop.sop_restatement_content'
    _sop_server_fields = frozenset({
        'version', 'state', 'need_versions', 'sent_date', 'sent_by_id', 'chase_date', 'chase_count', 'answer_date',
        'answered_by', 'answered_how', 'dispute', 'signoff_ids', 'signoff_state'})

    lead_id = fields.Many2one('crm.lead', string="Opportunity", required=True, index=True, ondelete='cascade')
    partner_id = fields.Many2one(related='lead_id.partner_id', string="Customer")
    version = fields.Integer(readonly=True, copy=False, aggregator=None)
    state = fields.Selection(
        [('draft', "Draft"), ('sent', "Sent"), ('confirmed', "Confirmed"), ('disputed', "Disputed"),
         ('outdated', "Outdated")], required=True, default='draft', readonly=True, copy=False, index=True,
        help="Disputed: the customer says it is not right. Outdated: a need was changed since, or a newer version "
             "was sent.")
    introduction = fields.Text(help="What the customer reads above the needs.")
    need_ids = fields.Many2many(
        'sop.need', string="Needs", copy=False,
        domain="[('lead_id', '=', lead_id), ('origin', 'in', ('explicit', 'inferred')), ('state', '!=', 'withdrawn')]")
    need_count = fields.Integer(string="Number of Needs", compute='_compute_need_count')
    need_versions = fields.Json(readonly=True, copy=False)
    sent_date = fields.Datetime(string="Sent On", readonly=True, copy=False)
    sent_by_id = fields.Many2one('res.users', readonly=True, copy=False, ondelete='restrict')
    chase_date = fields.Date(string="Ask Again On", readonly=True, copy=False, index='btree_not_null')
    chase_count = fields.Integer(string="Reminders", readonly=True, copy=False, aggregator=None)
    answer_date = fields.Datetime(string="Answered On", readonly=True, copy=False)
    answered_by = fields.Char(string="Answer Of", readonly=True, copy=False)
    answered_how = fields.Selection(CONFIRM_METHODS, string="Answered Through", readonly=True, copy=False)
    dispute = fields.Text(string="What the Customer Says", readonly=True, copy=False)

    _version_uniq = models.UniqueIndex(
        '(lead_id, version) WHERE version > 0', "Somebody restated these needs at the same moment. Reload the page.")

    @api.depends('version', 'lead_id')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for restatement in self:
            restatement.display_name = self.env._(
                "%(lead)s: restatement %(version)s",
                lead=restatement.lead_id.display_name or '', version=restatement.version)

    @api.depends('need_ids')
    def _compute_need_count(self):
        for restatement in self:
            restatement.need_count = len(restatement.need_ids)

    @api.constrains('need_ids', 'lead_id')
    def _check_needs(self):
        for restatement in self:
            foreign = restatement.need_ids.filtered(lambda need, own=restatement.lead_id: need.lead_id != own)
            if foreign and not is_engine(self.env):
                raise ValidationError(self.env._(
                    "%s: one of the needs belongs to another opportunity. Choose those of this one.",
                    restatement.display_name))
            if own := restatement.need_ids.filtered(lambda need: need.origin not in CUSTOMER_ORIGINS)[:1]:
                raise ValidationError(self.env._(
                    "%s is no need of the customer: it is confirmed here and not asked of him.", own.display_name))

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        restatements = super().create(vals_list)
        restatements._sop_number()
        for restatement, vals in zip(restatements, vals_list, strict=True):
            if 'need_ids' not in vals:
                as_engine(restatement).need_ids = restatement.lead_id.sudo()._get_sop_customer_needs()
            if 'introduction' not in vals:
                as_engine(restatement).introduction = restatement._get_default_introduction()
        return restatements

    def write(self, vals):
        if not is_engine(self.env):
            if 'lead_id' in vals and any(restatement.lead_id.id != vals['lead_id'] for restatement in self):
                raise UserError(self.env._(
                    "%s belongs to its opportunity. Restate the needs there.", self[:1].display_name))
            if not vals.keys().isdisjoint(CONTENT):
                self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        if not is_engine(self.env):
            self._check_draft()

    def _check_draft(self):
        if sent := self.filtered(lambda restatement: restatement.state != 'draft')[:1]:
            raise UserError(self.env._(
                "%s was sent: it is kept as it is. Make a new version.", sent.display_name))

    def _sop_number(self):
        # sudo: versions go on whoever made the others.
        last = dict(self.sudo()._read_group(
            [('lead_id', 'in', self.lead_id.ids)], ['lead_id'], ['version:max']))
        for lead, restatements in self.sudo().grouped('lead_id').items():
            for version, restatement in enumerate(restatements, (last.get(lead) or 0) + 1):
                as_engine(restatement).write({'version': version})

    def _get_default_introduction(self):
        lead = self.lead_id.sudo()
        customer = lead.with_context(lang=lead.partner_id.lang or self.env.lang)
        return customer.env._(
            "Thank you for the talk. This is how we understood what you need. Please confirm it, or tell us what is "
            "not right.")

    # ------------------------------------------------------------
    # CONFIRMED BY THE CUSTOMER
    # ------------------------------------------------------------

    def _get_sop_signoff_title(self):
        return self.env._("Our understanding of your needs (version %s)", self.version)

    def _get_sop_signoff_values(self):
        return {
            'restatement': self.id,
            'version': self.version,
            'introduction': self.introduction or '',
            'needs': [
                {name: need[name] for name in ('id', 'version', 'code', 'name', 'category', 'priority')}
                for need in self._get_asked_needs().sorted('id')
            ],
        }

    def _get_asked_needs(self):
        """What the customer reads, the most important first."""
        order = {'must': 0, 'should': 1, 'could': 2}
        return self.need_ids.filtered(lambda need: need.state != 'withdrawn').sorted(
            lambda need: (order[need.priority], need.sequence, need.id))

    def _get_asked_groups(self):
        """What the customer reads by priority, in the language of ``self``."""
        labels = dict(self.env['sop.need']._fields['priority']._description_selection(self.env))
        return [
            {'label': labels[priority], 'needs': needs}
            for priority, needs in self._get_asked_needs().grouped('priority').items()
        ]

    def _check_sop_signoff(self):
        for restatement in self:
            if restatement.state not in ('draft', 'sent'):
                raise UserError(self.env._(
                    "%s is answered or outdated. Make a new version.", restatement.display_name))
            needs = restatement._get_asked_needs()
            if not needs:
                raise UserError(self.env._("%s: choose the needs to restate.", restatement.display_name))
            unsaid = needs.filtered(lambda need: need.origin == 'explicit' and not need.said_by_id)
            if unsaid:
                raise UserError(self.env._(
                    "%(restatement)s: enter who stated %(needs)s, or mark them as inferred by us.",
                    restatement=restatement.display_name, needs=', '.join(unsaid.mapped('code'))))

    def _sop_request_signoff(self, partner=None, message=None, mail=True):
        signoff = super()._sop_request_signoff(partner, message, mail)
        self._sop_mark_sent()
        return signoff

    def _sop_on_signoff(self, signoff):
        as_engine(self).write({
            'state': 'confirmed' if signoff.state == 'confirmed' else 'disputed',
            'answer_date': signoff.answer_date, 'answered_by': signoff.signer_name, 'answered_how': signoff.how,
            'dispute': signoff.state == 'declined' and signoff.comment, 'chase_date': False,
        })
        self.lead_id._sop_close_alerts(CHASE)
        if signoff.state == 'confirmed':
            self._sop_close_restating()
            self._sop_confirm_needs()

    def _sop_confirm_needs(self):
        """What the customer read is confirmed; what was changed since is not."""
        told = self.need_versions or self._prepare_versions()
        needs = self.need_ids.filtered(
            lambda need: need.version == told.get(str(need.id)) and need.state not in ('confirmed', 'withdrawn'))
        as_engine(needs).write({
            'state': 'confirmed', 'confirmed_by': self.answered_by, 'confirmed_date': self.answer_date,
            'confirmed_how': self.answered_how, 'restatement_id': self.id,
            'restated_date': self.sent_date or self.answer_date,
        })

    # ------------------------------------------------------------
    # SENDING
    # ------------------------------------------------------------

    def action_mark_sent(self):
        """Note that the customer got it by another way than the link."""
        self.check_access('write')
        self._check_sop_signoff()
        self.lead_id._check_sop_contactable()
        for restatement in self:
            restatement._sop_mark_sent()
        return True

    def action_new_version(self):
        """Restate the needs anew; the text is taken over."""
        self.ensure_one()
        self.check_access('write')
        if self.state == 'draft':
            raise UserError(self.env._("%s was not sent yet. Change it as it is.", self.display_name))
        draft = self.lead_id.sop_restatement_ids.filtered(lambda own: own.state == 'draft')[:1]
        return (draft or self.create({'lead_id': self.lead_id.id, 'introduction': self.introduction}))._get_action()

    def _get_action(self):
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Restatement"),
            'res_model': self._name,
            'res_id': self.id,
            'view_mode': 'form',
            'views': [(False, 'form')],
        }

    def _prepare_versions(self):
        """``{need id: version}`` of what the customer reads, as JSON keeps it."""
        return {str(need.id): need.version for need in self._get_asked_needs()}

    def _sop_mark_sent(self):
        """What the customer has in hand is the latest version, and answers are waited for."""
        now = fields.Datetime.now()
        as_engine(self).write({
            'state': 'sent', 'sent_date': now, 'sent_by_id': self.env.uid, 'need_versions': self._prepare_versions(),
            'chase_date': self._get_chase_date(now, 0), 'chase_count': 0,
        })
        as_engine(self.need_ids.filtered(lambda need: need.state in ('draft', 'changed'))).write(
            {'state': 'restated', 'restated_date': now})
        # sudo: what was sent before may be that of another person.
        earlier = self.sudo().lead_id.sop_restatement_ids - self.sudo()
        earlier._sop_outdate(None)
        self._sop_close_restating()

    def _sop_outdate(self, needs):
        """What was sent does not hold any more.

        :param needs: the needs that were changed: whatever names them is out of date; None: all of ``self``
        """
        sent = Domain('state', '=', 'sent')
        sent &= Domain('id', 'in', self.ids) if needs is None else Domain('need_ids', 'in', needs.ids)
        outdated = self.search(sent)
        as_engine(outdated).write({'state': 'outdated', 'chase_date': False})
        outdated._get_sop_open_signoffs()._outdate()
        outdated.lead_id._sop_close_alerts(CHASE)

    def _sop_close_restating(self):
        self.lead_id._sop_close_alerts(RESTATE)

    # ------------------------------------------------------------
    # ASKING AGAIN
    # ------------------------------------------------------------

    @api.model
    def _cron_chase(self, batch_size=200):
        """Remind the salespeople of customers who did not answer; each reminder once."""
        cron = self.env['ir.cron']
        domain = self._get_chase_domain()
        cron._commit_progress(remaining=self.search_count(domain))
        while restatements := self.search(domain, order='id', limit=batch_size):
            restatements._sop_chase()
            if not cron._commit_progress(len(restatements)):
                return

    @api.model
    def _get_chase_domain(self):
        """What was sent of running opportunities and should have been answered by now."""
        leads, now = self.env['crm.lead'], fields.Datetime.now()
        # sudo: the job looks at all companies.
        companies = self.env['res.company'].sudo().search([])
        due = Domain.OR(
            Domain('chase_date', '<=', company._get_sop_local_date(now))
            & Domain('lead_id', 'any', leads._get_sop_working_company_domain(company))
            for company in companies)
        return Domain('state', '=', 'sent') & due & Domain('lead_id', 'any', leads._get_sop_open_domain())

    def _sop_chase(self):
        leads = self.lead_id
        # Of two reminders the second one stays.
        leads._sop_close_alerts(CHASE)
        leads._sop_alert(CHASE, [(own.lead_id, own.lead_id.user_id or own.sent_by_id, False) for own in self])
        for restatement in self:
            count = restatement.chase_count + 1
            as_engine(restatement).write({
                'chase_count': count, 'chase_date': restatement._get_chase_date(restatement.sent_date, count)})

    def _get_chase_date(self, sent_date, count):
        """When the customer is asked again after ``count`` reminders; False: never."""
        company = self.lead_id.sudo()._get_sop_company()
        days = sorted(number for number in (company.sop_chase_days, company.sop_chase_again_days) if number > 0)
        return count < len(days) and company._sop_add_workdays(sent_date, days[count])

from collections import Counter
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.misc import format_datetime

from ..engine import as_engine, is_engine

# Outcomes after which nothing more needs to be agreed
CLOSING_OUTCOMES = ('refused', 'no_need')


class SopContactLog(models.Model):
    """A contact with a customer, planned or done (S2.3, S2.4).

    A contact that took place is never changed or deleted: :meth:`action_correct`
    makes a new log that supersedes it. A planned one is free until a contact
    fulfils it.
    """

    _name = 'sop.contact.log'
    _description = "Contact Log"
    _inherit = ['sop.lead.child.mixin', 'sop.contact.mixin']
    _order = 'date desc, id desc'

    state = fields.Selection(
        [('planned', "Planned"), ('done', "Done"), ('superseded', "Superseded")], required=True, index=True,
        copy=False, default='planned',
        help="Superseded: a plan that was carried out, or a log that was corrected.")
    lead_id = fields.Many2one('crm.lead', required=True, index=True, ondelete='cascade')
    partner_id = fields.Many2one(related='lead_id.partner_id', string="Customer")
    company_id = fields.Many2one(related='lead_id.company_id')
    user_id = fields.Many2one(
        'res.users', string="Contacted By", required=True, index=True, default=lambda self: self.env.uid, copy=False)
    logged_date = fields.Datetime(string="Logged On", readonly=True, copy=False)
    is_late = fields.Boolean(
        string="Logged Late", readonly=True, copy=False, help="Later than the company allows after the contact.")
    due_date = fields.Date(
        readonly=True, copy=False, help="Until when the lead was to be contacted, by the cadence of its grade.")
    on_time = fields.Boolean(readonly=True, copy=False, help="The contact took place by its due date.")
    corrects_id = fields.Many2one(
        'sop.contact.log', ondelete='restrict', copy=False)
    correction_reason = fields.Char(copy=False)
    superseded_by_id = fields.Many2one(
        'sop.contact.log', readonly=True, index='btree_not_null', ondelete='restrict',
        copy=False)
    refusal_lifted_date = fields.Datetime(readonly=True, copy=False)
    refusal_lifted_by_id = fields.Many2one('res.users', readonly=True, copy=False)
    refusal_lifted_reason = fields.Char(readonly=True, copy=False)
    can_correct = fields.Boolean(compute='_compute_can_correct')

    _corrects_uniq = models.UniqueIndex(
        '(corrects_id) WHERE corrects_id IS NOT NULL', "This contact has been corrected already. Reload the page.")

    @api.depends('lead_id', 'method', 'date')
    @api.depends_context('lang', 'tz')
    def _compute_display_name(self):
        for log in self:
            log.display_name = self.env._(
                "%(lead)s: %(method)s, %(date)s", lead=log.lead_id.display_name or '',
                method=log._get_label('method', log.method),
                date=format_datetime(self.env, log.date, dt_format='short'))

    @api.depends_context('uid')
    def _compute_can_correct(self):
        for log in self:
            log.can_correct = log.state == 'done' and log._is_author() and log.has_access('write')

    # ------------------------------------------------------------
    # WHAT A LOG MUST SAY
    # ------------------------------------------------------------

    @api.constrains(
        'state', 'outcome', 'stakeholder_ids', 'interest_evidence', 'next_step', 'next_date', 'refusal_scope',
        'has_promise', 'promise', 'intention')
    def _check_content(self):
        for log in self.filtered(lambda log: log.state != 'superseded'):
            missing = log._get_missing() if log.state == 'done' else []
            if missing:
                raise ValidationError(self.env._(
                    "Contact with %(lead)s: enter %(missing)s.",
                    lead=log.lead_id.display_name, missing=', '.join(missing)))
            if log.state == 'planned' and log.outcome:
                raise ValidationError(self.env._(
                    "Contact with %s: what is only planned has no outcome yet. Log it as done.",
                    log.lead_id.display_name))

    def _get_missing(self):
        """What a contact that took place does not say yet, in words."""
        asked = {
            self.env._("the outcome"): not self.outcome,
            self.env._("the persons you reached"): self.outcome != 'unreached' and not self.stakeholder_ids,
            self.env._("the evidence of the interest"):
                self.outcome == 'interested' and not (self.interest_evidence or '').strip(),
            self.env._("what is refused: any contact, or this way of contact"):
                self.outcome == 'refused' and not self.refusal_scope,
            self.env._("what was promised"): self.has_promise and not (self.promise or '').strip(),
            self.env._("the next step"):
                self.outcome not in CLOSING_OUTCOMES and not (self.next_step or '').strip(),
            self.env._("the date of the next contact"):
                self.outcome not in CLOSING_OUTCOMES and not self.next_date,
            self.env._("the date until which the customer is nurtured, as the next contact"):
                self.intention == 'not_willing' and not self.next_date and self.outcome in CLOSING_OUTCOMES,
        }
        return [label for label, is_missing in asked.items() if is_missing]

    @api.constrains('date', 'state')
    def _check_date(self):
        now = fields.Datetime.now()
        for log in self:
            if log.state == 'done' and log.date > now:
                raise ValidationError(self.env._(
                    "Contact with %s: what lies in the future has not taken place. Correct the date, or plan it.",
                    log.lead_id.display_name))
            if log.state == 'planned' and log.date < now:
                raise ValidationError(self.env._(
                    "Contact with %s: nothing is planned in the past. Choose a later time, or log it as done.",
                    log.lead_id.display_name))

    @api.constrains('next_date')
    def _check_next_date(self):
        """What is agreed lies ahead; of a contact logged long afterwards it lies after the contact."""
        latest = self._get_latest()
        for log in self.filtered(lambda log: log.next_date and log.next_date != log.corrects_id.next_date):
            earliest = log._get_local_date(fields.Datetime.now() if log in latest else log.date)
            if log.next_date < earliest:
                raise ValidationError(self.env._(
                    "Contact with %s: the next contact lies in the past. Agree on a day to come.",
                    log.lead_id.display_name))

    @api.constrains('lead_id', 'stakeholder_ids')
    def _check_stakeholders(self):
        for log in self:
            if log.stakeholder_ids.lead_id - log.lead_id:
                raise ValidationError(self.env._(
                    "Contact with %s: one of the persons belongs to another lead. Enter the person here as well.",
                    log.lead_id.display_name))

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        # No default of a user or of a context signs or dates a log.
        own = {'user_id': self.env.uid, 'state': 'planned'}
        protected = {*self._get_server_fields(), *own}
        result = super().default_get([name for name in fields if name not in protected])
        return {**result, **{name: value for name, value in own.items() if name in fields}}

    @api.model_create_multi
    def create(self, vals_list):
        self._check_server_fields([
            {name: value for name, value in vals.items() if value} for vals in vals_list])
        vals_list = [self._prepare_log_values(vals) for vals in vals_list]
        logs = super().create(vals_list)
        logs._check_authors()
        logs._check_corrections()
        logs._check_allowed()
        logs.filtered(lambda log: log.state == 'planned')._follow_plans()
        logs.filtered(lambda log: log.state == 'done')._follow_contacts()
        return logs

    def write(self, vals):
        if is_engine(self.env):
            return super().write(vals)
        self._check_server_fields([vals])
        self._check_open_to_changes(vals)
        result = super().write(vals)
        if 'user_id' in vals:
            self._check_authors()
        if not {'method', 'stakeholder_ids', 'date'}.isdisjoint(vals):
            self._check_allowed()
            self._follow_plans()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        kept = self.filtered(lambda log: log.state != 'planned')
        if kept and not is_engine(self.env):
            raise UserError(self.env._(
                "%s is kept: a contact that took place is corrected, never deleted.", kept[0].display_name))

    @api.model
    def _get_server_fields(self):
        """Names of the fields that nobody but the server fills."""
        return frozenset({
            'partner_id', 'company_id', 'logged_date', 'is_late', 'due_date', 'on_time', 'superseded_by_id',
            'refusal_lifted_date', 'refusal_lifted_by_id', 'refusal_lifted_reason',
        })

    def _check_server_fields(self, vals_list):
        for vals in vals_list:
            forged = self._get_server_fields() & vals.keys()
            if forged or vals.get('state') == 'superseded':
                raise AccessError(self.env._(
                    "Contact log: %s is filled by the system. Leave it out.", ', '.join(sorted(forged or {'state'}))))

    def _check_open_to_changes(self, vals):
        done = self.filtered(lambda log: log.state != 'planned')
        if done:
            raise UserError(self.env._(
                "%s is not changed any more: correct it, both versions are kept.", done[0].display_name))
        if vals.get('corrects_id') or ('lead_id' in vals and self.lead_id.ids != [vals['lead_id']]):
            raise UserError(self.env._("%s belongs to its lead. Plan a new contact there.", self[:1].display_name))
        if vals.get('state', 'planned') != 'planned':
            raise UserError(self.env._(
                "%s: log the contact that took place; it fulfils this plan.", self[:1].display_name))

    @api.model
    def _prepare_log_values(self, vals):
        # sudo: whether the user may correct it is checked when the new log is there.
        corrected_sudo = self.sudo().browse(vals.get('corrects_id') or []).exists()
        if corrected_sudo.state == 'superseded':
            raise UserError(self.env._("This contact has been corrected already. Open its latest version."))
        state = vals.get('state') or ('done' if vals.get('outcome') or corrected_sudo else 'planned')
        return {
            **vals,
            'state': state,
            'user_id': vals.get('user_id') or corrected_sudo.user_id.id or self.env.uid,
        }

    def _check_authors(self):
        """Everybody logs his own contacts; a manager may enter those of others."""
        if self.env.user.has_group('sales_sop.group_sop_manager'):
            return
        forged = self.filtered(
            lambda log: log.user_id not in (self.env.user, log.corrects_id.sudo().user_id))
        if forged:
            raise AccessError(self.env._(
                "Contact with %(lead)s: log it in your own name. Only a manager logs a contact for %(user)s.",
                lead=forged[0].lead_id.display_name, user=forged[0].user_id.name))

    def _check_corrections(self):
        for log in self.filtered('corrects_id'):
            log.corrects_id.check_access('write')
            if log.corrects_id.lead_id != log.lead_id or log.corrects_id.state != 'done':
                raise UserError(self.env._(
                    "%s is no contact that could be corrected here: open its latest version.",
                    log.corrects_id.display_name))
            if not log.corrects_id._is_author():
                raise AccessError(self.env._(
                    "%s is corrected by whoever logged it, or by a manager.", log.corrects_id.display_name))
            if log.state != 'done' or not (log.correction_reason or '').strip():
                raise UserError(self.env._("%s: say why you correct it.", log.corrects_id.display_name))

    # ------------------------------------------------------------
    # WHAT MAY NOT BE DONE ANY MORE
    # ------------------------------------------------------------

    def _check_allowed(self):
        """Refuse a contact that the customer or the procedure does not want."""
        # A correction tells anew what took place already.
        logs = self.filtered(lambda log: not log.corrects_id)
        logs.lead_id._check_sop_contactable()
        logs._check_refused_methods()
        logs.filtered(lambda log: log.state == 'planned' or log.outcome == 'unreached')._check_attempts()

    def _check_refused_methods(self):
        refusals = self._get_refusals(self.lead_id)
        for log in self if refusals else ():
            refusal = refusals.filtered(lambda refusal, log=log: refusal._blocks(log))[:1]
            if refusal:
                raise UserError(self.env._(
                    "%(lead)s: %(method)s was refused by %(who)s on %(date)s. Choose another way of contact.",
                    lead=log.lead_id.display_name, method=log._get_label('method', log.method),
                    who=', '.join(refusal.stakeholder_ids.mapped('name')) or self.env._("the customer"),
                    date=format_datetime(self.env, refusal.date, dt_format='short')))

    @api.model
    def _get_refusals(self, leads):
        """Live refusals of one way of contact, on these leads or by the same people elsewhere."""
        # sudo: a refusal counts whoever wrote it down.
        leads = leads.sudo()
        domain = Domain('lead_id', 'in', leads.ids)
        if partners := leads.sop_stakeholder_ids.partner_id:
            domain |= Domain('stakeholder_ids.partner_id', 'in', partners.ids)
        return self.sudo().search(domain & Domain([
            ('state', '=', 'done'), ('outcome', '=', 'refused'), ('refusal_scope', '=', 'method'),
            ('refusal_lifted_date', '=', False)]))

    def _blocks(self, log):
        """Whether this refusal forbids ``log``: made later, in the way that was refused."""
        self.ensure_one()
        if self == log or self.method != log.method or self.date > log.date:
            return False
        if log.stakeholder_ids:
            return any(self._concerns(person) for person in log.stakeholder_ids)
        return self.lead_id == log.lead_id

    def _concerns(self, stakeholder):
        """Whether this refusal is one of ``stakeholder``."""
        self.ensure_one()
        persons, stakeholder = self.sudo().stakeholder_ids, stakeholder.sudo()
        if not persons:
            return self.lead_id == stakeholder.lead_id
        return stakeholder in persons or bool(stakeholder.partner_id & persons.partner_id)

    def _check_attempts(self):
        attempts = self._get_attempts()
        for log in self:
            company = log.lead_id.sudo()._get_sop_company()
            if 0 < company.sop_unreached_count <= attempts[log]:
                raise UserError(self.env._(
                    "%(lead)s: %(count)s attempts by %(method)s without an answer within %(days)s days. "
                    "Change the method, or give the lead back to the public pool.",
                    lead=log.lead_id.display_name, count=attempts[log], days=company.sop_unreached_days,
                    method=log._get_label('method', log.method)))

    def _get_attempts(self):
        """``{log: number of attempts by its method before it}`` since the customer was last reached."""
        if not self:
            return {}
        # sudo: attempts count whoever made them.
        done = self.sudo().search(Domain('lead_id', 'in', self.lead_id.ids) & Domain('state', '=', 'done'))
        by_lead = done.grouped('lead_id')
        attempts = Counter()
        for log in self:
            days = log.lead_id.sudo()._get_sop_company().sop_unreached_days
            since = log.date - timedelta(days=days)
            for earlier in by_lead.get(log.lead_id, ()):
                if (earlier.date, earlier.id) >= (log.date, log.id) or earlier.date < since:
                    continue
                if earlier.outcome != 'unreached':
                    break
                attempts[log] += earlier.method == log.method
        return attempts

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_correct(self):
        """Open the dialog that makes a new log of this contact; both are kept."""
        self.ensure_one()
        self.check_access('write')
        if self.state != 'done' or not self._is_author():
            raise UserError(self.env._(
                "%s is corrected by whoever logged it, or by a manager, in its latest version.", self.display_name))
        return self.env['sop.contact.dialog']._get_action(
            self.lead_id, corrects_id=self.id, **self._prepare_copied_values())

    def action_log_done(self):
        """Open the dialog that logs what was planned here."""
        self.ensure_one()
        self.check_access('write')
        if self.state != 'planned':
            raise UserError(self.env._("%s took place already.", self.display_name))
        values = {name: self[name] for name in ('method', 'why')}
        if self.stakeholder_ids:
            values['stakeholder_ids'] = [Command.set(self.stakeholder_ids.ids)]
        return self.env['sop.contact.dialog']._get_action(self.lead_id, **values)

    def action_cancel_plan(self):
        """Forget what was planned."""
        self.check_access('write')
        self.unlink()
        return True

    def action_lift_refusal(self, reason):
        """Let this way of contact be used again: the customer agrees to it by now."""
        self.check_access('write')
        if not self.env.user.has_group('sales_sop.group_sop_manager'):
            raise AccessError(self.env._("Only a Sales SOP manager lifts a refusal."))
        if not str(reason or '').strip():
            raise UserError(self.env._("%s: give a reason.", self[:1].display_name))
        if self - self._get_refusals(self.lead_id):
            raise UserError(self.env._("%s refuses no way of contact.", self[:1].display_name))
        as_engine(self).write({
            'refusal_lifted_date': fields.Datetime.now(), 'refusal_lifted_by_id': self.env.uid,
            'refusal_lifted_reason': str(reason).strip(),
        })
        return True

    # ------------------------------------------------------------
    # SMALL HELP
    # ------------------------------------------------------------

    def _is_author(self):
        self.ensure_one()
        return self.env.user in (self.user_id, self.create_uid) or self.env.user.has_group(
            'sales_sop.group_sop_manager')

    def _prepare_copied_values(self):
        """What the dialog takes over from this log."""
        values = {}
        for name in self.env['sop.contact.mixin']._fields.keys() - models.MAGIC_COLUMNS - {'display_name'}:
            value = self[name]
            values[name] = [Command.set(value.ids)] if isinstance(value, models.BaseModel) else value
        return values

    def _get_label(self, name, value):
        return dict(self._fields[name]._description_selection(self.env)).get(value, '')

    def _get_local_date(self, value):
        return self.lead_id.sudo()._get_sop_company()._get_sop_local_date(value)

    def _get_latest(self):
        """Those of these logs after which no other contact of their lead took place."""
        # sudo: the latest contact may be that of another person.
        logs = self.sudo()
        newest = dict(logs._read_group(
            Domain('lead_id', 'in', logs.lead_id.ids) & Domain('state', '=', 'done'), ['lead_id'], ['date:max']))
        return self.filtered(lambda log: log.state == 'planned' or log.sudo().date >= newest.get(
            log.sudo().lead_id, log.date))

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import date_utils, groupby

from ..engine import as_engine
from ..values import METHODS
from .sop_contact_mixin import INTENTIONS

# Days until the next contact of a lead without a cadence
DEFAULT_CADENCE = 7
TASK = 'mail.mail_activity_data_todo'
# Type of the activity that stands for a contact by each method
ACTIVITY_TYPES = {
    'phone': 'mail.mail_activity_data_call',
    'email': 'mail.mail_activity_data_email',
    'event': 'mail.mail_activity_data_meeting',
    'visit': 'mail.mail_activity_data_meeting',
}


class CrmLead(models.Model):
    """People at the customer, contacts with them, and what they intend (S2.3–S2.5)."""

    _inherit = 'crm.lead'

    sop_stakeholder_ids = fields.One2many('sop.stakeholder', 'lead_id', string="Stakeholders", copy=False)
    sop_contact_log_ids = fields.One2many('sop.contact.log', 'lead_id', string="Contact Log", copy=False)
    sop_live_contact_ids = fields.One2many(
        'sop.contact.log', 'lead_id', string="Contacts", domain=[('state', '!=', 'superseded')], copy=False)
    sop_last_contact_date = fields.Datetime(string="Last Contact", readonly=True, copy=False, prefetch='sop')
    sop_need_known = fields.Boolean(string="Need Known", copy=False, prefetch='sop')
    sop_budget_known = fields.Boolean(string="Budget Known", copy=False, prefetch='sop')
    sop_authority_known = fields.Boolean(string="Decision-maker Known", copy=False, prefetch='sop')
    sop_time_known = fields.Boolean(string="Time Known", copy=False, prefetch='sop')
    sop_intention = fields.Selection(INTENTIONS, string="Intention", readonly=True, copy=False, prefetch='sop')
    sop_intention_date = fields.Datetime(string="Intention Decided On", readonly=True, copy=False, prefetch='sop')
    sop_intention_by_id = fields.Many2one(
        'res.users', string="Intention Decided By", readonly=True, copy=False, prefetch='sop')
    sop_intention_proposal = fields.Selection(
        INTENTIONS, string="Proposed Intention", readonly=True, copy=False,
        help="For a lead of grade A the manager confirms what the salesperson proposes.", prefetch='sop')
    sop_nurture_date = fields.Date(string="Nurture Until", readonly=True, copy=False, prefetch='sop')

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model
    @tools.ormcache()
    def _get_sop_protected_fields(self):
        return super()._get_sop_protected_fields() | {
            'sop_last_contact_date', 'sop_intention', 'sop_intention_date', 'sop_intention_by_id',
            'sop_intention_proposal', 'sop_nurture_date',
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_except_contacted(self):
        # sudo: a contact the user may not see is kept as well.
        log = self.env['sop.contact.log'].sudo().search(
            Domain('lead_id', 'in', self.ids) & Domain('state', '!=', 'planned'), limit=1)
        if log:
            raise UserError(self.env._(
                "%s has a contact log and cannot be deleted. Archive it or mark it as lost.",
                log.lead_id.display_name))

    def _merge_dependences(self, opportunities):
        """People and contacts of merged leads are kept with the one that stays."""
        result = super()._merge_dependences(opportunities)
        # sudo: who may merge these leads sees them; what was written about them is kept.
        merged = opportunities.sudo()
        as_engine(merged.with_context(active_test=False).sop_stakeholder_ids).write({'lead_id': self.id})
        as_engine(merged.sop_contact_log_ids).write({'lead_id': self.id})
        self._sop_update_last_contact()
        return result

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sop_log_contact(self):
        """Open the quick dialog that logs a contact with these leads."""
        self._check_sop_contact_access()
        return self.env['sop.contact.dialog']._get_action(self)

    def action_sop_plan_contact(self):
        """Open the quick dialog that plans a contact with these leads."""
        self._check_sop_contact_access()
        return self.env['sop.contact.dialog']._get_action(self, is_plan=True)

    def action_sop_suggest_stakeholders(self):
        """Enter the people the system knows: the contact of the lead, and those of other leads of its customer."""
        self._check_sop_contact_access()
        people = self.env['sop.stakeholder'].create([
            values for lead in self for values in lead._prepare_sop_suggestions()])
        if people:
            return True
        raise UserError(self.env._(
            "%s: nobody else is known. Enter the contact's name with phone or e-mail.", self[:1].display_name))

    def action_sop_decide_intention(self, intention, nurture_date=None):
        """Decide whether the customer goes on; a lead of grade A waits for the manager.

        :param str intention: 'willing' or 'not_willing'
        :param nurture_date: when to ask again; required when not willing
        :return: True when decided, False when the manager has to confirm
        """
        self._check_sop_contact_access()
        if intention not in [key for key, __ in INTENTIONS]:
            raise UserError(self.env._("%s is no intention. Choose willing or not willing.", intention))
        day = self._get_sop_date(nurture_date) if intention == 'not_willing' else None
        if intention == 'not_willing' and (not day or day < min(self._get_sop_todays().values())):
            raise UserError(self.env._(
                "%s: say until when the customer is nurtured, a day to come.", self[:1].display_name))
        waiting = self._sop_decide_intention(intention, day)
        return not waiting

    def action_sop_open_intention(self):
        """Open the small dialog that decides the intention."""
        self.ensure_one()
        self._check_sop_contact_access()
        dialog = self.env['sop.intention.dialog'].create({'lead_id': self.id})
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Decide the Intention"),
            'res_model': dialog._name,
            'res_id': dialog.id,
            'view_mode': 'form',
            'views': [(False, 'form')],
            'target': 'new',
        }

    def action_sop_confirm_intention(self):
        """Confirm as manager what the salesperson proposed."""
        self._check_sop_contact_access()
        for lead in self:
            if not lead.sop_intention_proposal:
                raise UserError(self.env._("%s: nothing is proposed.", lead.display_name))
            if lead._sop_decide_intention(lead.sop_intention_proposal, lead.sop_nurture_date):
                raise AccessError(self.env._("%s: a Sales SOP manager confirms this.", lead.display_name))
        return True

    def _prepare_sop_fact_record(self, item, facts):
        fact = super()._prepare_sop_fact_record(item, facts)
        if item.record_field_id.name == 'sop_contact_log_ids' and self.id in facts.writable and (
                facts.statuses[self.id, item.id] == 'open'):
            # What is missing is a contact: the shortest way to it is its dialog.
            fact['link'] = {
                'type': 'ir.actions.client', 'tag': 'sales_sop.log_contact', 'name': self.env._("Log Contact"),
                'params': {'lead_id': self.id}, 'target': 'new',
            }
        return fact

    def _check_sop_contact_access(self):
        self.check_access('write')
        self._check_sop_member()

    # ------------------------------------------------------------
    # INTENTION
    # ------------------------------------------------------------

    def _sop_decide_intention(self, intention, nurture_date):
        """Keep what was decided. Returns the leads that wait for the manager."""
        is_manager = self.env.user.has_group('sales_sop.group_sop_manager')
        waiting = self.browse() if is_manager else self.filtered(lambda lead: lead._is_sop_key_lead())
        nurture_date = nurture_date or False
        as_engine(waiting).write({'sop_intention_proposal': intention, 'sop_nurture_date': nurture_date})
        waiting._sop_alert('sales_sop.mail_activity_type_intention', [
            (lead, lead.sop_manager_id, False) for lead in waiting])
        decided = self - waiting
        as_engine(decided).write({
            'sop_intention': intention, 'sop_intention_proposal': False, 'sop_nurture_date': nurture_date,
            'sop_intention_date': fields.Datetime.now(), 'sop_intention_by_id': self.env.uid,
        })
        decided._sop_close_alerts('sales_sop.mail_activity_type_intention')
        if nurture_date:
            decided._sop_plan_follow_up({
                lead: {'date': nurture_date, 'method': 'phone', 'summary': False, 'user': lead.user_id}
                for lead in decided})
        if decided:
            decided._sop_after_intention()
        return waiting

    def _is_sop_key_lead(self):
        return self.sop_grade == 'a'

    def _sop_after_intention(self):
        """Called once for leads whose intention has just been decided, as the person who decided."""

    # ------------------------------------------------------------
    # PEOPLE
    # ------------------------------------------------------------

    def _get_sop_main_stakeholders(self):
        """``{lead id: stakeholder}``: the first person of each lead, entered now where the lead names one."""
        nameless = self.filtered(lambda lead: not lead.sop_stakeholder_ids)
        self.env['sop.stakeholder'].create([
            values for lead in nameless if (values := lead._prepare_sop_own_stakeholder())])
        return {lead.id: lead.sop_stakeholder_ids[:1] for lead in self}

    def _prepare_sop_own_stakeholder(self):
        """The contact of the lead itself, or nothing."""
        partner = self.partner_id if not self.partner_id.is_company else self.partner_id.browse()
        name = self.contact_name or partner.name or (self.email_from or self.phone) and (
            self.partner_name or self.email_from or self.phone)
        if not name:
            return {}
        return {
            'lead_id': self.id, 'name': name, 'partner_id': partner.id,
            'phone': self.phone or partner.phone, 'email': self.email_from or partner.email,
        }

    def _prepare_sop_suggestions(self):
        self.ensure_one()
        own = self._prepare_sop_own_stakeholder()
        offers = [own] if own else []
        if customer := self.partner_id.commercial_partner_id:
            # Rules apply: nobody is offered from a lead the user may not read.
            offers += [
                {
                    **{name: person[name] for name in ('name', 'phone', 'email', 'influence')},
                    'lead_id': self.id, 'partner_id': person.partner_id.id, 'role_id': person.role_id.id,
                }
                for person in self.env['sop.stakeholder'].search([
                    ('lead_id', '!=', self.id), ('lead_id.partner_id', 'child_of', customer.id)])
            ]
        known = {self._get_sop_person_key(person) for person in self.sop_stakeholder_ids}
        unknown = {}
        for values in offers:
            key = values['name'].strip().lower()
            if key not in known:
                unknown.setdefault(key, values)
        return list(unknown.values())

    @api.model
    def _get_sop_person_key(self, person):
        return person.name.strip().lower()

    # ------------------------------------------------------------
    # NEXT CONTACT
    # ------------------------------------------------------------

    def _get_sop_next_contact_date(self, grade=None):
        """``{lead id: date}`` by which each lead is to be contacted again.

        :param grade: of the cadence; None: the grade of each lead
        """
        return {
            lead_id: date_utils.add(today, days=DEFAULT_CADENCE)
            for lead_id, today in self._get_sop_todays().items()
        }

    def _sop_update_last_contact(self):
        # sudo: the last contact may be that of another person.
        dates = dict(self.env['sop.contact.log'].sudo()._read_group(
            Domain('lead_id', 'in', self.ids) & Domain('state', '=', 'done'), ['lead_id'], ['date:max']))
        changed = self.sudo().filtered(lambda lead: lead.sop_last_contact_date != dates.get(lead, False))
        for date, leads in groupby(changed, lambda lead: dates.get(lead, False)):
            as_engine(self.browse(lead.id for lead in leads)).write({'sop_last_contact_date': date})

    def _get_sop_follow_ups(self):
        """The activity of each lead that stands for its next contact."""
        # sudo: it may be that of another person.
        return self.env['mail.activity'].sudo().search([
            ('res_model', '=', self._name), ('res_id', 'in', self.ids), ('sop_is_follow_up', '=', True)])

    def _sop_plan_follow_up(self, plans):
        """Give each lead one activity for its next contact; an open one is moved, never doubled.

        :param dict plans: ``{lead: {'date', 'method', 'summary', 'user'}}``
        """
        plans = {lead: plan for lead, plan in plans.items() if not lead.sudo().sop_contact_hold}
        existing = self.browse(lead.id for lead in plans)._get_sop_follow_ups().grouped('res_id')
        types = self._get_sop_follow_up_types()
        model_id = self.env['ir.model']._get_id(self._name)
        new = []
        for lead, plan in plans.items():
            values = self._prepare_sop_follow_up(plan, types)
            if activity := existing.get(lead.id):
                as_engine(activity[:1]).write(values)
            else:
                new.append({**values, 'res_model_id': model_id, 'res_id': lead.id})
        return self._sop_create_activities(new)

    @api.model
    def _get_sop_follow_up_types(self):
        """``{method: id of the type of activity}``; the type of a method that was deleted is that of a task."""
        xmlids = {xmlid: self.env.ref(xmlid, raise_if_not_found=False) for xmlid in {TASK, *ACTIVITY_TYPES.values()}}
        fallback = xmlids[TASK] or self._default_activity_type()
        return {
            method: (xmlids[ACTIVITY_TYPES.get(method, TASK)] or fallback).id for method, __ in METHODS}

    @api.model
    def _prepare_sop_follow_up(self, plan, types):
        return {
            'activity_type_id': types[plan['method'] or 'phone'],
            'date_deadline': plan['date'], 'summary': plan['summary'], 'user_id': (plan['user'] or self.env.user).id,
            'automated': True, 'sop_is_follow_up': True,
        }

    @api.model
    def _sop_create_activities(self, vals_list):
        """Make activities for whoever is concerned; of a single one he is notified by mail as well."""
        # sudo: the next step may be up to another person than the one who made this one.
        activities = as_engine(self.env['mail.activity'], mail_activity_quick_update=len(vals_list) > 1)
        return activities.create(vals_list)

    # ------------------------------------------------------------
    # ALERTS
    # ------------------------------------------------------------

    def _sop_alert(self, xmlid, alerts, deadlines=None):
        """Schedule an activity of this type, in the words of the reader.

        :param list alerts: tuples (lead, user, note)
        :param dict deadlines: ``{lead id: date}``; of those not named: today
        """
        activity_type = self.env.ref(xmlid, raise_if_not_found=False)
        alerts = [(lead, user, note) for lead, user, note in alerts if user and user.active]
        if not activity_type or not alerts:
            return
        model_id, days = self.env['ir.model']._get_id(self._name), {**self._get_sop_todays(), **(deadlines or {})}
        self._sop_create_activities([
            {
                'activity_type_id': activity_type.id, 'res_model_id': model_id, 'res_id': lead.id,
                'user_id': user.id, 'automated': True, 'date_deadline': days.get(lead.id, fields.Date.today()),
                'summary': activity_type.with_context(lang=user.lang).summary,
                'note': note or activity_type.with_context(lang=user.lang).default_note,
            }
            for lead, user, note in alerts
        ])

    def _sop_close_alerts(self, xmlid):
        if self:
            # sudo: the alert is that of the manager.
            self.sudo().activity_unlink([xmlid])

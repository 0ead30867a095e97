from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine import as_engine

HOLDS = [
    ('basis', "Legal basis unknown"),
    ('refused', "Do not contact"),
]
# What a person is reached by
CONTACT_FIELDS = (
    'partner_id', 'partner_name', 'contact_name', 'function', 'email_from', 'email_cc', 'phone', 'website',
    'street', 'street2', 'city', 'zip', 'state_id', 'country_id', 'lang_id')
# How many leads a refusal names
NAMED = 5


class CrmLead(models.Model):
    """Whether a lead may be contacted; what holds it holds on every route."""

    _name = 'crm.lead'
    _inherit = ['crm.lead', 'sop.refusal.mixin']

    sop_contact_hold = fields.Selection(
        HOLDS, string="Contact Hold", compute='_compute_sop_contact_hold', search='_search_sop_contact_hold',
        help="Why nobody may contact or export this lead. Empty: it may be contacted.")
    sop_contact_hold_reason = fields.Char(
        string="Why It Is Held", compute='_compute_sop_contact_hold_reason')

    @api.depends(
        'sop_legal_basis', 'sop_list_id', 'sop_process_id', 'sop_entry_stage_id', 'sop_outcome', 'sop_do_not_contact',
        'partner_id', 'company_id', 'user_id')
    def _compute_sop_contact_hold(self):
        holds = self._get_sop_holds()
        for hold, leads in self.grouped(lambda lead: holds.get(lead.id, False)).items():
            leads.sop_contact_hold = hold

    def _search_sop_contact_hold(self, operator, value):
        if operator != 'in':
            return NotImplemented
        refused, basis = self._get_sop_refused_domain(), self._get_sop_basis_domain()
        basis &= ~Domain('partner_id', 'in', self.env['res.partner']._search_sop_buyers())
        domains = {'refused': refused, 'basis': basis & ~refused, False: ~refused & ~basis}
        return Domain.OR(domains.get(hold, Domain.FALSE) for hold in value)

    @api.depends('sop_contact_hold')
    @api.depends_context('lang', 'tz')
    def _compute_sop_contact_hold_reason(self):
        for lead in self:
            is_refused = lead.sop_contact_hold == 'refused'
            lead.sop_contact_hold_reason = lead._get_sop_do_not_contact_text() if is_refused else ''

    # ------------------------------------------------------------
    # THE HOLD
    # ------------------------------------------------------------

    def _get_sop_holds(self):
        """``{lead id: 'basis' or 'refused'}`` of those that must not be contacted."""
        # sudo: whom not to contact does not depend on who asks.
        leads = self.sudo()
        refused_partners = leads.partner_id._filter_sop_refused()
        refused = leads.filtered(lambda lead: lead.sop_do_not_contact or lead.partner_id in refused_partners)
        basis = (leads - refused)._filter_sop_baseless()
        if basis.partner_id:
            buyers = basis.partner_id._filter_sop_buyers()
            basis = basis.filtered(lambda lead: lead.partner_id not in buyers)
        return {**dict.fromkeys(basis._ids, 'basis'), **dict.fromkeys(refused._ids, 'refused')}

    def _filter_sop_baseless(self):
        """As :meth:`_get_sop_basis_domain`, in plain Python: every card of a kanban asks for it."""
        processes = self.env['sop.process']._get_quarantine_ids()
        companies = self.env['res.company']._get_sop_unquarantined_ids()
        return self.filtered(lambda lead: (
            not lead.sop_legal_basis and lead.sop_outcome != 'released'
            and (lead.sop_list_id or (
                lead.sop_process_id.id in processes and lead.sop_entry_stage_id.phase in (False, 's1_market')))
            and not (companies and lead._get_sop_company().id in companies)))

    @api.model
    def _get_sop_basis_domain(self):
        """Leads whose data we may not use: nobody knows why we could, and somebody asks."""
        asked = Domain('sop_list_id', '!=', False)
        processes = self.env['sop.process']._get_quarantine_ids()
        if processes:
            # What ran already when the procedure came is not asked for what lies behind it.
            asked |= Domain('sop_process_id', 'in', processes) & (
                Domain('sop_entry_stage_id', '=', False) | Domain('sop_entry_stage_id.phase', '=', 's1_market'))
        held = Domain('sop_legal_basis', '=', False) & Domain('sop_outcome', '!=', 'released') & asked
        companies = self.env['res.company']._get_sop_unquarantined_ids()
        return held & ~self._get_sop_company_of_domain(companies) if companies else held

    @api.model
    def _get_sop_company_of_domain(self, company_ids):
        """As :meth:`_get_sop_company`, for a search."""
        own, process, user = (Domain(f'{path}company_id', 'in', company_ids)
                              for path in ('', 'sop_process_id.', 'user_id.'))
        no_own, no_process, no_user = (Domain(path, '=', False) for path in (
            'company_id', 'sop_process_id.company_id', 'user_id'))
        main = Domain.TRUE if self._get_sop_main_company().id in company_ids else Domain.FALSE
        return own | (no_own & (process | (no_process & (user | (no_user & main)))))

    @api.model
    def _get_sop_refused_domain(self):
        # sudo: whom not to contact does not depend on who asks.
        partners = self.env['res.partner'].sudo().with_context(active_test=False)
        return Domain('sop_do_not_contact', '=', True) | Domain(
            'partner_id', 'in', partners._search(partners._get_sop_refused_domain()))

    def _filter_sop_held(self, hold=None):
        """Those of the leads that must not be contacted.

        :param hold: for this reason only
        """
        holds = self._get_sop_holds()
        return self.filtered(lambda lead: lead.id in holds and hold in (None, holds[lead.id]))

    def _check_sop_contactable(self):
        held = self._filter_sop_held()
        if held:
            raise UserError(held._get_sop_hold_message())
        return super()._check_sop_contactable()

    def _get_sop_hold_message(self):
        """Why these held leads are not contacted, and what to do."""
        holds = self._get_sop_holds()
        groups = self.sudo().grouped(lambda lead: holds[lead.id])
        messages = []
        if basis := groups.get('basis'):
            messages.append(self.env._(
                "%(leads)s: the legal basis of the data is unknown, so nobody may contact or export them. "
                "State the legal basis on the lead (page Origin), or on its prospect list.",
                leads=basis._get_sop_names()))
        if refused := groups.get('refused'):
            messages.append(self.env._(
                "%(leads)s asked not to be contacted (%(why)s). Only a manager of Sales SOP lifts this, with a reason.",
                leads=refused._get_sop_names(), why=refused[0]._get_sop_do_not_contact_text()))
        return '\n'.join(messages)

    def _get_sop_names(self):
        names = ', '.join(self[:NAMED].mapped('display_name'))
        if len(self) > NAMED:
            return self.env._("%(names)s and %(count)s more", names=names, count=len(self) - NAMED)
        return names

    def _get_sop_do_not_contact_text(self):
        """Who noted it, when, and why: on the lead, or on its customer."""
        lead = self.sudo()
        partner = lead.partner_id
        source = next(
            (record for record in (lead, partner, partner.commercial_partner_id) if record.sop_do_not_contact), lead)
        parts = [
            source.sop_do_not_contact_by_id.name,
            fields.Date.to_string(source.sop_do_not_contact_date),
            source.sop_do_not_contact_reason,
        ]
        if source != lead:
            parts.insert(0, source.display_name)
        return ', '.join(part for part in parts if part)

    # ------------------------------------------------------------
    # DO NOT CONTACT
    # ------------------------------------------------------------

    def _sop_set_do_not_contact(self, reason):
        """Note it on the leads and on their customers; mailings leave out their addresses and numbers."""
        leads = super()._sop_set_do_not_contact(reason)
        if leads:
            # sudo: a salesperson may not change each customer, but says what this one asked for.
            leads.sudo().partner_id._sop_set_do_not_contact(reason)
            self._sop_add_to_blacklists(leads.mapped('email_normalized'), leads.mapped('phone_sanitized'))
        return leads

    def _sop_lift_do_not_contact(self, reason):
        leads = super()._sop_lift_do_not_contact(reason)
        # sudo: what a manager decides for a lead goes for its customer; the blacklists of Odoo stay as they are.
        partners = self.sudo().partner_id
        lifted = (partners | partners.commercial_partner_id)._sop_lift_do_not_contact(reason)
        leads |= self.filtered(lambda lead: lead.sudo().partner_id.commercial_partner_id in lifted
                               or lead.sudo().partner_id in lifted)
        leads._sop_resume_plans()
        return leads

    @api.model
    def _sop_add_to_blacklists(self, emails, phones):
        message = self.env._("Asked not to be contacted.")
        # sudo: only the system writes the blacklists of Odoo.
        blacklist = self.env['mail.blacklist'].sudo()
        for email in {email for email in emails if email}:
            blacklist._add(email, message=message)
        numbers = {phone for phone in phones if phone}
        if numbers:
            self.env['phone.blacklist'].sudo()._add(list(numbers), message=message)

    # ------------------------------------------------------------
    # WHAT HAPPENS TO HELD LEADS OTHERWISE
    # ------------------------------------------------------------

    def _get_sop_workable(self):
        return super()._get_sop_workable() - self._filter_sop_held()

    def _sop_resume_plans(self):
        """Start the plans of the current stage that were not started while these leads were held."""
        leads = self.sudo().filtered(
            lambda lead: lead.sop_outcome == 'open' and lead.sop_stage_id.activity_plan_id)
        if not leads:
            return
        known = self.env['mail.activity'].sudo().with_context(active_test=False).search_fetch(
            [('res_model', '=', self._name), ('res_id', 'in', leads.ids)],
            ['res_id', 'activity_type_id', 'create_date'])
        started = {
            activity.res_id for activity in known
            for lead in self.sudo().browse(activity.res_id)
            if activity.create_date >= lead.sop_stage_date
            and activity.activity_type_id in lead.sop_stage_id.activity_plan_id.template_ids.activity_type_id
        }
        waiting = {lead.id: lead.sop_stage_id.id for lead in leads if lead.id not in started}
        self._sop_wait_for_plans(waiting)

    def _create_customer(self, with_parent=None):
        """Data of an unknown legal basis do not become a customer: as one, nothing would hold it."""
        held = self._filter_sop_held('basis')
        if held:
            raise UserError(held._get_sop_hold_message())
        return super()._create_customer(with_parent=with_parent)

    def _prepare_customer_values(self, partner_name, is_company=False, parent_id=False):
        values = super()._prepare_customer_values(partner_name, is_company=is_company, parent_id=parent_id)
        if self.sop_do_not_contact:
            values.update(sop_do_not_contact=True, sop_do_not_contact_reason=self.sop_do_not_contact_reason)
        return values

    # ------------------------------------------------------------
    # MERGING
    # ------------------------------------------------------------

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), 'sop_list_id', *self._sop_origin_fields]

    def _merge_get_fields_specific(self):
        return {
            **super()._merge_get_fields_specific(),
            'sop_do_not_contact': lambda name, leads: any(leads.mapped(name)),
            'sop_do_not_contact_reason': lambda name, leads: next(filter(None, leads.mapped(name)), False),
        }

    def _merge_data(self, fnames=None):
        """Of leads that may be contacted and leads that may not, only the data of the former are taken over.

        Otherwise a telephone number of unknown origin would be free after the merge.
        """
        data = super()._merge_data(fnames)
        if not data.get('sop_do_not_contact'):
            data.pop('sop_do_not_contact', None)
            data.pop('sop_do_not_contact_reason', None)
        free = self - self._filter_sop_held('basis')
        if free and free != self:
            own = super(CrmLead, free)._merge_data(fnames)
            names = {'sop_list_id', *self._sop_origin_fields, *CONTACT_FIELDS}
            data.update({name: value for name, value in own.items() if name in names})
        return data

    def _merge_dependences_history(self, opportunities):
        # The activities were planned before; who merges held leads plans nothing.
        return super(CrmLead, as_engine(self))._merge_dependences_history(as_engine(opportunities))

    def _merge_dependences_calendar_events(self, opportunities):
        return super(CrmLead, as_engine(self))._merge_dependences_calendar_events(as_engine(opportunities))

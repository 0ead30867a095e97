from datetime import datetime, time, timedelta

import pytz

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..models.sop_contact_log import CLOSING_OUTCOMES
from ..models.sop_contact_mixin import KNOWLEDGE

# What is said of one lead only, and therefore not when several are logged together
OWN_FIELDS = ('stakeholder_ids', *KNOWLEDGE, 'intention')
# When a day is planned without a time
PLANNED_AT = time(9)


class SopContactDialog(models.TransientModel):
    """Asks for one contact, with one lead or with many, and knows what can be known."""

    _name = 'sop.contact.dialog'
    _description = "Log a Contact"
    _inherit = ['sop.contact.mixin']

    lead_ids = fields.Many2many('crm.lead', string="Leads", required=True, readonly=True)
    lead_id = fields.Many2one('crm.lead', compute='_compute_lead_id', help="Empty when there are several.")
    is_plan = fields.Boolean(readonly=True)
    activity_id = fields.Many2one('mail.activity', readonly=True, ondelete='cascade')
    corrects_id = fields.Many2one('sop.contact.log', readonly=True, ondelete='cascade')
    correction_reason = fields.Char(string="Why It Is Corrected")

    @api.depends('lead_ids')
    def _compute_lead_id(self):
        for dialog in self:
            dialog.lead_id = dialog.lead_ids if len(dialog.lead_ids) == 1 else False

    # ------------------------------------------------------------
    # OPENING
    # ------------------------------------------------------------

    @api.model
    def _get_action(self, leads, **values):
        """Open the dialog for ``leads``, filled with what is known and with ``values``."""
        leads._check_sop_contactable()
        values = {**self._prepare_values(leads, values.get('is_plan')), **values}
        dialog = self.create({**values, 'lead_ids': [Command.set(leads.ids)]})
        return {
            'type': 'ir.actions.act_window',
            'name': dialog._get_title(),
            'res_model': self._name,
            'res_id': dialog.id,
            'view_mode': 'form',
            'views': [(False, 'form')],
            'target': 'new',
        }

    def _get_title(self):
        if self.corrects_id:
            return self.env._("Correct Contact")
        return self.env._("Plan Contact") if self.is_plan else self.env._("Log Contact")

    @api.model
    def _prepare_values(self, leads, is_plan):
        values = {'next_step': self.env._("Follow up")}
        if len(leads) == 1:
            values.update(self._prepare_own_values(leads))
        if is_plan:
            values['date'] = self._get_planned_time(leads)
        return values

    @api.model
    def _prepare_own_values(self, lead):
        log = self.env['sop.contact.log']
        plan = log.search([('lead_id', '=', lead.id), ('state', '=', 'planned')], order='date, id', limit=1)
        last = log.search([('lead_id', '=', lead.id), ('state', '=', 'done')], limit=1)
        persons = plan.stakeholder_ids or last.stakeholder_ids.filtered('active')
        if not persons:
            persons = lead._get_sop_main_stakeholders()[lead.id]
        return {
            'method': plan.method or last.next_method or last.method or 'phone',
            'why': plan.why,
            'stakeholder_ids': [Command.set(persons.ids)],
            'next_date': lead._get_sop_next_contact_date()[lead.id],
            **{name: lead[KNOWLEDGE[name]] for name in KNOWLEDGE},
        }

    @api.model
    def _get_planned_time(self, leads):
        """The morning of the next working day."""
        now = fields.Datetime.now()
        day = leads[:1]._get_sop_company()._sop_add_workdays(now, 1)
        return self._get_time_of(day or (now + timedelta(days=1)).date())

    @api.model
    def _get_time_of(self, day):
        tz = pytz.timezone(self.env.user.tz or 'UTC')
        return tz.localize(datetime.combine(day, PLANNED_AT)).astimezone(pytz.utc).replace(tzinfo=None)

    # ------------------------------------------------------------
    # SAVING
    # ------------------------------------------------------------

    def action_save(self):
        """Log or plan the contact, and close the dialog."""
        self._save()
        return {'type': 'ir.actions.act_window_close'}

    def action_save_and_plan(self):
        """Log the contact, and plan the next one at once."""
        self._save()
        values = {'is_plan': True, 'method': self.next_method or self.method}
        if self.next_date:
            values['date'] = self._get_time_of(self.next_date)
        return self._get_action(self.lead_ids, **values)

    def _save(self):
        self.ensure_one()
        self.lead_ids._check_sop_contact_access()
        logs = self.env['sop.contact.log'].create(self._prepare_logs())
        activity = self.activity_id.exists().filtered('active')
        if activity and (activity.res_model, activity.res_id) == ('crm.lead', self.lead_id.id):
            activity.action_feedback(feedback=logs._get_summary())
        return logs

    def _prepare_logs(self):
        if not (self.is_plan or self.outcome):
            raise UserError(self.env._("Choose how the contact ended."))
        common = self._prepare_common_values()
        if self.lead_id:
            return [{**common, **self._prepare_own_log_values(), 'lead_id': self.lead_id.id}]
        persons = self.lead_ids._get_sop_main_stakeholders()
        dates = self.lead_ids._get_sop_next_contact_date()
        vals_list = []
        for lead in self.lead_ids:
            values = {**common, 'lead_id': lead.id, 'stakeholder_ids': [Command.set(persons[lead.id].ids)]}
            if not self.is_plan and self.outcome not in CLOSING_OUTCOMES:
                values['next_date'] = self.next_date or dates[lead.id]
            vals_list.append(values)
        return vals_list

    def _prepare_common_values(self):
        names = self.env['sop.contact.mixin']._fields.keys() - models.MAGIC_COLUMNS - {'display_name', *OWN_FIELDS}
        values = {name: self[name] for name in names}
        values['state'] = 'planned' if self.is_plan else 'done'
        if self.is_plan:
            values.update(dict.fromkeys(('outcome', 'next_step', 'next_date', 'next_method'), False))
        elif self.outcome in CLOSING_OUTCOMES:
            values.update(next_step=False, next_method=False)
            if self.intention != 'not_willing':
                values['next_date'] = False
        return values

    def _prepare_own_log_values(self):
        if self.is_plan:
            return {'stakeholder_ids': [Command.set(self.stakeholder_ids.ids)]}
        return {
            **{name: self[name] for name in KNOWLEDGE},
            'stakeholder_ids': [Command.set(self.stakeholder_ids.ids)],
            'intention': self.intention,
            'corrects_id': self.corrects_id.id,
            'correction_reason': self.correction_reason,
        }

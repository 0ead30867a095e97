from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import groupby

from ..engine import as_engine
from .sop_contact_mixin import KNOWLEDGE

# Phases in which nothing is offered yet: a price or a delivery promised now is told to the manager
EARLY_PHASES = ('s1_market', 's2_contact')


class SopContactLog(models.Model):
    """What follows from a contact, once for all logs that were made together."""

    _inherit = 'sop.contact.log'

    def _follow_plans(self):
        """The next activity of each lead is its next planned contact."""
        if self:
            # sudo: the first of several plans may be that of another person.
            plans = self.sudo().search(
                Domain('lead_id', 'in', self.lead_id.ids) & Domain('state', '=', 'planned'), order='date desc')
            self.lead_id._sop_plan_follow_up({
                log.lead_id: log._prepare_follow_up_values(log._get_local_date(log.date), log.method, log.why)
                for log in plans
            })

    def _follow_contacts(self):
        if not self:
            return
        self._stamp()
        self._supersede()
        self.lead_id._sop_update_last_contact()
        self._follow_refusals()
        self._pass_on_knowledge()
        self._close_follow_ups()
        self._agree_next_contacts()
        self._pass_on_intentions()
        self._alert_promises()
        self._alert_attempts()
        self.lead_id._sop_after_contact(self)

    def _stamp(self):
        """Say when the contacts were logged; a correction was logged when its original was."""
        now = fields.Datetime.now()
        for (logged_date, is_late), group in groupby(self, lambda log: log._get_stamp(now)):
            as_engine(self.browse(log.id for log in group)).write({'logged_date': logged_date, 'is_late': is_late})
        for log in self.filtered('corrects_id.due_date'):
            due_date = log.corrects_id.due_date
            as_engine(log).write({'due_date': due_date, 'on_time': log._get_local_date(log.date) <= due_date})

    def _get_stamp(self, now):
        logged_date = self.corrects_id.logged_date or now
        hours = self.lead_id.sudo()._get_sop_company().sop_log_hours
        return logged_date, logged_date - self.date > timedelta(hours=hours)

    def _supersede(self):
        """Close the plans that these contacts fulfil and the logs they correct."""
        # sudo: the plan may be that of another person.
        plans = self.sudo().search(
            Domain('lead_id', 'in', self.lead_id.ids) & Domain('state', '=', 'planned'), order='date, id')
        by_lead = plans.grouped('lead_id')
        for log in self:
            replaced = log.corrects_id
            if not replaced:
                replaced = log._get_fulfilled(by_lead.get(log.lead_id, plans.browse()))
            if replaced:
                as_engine(replaced).write({'state': 'superseded', 'superseded_by_id': log.id})

    def _get_fulfilled(self, plans):
        """Of the plans of the lead: those due by the day of the contact, or else the next one by this method."""
        open_plans = plans.filtered(lambda plan: plan.state == 'planned')
        day = self._get_local_date(self.date)
        due = open_plans.filtered(lambda plan: self._get_local_date(plan.date) <= day)
        return due or open_plans.filtered(lambda plan: plan.method == self.method)[:1]

    def _follow_refusals(self):
        refused = self.filtered(lambda log: log.outcome == 'refused' and log.refusal_scope == 'all')
        if refused:
            refused.lead_id._sop_set_do_not_contact(self.env._("The customer refused any contact."))

    def _pass_on_knowledge(self):
        """What was found out is known of the lead from now on."""
        for names, group in groupby(self, lambda log: tuple(name for name in KNOWLEDGE if log[name])):
            logs = self.browse(log.id for log in group)
            values = {KNOWLEDGE[name]: True for name in names}
            news = logs.lead_id.filtered(lambda lead, values=values: not all(lead[name] for name in values))
            if news:
                news.write(values)

    def _close_follow_ups(self):
        """Mark what these contacts fulfil as done: in the chatter for one, silently for many."""
        latest = self._get_latest()
        activities = latest.lead_id._get_sop_follow_ups()
        if len(latest) == 1:
            activities.action_feedback(feedback=latest._get_summary())
        elif activities:
            activities.action_archive()

    def _get_summary(self):
        """The contact in one line."""
        text = self.env._(
            "%(method)s: %(outcome)s.", method=self._get_label('method', self.method),
            outcome=self._get_label('outcome', self.outcome))
        return ' '.join(filter(None, [text, (self.interest_evidence or '').strip()]))

    def _agree_next_contacts(self):
        latest = self._get_latest().sorted('date')
        self.lead_id._sop_plan_follow_up({
            log.lead_id: log._prepare_follow_up_values(log.next_date, log.next_method or log.method, log.next_step)
            for log in latest if log.next_date
        })

    def _prepare_follow_up_values(self, day, method, summary):
        return {'date': day, 'method': method, 'summary': summary, 'user': self.lead_id.user_id or self.user_id}

    def _pass_on_intentions(self):
        decided = self.filtered('intention')
        for (intention, day), group in groupby(decided, lambda log: (log.intention, log.next_date)):
            leads = self.browse(log.id for log in group).lead_id
            leads._sop_decide_intention(intention, day if intention == 'not_willing' else False)

    # ------------------------------------------------------------
    # ALERTS
    # ------------------------------------------------------------

    def _alert_promises(self):
        """Tell the manager of a price or a delivery promised too early, once per contact."""
        alerts = []
        for log in self.filtered(lambda log: log.has_promise and not log.corrects_id.has_promise):
            manager = log.lead_id.sop_manager_id
            if manager and manager != log.user_id and log.lead_id.sop_phase in EARLY_PHASES:
                note = Markup("<p>%s</p>") % (log.promise or '')
                alerts.append((log.lead_id, manager, note))
        self.lead_id._sop_alert('sales_sop.mail_activity_type_promise', alerts)

    def _alert_attempts(self):
        """Tell the salesperson that another attempt of the same kind is not allowed any more."""
        unreached = self._get_latest().filtered(lambda log: log.outcome == 'unreached')
        attempts = unreached._get_attempts()
        alerts = []
        for log in unreached:
            company = log.lead_id.sudo()._get_sop_company()
            if attempts[log] + 1 == company.sop_unreached_count:
                alerts.append((log.lead_id, log.lead_id.user_id or log.user_id, False))
        self.lead_id._sop_alert('sales_sop.mail_activity_type_unreached', alerts)

import logging

from odoo import api, fields, models

from ..engine import as_engine

_logger = logging.getLogger(__name__)

REMINDERS = {
    'salesperson': 'sales_sop.mail_activity_type_overdue',
    'manager': 'sales_sop.mail_activity_type_overdue_manager',
}


class SopReminderMixin(models.AbstractModel):
    """Reminders of a missed deadline, called by the shipped automation rules."""

    _name = 'sop.reminder.mixin'
    _description = "SOP Reminders"

    def _sop_remind_overdue(self, level):
        """Give whoever is in charge an activity, once per stay in a stage.

        :param str level: 'salesperson', or 'manager' for the escalation
        """
        documents = self.sudo().filtered(lambda document: document.sop_stage_id and document.sop_is_overdue)
        types = {
            key: self.env['ir.model.data']._xmlid_to_res_id(xmlid, raise_if_not_found=False)
            for key, xmlid in REMINDERS.items()
        }
        if not documents or not types[level]:
            return
        reminders = documents._get_sop_reminders(list(types.values())).grouped('res_id')
        groups = {}
        for document in documents:
            user = document._get_sop_reminder_user(level)
            given = reminders.get(document.id, self.env['mail.activity'].sudo()).filtered(
                lambda activity, since=document.sop_stage_date: activity.create_date >= since)
            known = any(
                activity.activity_type_id.id == types[level] or (activity.active and activity.user_id == user)
                for activity in given)
            if user and not known:
                groups.setdefault(user, []).append(document.id)
        for user, ids in groups.items():
            # The texts come from the type of activity, in the language of the reader.
            # A step is late all the same where nobody may contact the customer.
            reader = as_engine(self.browse(ids), lang=user.lang, tz=user.tz)
            reader.activity_schedule(REMINDERS[level], user_id=user.id)

    @api.model
    def _sop_forget_reminders(self):
        """Remove all reminders, done ones included: their types cannot be deleted while one is left."""
        types = [self.env.ref(xmlid, raise_if_not_found=False) for xmlid in REMINDERS.values()]
        type_ids = [activity_type.id for activity_type in types if activity_type]
        # sudo: reminders of all persons go with the procedure.
        self.env['mail.activity'].sudo().with_context(active_test=False).search(
            [('activity_type_id', 'in', type_ids)]).unlink()

    def _get_sop_reminders(self, type_ids):
        """Reminders of these documents, done ones included."""
        return self.env['mail.activity'].sudo().with_context(active_test=False).search_fetch(
            [('res_model', '=', self._name), ('res_id', 'in', self.ids), ('activity_type_id', 'in', type_ids)],
            ['res_id', 'activity_type_id', 'user_id', 'active', 'create_date'])

    def _get_sop_reminder_user(self, level):
        """Who is told: the salesperson, or the manager where there is none; nobody who cannot open the document."""
        candidates = [self.sop_manager_id] if 'sop_manager_id' in self._fields else []
        if level == 'salesperson' and 'user_id' in self._fields:
            candidates.insert(0, self.user_id)
        for user in candidates:
            if user.active and self.with_user(user).has_access('read'):
                return user
        return self.env['res.users']

    def _sop_close_reminders(self):
        """Remove reminders about a stage the documents have left."""
        if self and 'activity_ids' in self._fields:
            # sudo: the reminder may be that of another person.
            self.sudo().activity_unlink(list(REMINDERS.values()))

    def _sop_run_missed_rules(self, deadlines):
        """Run the time rules on deadlines that were set in the past.

        A time rule looks at the deadlines that pass between two of its runs; it
        never sees one that lay before its last run when it was written.

        :param deadlines: {document: its deadline before}
        """
        # sudo: the rules belong to the administrator.
        rules = self.env['base.automation'].sudo().search([
            ('model_name', '=', self._name), ('trigger', '=', 'on_time'), ('trg_date_id.name', '=', 'sop_deadline'),
            ('trg_date_range_mode', '=', 'after'), ('trg_date_range_type', '=', 'day'), ('last_run', '!=', False),
        ])
        for rule in rules:
            seen_until = fields.Date.subtract(rule.last_run.date(), days=rule.trg_date_range)
            missed = self.filtered(
                lambda document, until=seen_until: document.sop_deadline and document.sop_deadline <= until
                and not (deadlines[document] and deadlines[document] <= until))
            try:
                with self.env.cr.savepoint():
                    rule._process(rule._filter_post(missed))
            except Exception:
                # A rule that fails is the administrator's to repair; the deadlines are right all the same.
                _logger.exception("Automation rule %s failed on deadlines that were set in the past.", rule.name)

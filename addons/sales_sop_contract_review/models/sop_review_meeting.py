from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.sales_sop.engine import as_engine

MEETING_TYPE = 'sales_sop_contract_review.mail_activity_type_review_meeting'


class SopReview(models.Model):
    """The review meeting: planned from the review; decided is after its minutes are recorded (§4.4, §4.5)."""

    _inherit = 'sop.review'

    @api.depends('state', 'mode', 'minutes_date', 'opinion_ids.state', 'opinion_ids.opinion')
    def _compute_is_meeting_missing(self):
        for review in self:
            review.is_meeting_missing = review.state == 'in_review' and review._is_sop_meeting_missing()

    def _is_sop_meeting_missing(self):
        """Whether whoever approves has to hear the departments together first."""
        self.ensure_one()
        if self.minutes_date or not any(opinion.is_final for opinion in self.opinion_ids):
            return False
        return self.mode == 'meeting' or any(
            opinion.state == 'done' and opinion.opinion == 'disagree' for opinion in self.opinion_ids)

    def _sop_ask_meeting(self):
        """Ask whoever requested it for the meeting, once."""
        self.ensure_one()
        if self.company_id.sop_review_notify != 'none' and not self.activity_search([MEETING_TYPE]):
            self._sop_schedule(MEETING_TYPE, [{'record': self, 'user': self.requester_id, 'date': self.deadline}])

    def action_plan_meeting(self, start, hours=1, place=None):
        """Invite everybody who is asked to a meeting, and open it.

        :param start: when (UTC)
        :param hours: how long
        """
        self.ensure_one()
        self._sop_enter_meeting()
        review = self.sudo()
        people = review.opinion_ids._get_sop_live().reviewer_ids | review.requester_id
        start, hours = self._get_sop_meeting_time(start, hours)
        meeting = self.env['calendar.event'].create({
            'name': self.env._("Review %(review)s: %(subject)s", review=review.name, subject=review.subject_name),
            'start': start, 'stop': start + timedelta(hours=hours), 'user_id': self.env.uid,
            'location': place if isinstance(place, str) else False,
            'partner_ids': [Command.set(people.partner_id.ids)],
        })
        as_engine(self).meeting_id = meeting.id
        self._sop_log('meeting', fields.Datetime.to_string(start))
        return {
            'type': 'ir.actions.act_window', 'res_model': 'calendar.event', 'res_id': meeting.id,
            'views': [(False, 'form')]}

    def action_record_minutes(self, minutes, attendee_ids):
        """Record what the meeting said, and who was there; whoever approves can decide now.

        :param str minutes: what was said
        :param list attendee_ids: ids of the users who were present
        """
        self.ensure_one()
        self._sop_enter_meeting()
        minutes = minutes.strip() if isinstance(minutes, str) else ''
        present = self._get_sop_attendees(attendee_ids)
        if not minutes or not present:
            raise UserError(self.env._("%s: record what was said and who was present.", self.display_name))
        as_engine(self).write({
            'minutes': minutes, 'minutes_by_id': self.env.uid, 'minutes_date': fields.Datetime.now(),
            'attendee_ids': [Command.set(present.ids)]})
        self._sop_log('minutes', minutes)
        self._sop_unschedule(MEETING_TYPE)
        self._sop_progress()
        return True

    def _sop_enter_meeting(self):
        """Whoever takes part plans and records, until somebody approves at last."""
        self.check_access('read')
        self._sop_lock()
        # sudo: who takes part is written on the review.
        review = self.sudo()
        review._check_sop_in_review()
        members = review.opinion_ids._get_sop_live()._get_sop_members() | review.requester_id
        if self.env.user not in members and not self.env.user.has_group('sales_sop.group_sop_manager'):
            raise AccessError(self.env._("%s: only those who take part hold the meeting.", review.display_name))
        if any(opinion.is_final and opinion.state == 'done' for opinion in review.opinion_ids):
            raise UserError(self.env._("%s: the final decision has begun.", review.display_name))

    def _get_sop_meeting_time(self, start, hours):
        try:
            start = fields.Datetime.to_datetime(start)
            hours = float(hours)
        except (TypeError, ValueError):
            start = None
        if not start or not 0 < hours <= 24:
            raise UserError(self.env._("%s: when is the meeting, and how long?", self.display_name))
        return start, hours

    def _get_sop_attendees(self, attendee_ids):
        ids = attendee_ids if isinstance(attendee_ids, list | tuple) else []
        users = self.env['res.users'].browse([user_id for user_id in ids if type(user_id) is int]).exists()
        if len(users) != len(ids) or any(user.share for user in users):
            raise UserError(self.env._("%s: choose who was present among the users.", self.display_name))
        return users

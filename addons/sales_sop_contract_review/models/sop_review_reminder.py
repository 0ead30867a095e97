from datetime import datetime, time

import pytz

from odoo import api, fields, models

from odoo.addons.sales_sop.engine import as_engine

LATE_TYPE = 'sales_sop_contract_review.mail_activity_type_review_overdue'
# Shares of the working time at which reviewers are reminded; at the last one their superior is asked as well.
SHARES = (0.5, 1.0, 1.5)


class SopReview(models.Model):
    """Reminders at 50 % and 100 % of the time, escalation at 150 % (§4.4)."""

    _inherit = 'sop.review'

    @api.model
    def _prepare_sop_deadline(self, company, start, days):
        deadline = company._sop_add_workdays(start, days)
        return {
            'deadline': deadline, 'remind_count': 0,
            'remind_date': deadline and self._get_sop_remind_date(company, start, deadline, SHARES[0])}

    @api.model
    def _get_sop_remind_date(self, company, start, deadline, share):
        """The moment at which ``share`` of the working time between ``start`` and ``deadline`` is over."""
        tz = pytz.timezone(company._get_sop_tz())
        end = tz.localize(datetime.combine(deadline, time.max)).astimezone(pytz.utc).replace(tzinfo=None, microsecond=0)
        hours = company._sop_count_workhours(start, end)
        return company._sop_add_workhours(start, hours * share)

    @api.model
    def _cron_sop_remind_reviewers(self, batch_size=100):
        """Remind whoever is asked and has not answered; at last ask his superior as well."""
        cron = self.env['ir.cron']
        domain = [('state', '=', 'in_review'), ('remind_date', '<=', fields.Datetime.now())]
        cron._commit_progress(remaining=self.sudo().search_count(domain))
        while due := self.sudo().search(domain, limit=batch_size, order='remind_date, id'):
            due._sop_lock()
            due.filtered(lambda review: review.state == 'in_review')._sop_remind()
            if not cron._commit_progress(len(due)):
                return

    def _sop_remind(self):
        pending = self.opinion_ids.filtered(lambda opinion: opinion.state == 'pending')
        late = self.filtered(lambda review: review.remind_count + 1 >= len(SHARES))
        (late.opinion_ids & pending)._sop_escalate()
        self._sop_remind_late(pending)
        for review in self:
            count = review.remind_count + 1
            as_engine(review).write({
                'remind_count': count, 'remind_date': count < len(SHARES) and self._get_sop_remind_date(
                    review.company_id, review.date, review.deadline, SHARES[count])})

    def _sop_remind_late(self, pending):
        """One task for each person that is asked, however many reviews wait for him."""
        self._sop_clear_tasks(LATE_TYPE, everybody=True)
        self._sop_remind_of(LATE_TYPE, pending._get_sop_told())
        pending.review_id._sop_log('remind')

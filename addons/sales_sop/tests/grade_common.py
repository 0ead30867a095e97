from unittest.mock import patch

from odoo import Command

from .common import SalesSopCommon

# The order of the table in §3.1
KEYS = (
    'fit_industry', 'fit_size', 'fit_region', 'fit_habit', 'fit_decision', 'need_clarity', 'need_urgency', 'need_gap',
    'buy_budget', 'buy_engage', 'buy_position', 'buy_credit')


class GradeCommon(SalesSopCommon):
    """The shipped score sheet, as a salesperson answers it for a lead that follows the test process."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.criteria = {
            criterion.key: criterion
            for criterion in cls.env['sop.grade.criterion'].search([('company_id', '=', False)])}
        cls.env['sop.customer.profile'].search([('state', '=', 'approved')])._sop_retire()
        cls.company = cls.lead._get_sop_company()
        cls.company.resource_calendar_id.tz = 'UTC'
        cls.industry, cls.neighbour, cls.excluded = cls.env['res.partner.industry'].create(
            [{'name': name} for name in ("Paper mills", "Board mills", "Casinos")])

    @classmethod
    def _rate_by_hand(cls):
        """No criterion rates itself."""
        cls.env['sop.grade.level'].search([('domain', '!=', False)]).domain = False

    @classmethod
    def _create_profile(cls, **values):
        profile = cls.env['sop.customer.profile'].create({
            'name': "Paper makers",
            'industry_ids': [Command.set(cls.industry.ids)],
            'neighbour_industry_ids': [Command.set(cls.neighbour.ids)],
            'excluded_industry_ids': [Command.set(cls.excluded.ids)],
            'size_band': 'medium',
            'country_ids': [Command.set(cls.env.ref('base.cn').ids)],
            'purchase_habit': 'direct',
            'decision_role_ids': [Command.set(cls.env.ref('sales_sop.sop_stakeholder_role_decision').ids)],
            **values,
        })
        profile.with_user(cls.user_sales_manager).action_approve()
        return profile

    def _as(self, user, leads=None):
        return (leads or self.lead).with_user(user)

    def _rate(self, *ratings, lead=None):
        """Answer all twelve, in the order of the table."""
        self._as(self.user_sales_salesman, lead).action_sop_rate(dict(zip(KEYS, ratings, strict=True)))

    def assertGrade(self, grade, score=None, lead=None):
        lead = (lead or self.lead).sudo()
        lead.invalidate_recordset()
        self.assertEqual(lead.sop_grade, grade)
        if score is not None:
            self.assertEqual(lead.sop_score, score)

    def _get_history(self, lead=None):
        """Oldest first, for the superuser."""
        return self.env['sop.grade.history'].search([('lead_id', '=', (lead or self.lead).id)], order='id')

    def _run_job(self, batch_size=10, stop_after=None):
        """Run the scheduled job; returns the sizes of its batches.

        :param stop_after: the number of batches after which its time is over
        """
        batches = []

        def commit_progress(cron, processed=0, **kwargs):
            cron.env.flush_all()
            cron.env.invalidate_all()
            if processed:
                batches.append(processed)
            return stop_after is None or len(batches) < stop_after
        with patch.object(type(self.env['ir.cron']), '_commit_progress', commit_progress):
            self.env['crm.lead']._cron_sop_regrade(batch_size)
        return batches

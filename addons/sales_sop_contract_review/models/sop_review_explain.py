from odoo import fields, models


class SopReviewMixin(models.AbstractModel):
    """Which level a record would get now, and why: for those who ask before a review is requested."""

    _inherit = 'sop.review.mixin'

    def action_sop_explain_level(self):
        """Show the level, the rules and tests behind it, and who would be asked."""
        self.ensure_one()
        self.check_access('read')
        explain = self.env['sop.review.explain'].create({self._sop_review_link: self.id})
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Review of %s", self.display_name),
            'res_model': explain._name,
            'res_id': explain.id,
            'view_mode': 'form',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'dialog_size': 'large'},
        }

    def _get_sop_explanation(self):
        """What the dialog shows, as plain values."""
        self.ensure_one()
        company = self.company_id
        # sudo: what is asked does not depend on who wants to know it.
        own = self.sudo()
        route = self._get_sop_review_routes()[self.id]
        rules = own._get_sop_active_rules(company)
        fired_ids = route['rules'] if route else []
        return {
            'route': route,
            'tests': own._get_sop_routine_tests()[self.id],
            'others': rules.filtered(lambda rule: rule.id not in fired_ids),
            'departments': own._get_sop_invited(route['departments'], company) if route else [],
            'approvers': own._get_sop_invited_approvers(route['level'].sudo(), company) if route else [],
            'deadline': route and company._sop_add_workdays(fields.Datetime.now(), route['level'].sudo().day_limit),
        }

    def _get_sop_active_rules(self, company):
        rules = self.env['sop.review.rule']._get_sop_rules(company.id, self._name)
        return self.env['sop.review.rule'].browse([rule.id for rule in rules])

    def _get_sop_invited(self, codes, company):
        """``[(department, names)]`` of those who would be asked, absences applied."""
        departments = self.env['sop.review.department']._get_sop_departments()
        reviewers = departments._get_sop_reviewers(company, self.env.user | self._get_sop_review_authors())
        return [
            (department.name, self._get_sop_names(reviewers[department.code]))
            for department in departments if department.code in codes]

    def _get_sop_invited_approvers(self, level, company):
        codes = level._get_sop_approver_codes()
        but = self.env.user | self._get_sop_review_authors()
        holders = self.env['sop.position']._get_sop_holders_by_code(codes, company, but)
        labels = dict(self.env['sop.position']._get_sop_codes())
        return [(labels[code], self._get_sop_names(holders[code])) for code in codes]

    def _get_sop_names(self, users):
        """Names of users, with those who stand in for them today."""
        acting = self.env['sop.absence']._get_sop_substitutes(users)
        return ', '.join(
            self.env._("%(substitute)s for %(user)s", substitute=acting[user].sudo().name, user=user.name)
            if user in acting else user.name for user in users.sudo(False).sudo())

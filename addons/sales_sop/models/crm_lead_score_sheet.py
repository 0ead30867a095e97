from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import date_utils, format_date

from ..engine import as_engine
from ..grade_query import TOP_RATING
from .sop_grade_criterion import GROUPS

# Item of the procedure by which the manager confirms the list of priorities.
PRIORITY_CODE = 'S1.E1'
# Where that item may be ticked
CONFIRMABLE = ('open', 'waived', 'lapsed')
HISTORY_LIMIT = 10
FACT_LIMIT = 3


class CrmLead(models.Model):
    """The score sheet people see and answer, and the manager's say in it (S1.4, §3)."""

    _inherit = 'crm.lead'

    # ------------------------------------------------------------
    # READING
    # ------------------------------------------------------------

    def get_sop_score_sheet(self):
        """Everything the score sheet shows of one lead; False when it follows no process."""
        self.ensure_one()
        self._check_sop_reader()
        # sudo: whoever reads the lead sees its score sheet; what he may do is asked for himself.
        lead = self.sudo()
        if not lead.sop_process_id:
            return False
        company = lead._get_sop_company()
        query = lead._get_sop_grade_query(company)
        profile = lead._get_sop_matching_profiles()[lead.id]
        rows = [lead._prepare_sop_sheet_row(query, criterion, profile) for criterion in query.scheme.criteria]
        can_edit = self.has_access('write') and self.env.user.has_group('sales_sop.group_sop_user')
        return {
            'can_rate': can_edit,
            'can_adjust': can_edit and self.env.user.has_group('sales_sop.group_sop_manager'),
            'profile': profile.display_name or False,
            'groups': lead._prepare_sop_sheet_groups(rows),
            **lead._prepare_sop_sheet_result(company),
            **lead._prepare_sop_next_grade(company, rows, query.scheme.weight),
            **lead._prepare_sop_grade_history(),
        }

    def _get_sop_matching_profiles(self):
        """``{lead id: the profile the lead is held against today}``"""
        nothing = self.env['sop.customer.profile'].sudo()
        found = dict.fromkeys(self.ids, nothing)
        for profile, leads in nothing._match_leads(self).items():
            found.update(dict.fromkeys(leads.ids, profile))
        return found

    def _prepare_sop_sheet_row(self, query, criterion, profile):
        record = self.env['sop.grade.criterion'].browse(criterion.id)
        rating = (self.sop_ratings or {}).get(criterion.key)
        is_automatic = criterion.rates_itself(bool(profile))
        names = sorted(query.get_criterion_names(criterion)) if is_automatic else []
        facts = [(self._fields[name]._description_string(self.env), self._get_sop_fact(name)) for name in names]
        return {
            'key': criterion.key,
            'name': record.name,
            'group': record.group,
            'weight': criterion.weight,
            'rating': rating if rating is not None else False,
            'points': round(criterion.weight * (rating or 0) / TOP_RATING, 1),
            'is_automatic': is_automatic,
            'is_knockout': self.sop_knockout_id.id == criterion.id,
            'facts': [{'label': label, 'value': value} for label, value in facts if value],
            'missing': [label for label, value in facts if not value],
            'levels': self._prepare_sop_sheet_levels(record.level_ids),
        }

    @api.model
    def _prepare_sop_sheet_levels(self, levels):
        """All ratings, best first; those between two described ones have no text."""
        described = {int(level.rating): level for level in levels}
        return [{
            'rating': rating,
            'text': described[rating].name if rating in described else False,
            'knock_out': rating in described and described[rating].knock_out,
        } for rating in range(TOP_RATING, -1, -1)]

    def _get_sop_fact(self, name):
        """The value of a field as the user reads it; empty when there is none."""
        field, value = self._fields[name], self[name]
        if field.type in ('boolean', 'float', 'integer', 'monetary'):
            return str(value) if field.type != 'boolean' else self.env._("Yes") if value else self.env._("No")
        if not value:
            return ''
        if field.relational:
            shown = ', '.join(value[:FACT_LIMIT].mapped('display_name'))
            return shown if len(value) <= FACT_LIMIT else f'{shown} …'
        if field.type == 'selection':
            return dict(field._description_selection(self.env)).get(value, value)
        return format_date(self.env, value) if field.type in ('date', 'datetime') else str(value)

    @api.model
    def _prepare_sop_sheet_groups(self, rows):
        labels = dict(self.env['sop.grade.criterion']._fields['group']._description_selection(self.env))
        groups = []
        for key, __ in GROUPS:
            if own := [row for row in rows if row['group'] == key]:
                groups.append({
                    'key': key,
                    'name': labels[key],
                    'weight': sum(row['weight'] for row in own),
                    'points': round(sum(row['points'] for row in own), 1),
                    'rows': own,
                })
        return groups

    def _prepare_sop_sheet_result(self, company):
        manual = self.sop_grade_manual and {
            'shift': self.sop_grade_manual,
            'until': format_date(self.env, self.sop_grade_manual_until) or False,
            'reason': self.sop_grade_manual_reason,
            'by': self.sop_grade_manual_by_id.name,
        }
        changed = company.sop_regrade_from
        return {
            'grade': self.sop_grade,
            'score': self.sop_score,
            'completeness': self.sop_completeness,
            'date': format_date(self.env, self.sop_grade_date) or False,
            'rated_by': self.sop_graded_by_id.name or False,
            'is_provisional': self.sop_grade_is_provisional,
            'is_decayed': self.sop_grade_is_decayed,
            'is_stale': bool(self.sop_grade_date and changed and self.sop_grade_date < changed),
            'knockout': self.sop_knockout_id.name or False,
            'manual': manual or False,
        }

    def _prepare_sop_next_grade(self, company, rows, weight):
        """The thresholds, and how many points are missing to the next better grade."""
        grades = self.env['sop.grade']._get_grades(company)
        thresholds = [
            {'grade': code, 'name': grade.with_env(self.env).name, 'threshold': grade.threshold if code != 'd' else 0}
            for code, grade in grades.items()]
        better = [entry for entry in thresholds if entry['threshold'] > self.sop_score]
        open_points = sum(row['weight'] for row in rows if row['rating'] is False and not row['is_automatic'])
        return {
            'thresholds': thresholds,
            'next': better[-1] | {'points': round(better[-1]['threshold'] - self.sop_score, 1)} if better else False,
            'open_points': round(100 * open_points / weight, 1) if weight else 0,
        }

    def _prepare_sop_grade_history(self):
        history = self.env['sop.grade.history']
        domain = [('lead_id', '=', self.id)]
        return {
            'history': [{
                'id': row.id,
                'date': format_date(self.env, row.date),
                'from': row.from_grade,
                'to': row.to_grade,
                'score': row.score,
                'by': row.user_id.name or self.env._("System"),
                'reason': row.reason or '',
            } for row in history.search(domain, limit=HISTORY_LIMIT)],
            'history_count': history.search_count(domain),
        }

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sop_rate(self, ratings):
        """Answer questions of the score sheet, in the user's own name.

        :param dict ratings: ``{criterion key: 0 to 5, or False to take the answer back}``
        :raise UserError: a criterion rates itself, is not asked, or the rating is none
        """
        self.check_access('write')
        self._check_sop_member()
        if not isinstance(ratings, dict):
            raise UserError(self.env._("%s is no answer to the score sheet.", ratings))
        answers = {key: self._get_sop_rating(key, rating) for key, rating in ratings.items()}
        self._check_sop_ratable(answers)
        for lead in as_engine(self):
            kept = {**(lead.sop_ratings or {}), **answers}
            lead.sop_ratings = {key: rating for key, rating in kept.items() if rating is not None}
        self._sop_grade(self.env._("The score sheet was answered."), self.env.user, rater=self.env.user)
        return True

    @api.model
    def _get_sop_rating(self, key, rating):
        """0 to 5, or None: not answered. The caller may send anything."""
        if rating is False or rating is None:
            return None
        if type(rating) is not int or not 0 <= rating <= TOP_RATING:
            raise UserError(self.env._(
                "%(key)s: %(rating)s is no rating. Choose 0 to 5.", key=key, rating=rating))
        return rating

    def _check_sop_ratable(self, answers):
        """Refuse answers to what is not asked of one of these leads."""
        profiles = self.sudo()._get_sop_matching_profiles()
        for lead in self.sudo():
            if not lead.sop_process_id:
                raise UserError(self.env._(
                    "%s follows no procedure, so it is not graded.", lead.display_name))
            scheme = self.env['sop.grade.criterion']._get_scheme(lead._get_sop_company())
            criteria = {criterion.key: criterion for criterion in scheme.criteria}
            for key in answers:
                if key not in criteria:
                    raise UserError(self.env._("%(lead)s: nothing is asked about %(key)s. Reload the page.",
                                               lead=lead.display_name, key=key))
                if criteria[key].rates_itself(bool(profiles[lead.id])):
                    raise UserError(self.env._(
                        "%(lead)s: %(criterion)s rates itself by the data of the lead. Correct these instead.",
                        lead=lead.display_name,
                        criterion=self.env['sop.grade.criterion'].sudo().browse(criteria[key].id).name))

    def action_sop_adjust_grade(self, shift, reason):
        """Set the grade one better or one worse than the score says; it falls back after a while (§3.3).

        :param int shift: +1 one grade better, -1 one worse
        """
        self._check_sop_grade_manager()
        if type(shift) is not int or shift not in (-1, 1):
            raise UserError(self.env._("%s: a grade is set one better (+1) or one worse (-1).", self[:1].display_name))
        reason = self._get_sop_reason(reason)
        for company, leads in self.sudo().grouped(lambda lead: lead._get_sop_company()).items():
            today = company._get_sop_local_date(fields.Datetime.now())
            days = company.sop_grade_manual_days
            as_engine(leads).write({
                'sop_grade_manual': shift,
                'sop_grade_manual_until': date_utils.add(today, days=days) if days > 0 else False,
                'sop_grade_manual_reason': reason,
                'sop_grade_manual_by_id': self.env.uid,
            })
        self._sop_grade(reason, self.env.user, is_logged=True)
        return True

    def action_sop_clear_adjustment(self):
        """Let the score decide again."""
        self._check_sop_grade_manager()
        adjusted = self.sudo().filtered('sop_grade_manual').with_env(self.env)
        if not adjusted:
            raise UserError(self.env._("%s: the grade is not set by hand.", self[:1].display_name))
        as_engine(adjusted).write({
            'sop_grade_manual': False, 'sop_grade_manual_until': False, 'sop_grade_manual_reason': False,
            'sop_grade_manual_by_id': False})
        adjusted._sop_grade(self.env._("The manual grade was taken back."), self.env.user, is_logged=True)
        return True

    def _check_sop_grade_manager(self):
        self.check_access('write')
        if not self.env.user.has_group('sales_sop.group_sop_manager'):
            raise AccessError(self.env._("Only a Sales SOP manager sets a grade by hand."))
        stray = self.sudo().filtered(lambda lead: not lead.sop_process_id)[:1]
        if stray:
            raise UserError(self.env._("%s follows no procedure, so it is not graded.", stray.display_name))

    def action_sop_confirm_priority(self):
        """Confirm the weekly list of priorities: tick that item on all these leads (S1 exit).

        Leads on which it is done already stay as they are.
        """
        self.check_access('write')
        confirmed = 0
        for process, leads in self.sudo().grouped('sop_process_id').items():
            item = process.stage_ids.requirement_ids.filtered(lambda item: item.code == PRIORITY_CODE)[:1]
            statuses = leads._get_sop_statuses(item)
            waiting = leads.filtered(
                lambda lead, item=item, statuses=statuses: statuses.get((lead.id, item.id)) in CONFIRMABLE)
            if waiting:
                waiting.with_env(self.env).action_sop_tick(item.id)
                confirmed += len(waiting)
        return self._prepare_sop_confirmed_notice(confirmed)

    @api.model
    def _prepare_sop_confirmed_notice(self, confirmed):
        message = self.env._("%s leads confirmed as priorities.", confirmed) if confirmed else self.env._(
            "Nothing to confirm: these leads are confirmed already, or their procedure does not ask for it.")
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'success' if confirmed else 'warning', 'message': message,
                'next': {'type': 'ir.actions.client', 'tag': 'soft_reload'},
            },
        }

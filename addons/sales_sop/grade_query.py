"""The one statement that grades leads: any number of them, by the conditions of a scheme."""
import logging

from odoo.tools import SQL, Query

_logger = logging.getLogger(__name__)

TOP_RATING = 5
# From which number of missed contacts in a row a grade decays.
DECAY_COUNT = 2
GRADE_CODES = ('a', 'b', 'c', 'd')
# Columns the statement writes besides those of a person.
RESULT_COLUMNS = (
    'sop_profile_id', 'sop_ratings', 'sop_score', 'sop_completeness', 'sop_grade', 'sop_grade_is_provisional',
    'sop_knockout_id', 'sop_grade_is_decayed', 'sop_grade_manual', 'sop_grade_manual_until',
    'sop_grade_manual_reason', 'sop_grade_manual_by_id')


class GradeQuery:
    """Grades leads of one company.

    :param leads: a model of leads, as the superuser and without a context of the caller
    :param scheme: a ``GradeScheme``
    :param today: where the company works
    """

    def __init__(self, leads, scheme, today):
        self.leads, self.scheme, self.today = leads, scheme, today
        self.alias = leads._table
        self.query = Query(leads.env, self.alias, SQL.identifier(leads._table))

    # ------------------------------------------------------------
    # CONDITIONS
    # ------------------------------------------------------------

    def _column(self, name):
        return self.leads._field_to_sql(self.alias, name, self.query)

    def _get_condition(self, domain):
        return domain.optimize_full(self.leads)._to_sql(self.leads, self.alias, self.query)

    def _get_level_condition(self, criterion, level, values):
        """SQL of the condition of ``level``; one that no longer evaluates holds for nobody."""
        try:
            return self._get_condition(self.leads.env['sop.grade.level']._parse_domain(level.domain, values))
        except (ValueError, SyntaxError, TypeError, KeyError, AttributeError) as error:
            _logger.error("Sales SOP: no lead is rated %s on %s: %s", level.rating, criterion.key, error)
            return SQL("FALSE")

    def _get_profile_id(self):
        """The first profile whose leads these are."""
        whens = []
        for profile in self.scheme.profiles:
            try:
                condition = self._get_condition(self.leads.env['sop.process']._parse_domain(profile.domain))
            except (ValueError, SyntaxError, TypeError, KeyError, AttributeError) as error:
                _logger.error("Sales SOP: no lead is measured against profile %s: %s", profile.id, error)
                continue
            whens.append(SQL("WHEN %s THEN %s", condition, profile.id))
        return SQL("CASE %s END", SQL(" ").join(whens)) if whens else SQL("NULL::integer")

    # ------------------------------------------------------------
    # RATINGS
    # ------------------------------------------------------------

    def _get_answer(self, criterion):
        """What a person answered."""
        return SQL("(%s ->> %s)::integer", self._column('sop_ratings'), criterion.key)

    def _get_level_ratings(self, criterion, values):
        """The best level whose condition holds."""
        return SQL("CASE %s END", SQL(" ").join(
            SQL("WHEN %s THEN %s", self._get_level_condition(criterion, level, values), level.rating)
            for level in criterion.levels if level.domain))

    def _get_rating(self, criterion):
        if not criterion.is_automatic:
            return self._get_answer(criterion)
        if not criterion.needs_profile:
            return self._get_level_ratings(criterion, {})
        whens = [
            SQL("WHEN %s THEN %s", profile.id, self._get_level_ratings(criterion, profile.values))
            for profile in self.scheme.profiles]
        if not whens:
            return self._get_answer(criterion)
        return SQL("CASE matched.profile_id %s ELSE %s END", SQL(" ").join(whens), self._get_answer(criterion))

    @property
    def _rated(self):
        """Pairs of each criterion and its rating."""
        return [
            (criterion, SQL.identifier('rated', f'r{index}')) for index, criterion in enumerate(self.scheme.criteria)]

    def _get_ratings(self):
        columns = [
            SQL("%s AS %s", self._get_rating(criterion), SQL.identifier(f'r{index}'))
            for index, criterion in enumerate(self.scheme.criteria)]
        return SQL(", ").join(columns) if columns else SQL("NULL AS nothing")

    def _get_all_answers(self):
        """All ratings as they are kept: answers of persons, and of the system in place of them."""
        automatic = [(criterion, rating) for criterion, rating in self._rated if criterion.is_automatic]
        answers = self._column('sop_ratings')
        if not automatic:
            return answers
        pairs = SQL(", ").join(SQL("%s, %s", criterion.key, rating) for criterion, rating in automatic)
        return SQL("jsonb_strip_nulls(COALESCE(%s, '{}') || jsonb_build_object(%s))", answers, pairs)

    # ------------------------------------------------------------
    # SCORE AND GRADE
    # ------------------------------------------------------------

    def _get_score(self):
        points = [SQL("%s * COALESCE(%s, 0)", criterion.weight, rating) for criterion, rating in self._rated]
        if not self.scheme.weight:
            return SQL("0.0")
        return SQL("ROUND((%s) * 100.0 / %s, 1)", SQL(" + ").join(points), TOP_RATING * self.scheme.weight)

    def _get_completeness(self):
        answered = [
            SQL("CASE WHEN %s IS NULL THEN 0 ELSE %s END", rating, criterion.weight)
            for criterion, rating in self._rated]
        if not self.scheme.weight:
            return SQL("0")
        return SQL("(%s) * 100 / %s", SQL(" + ").join(answered), self.scheme.weight)

    def _get_knockout(self):
        whens = [
            SQL("WHEN %s = %s THEN %s", rating, level.rating, criterion.id)
            for criterion, rating in self._rated for level in criterion.levels if level.knock_out]
        return SQL("CASE %s END", SQL(" ").join(whens)) if whens else SQL("NULL::integer")

    def _get_shift(self):
        """The manual shift, as long as it is valid."""
        return SQL(
            "CASE WHEN %s < %s THEN 0 ELSE COALESCE(%s, 0) END",
            self._column('sop_grade_manual_until'), self.today, self._column('sop_grade_manual'))

    def _get_is_decayed(self):
        return SQL("COALESCE(%s, 0) >= %s", self._column('sop_missed_count'), DECAY_COUNT)

    def _get_rank(self):
        """0 is A, 3 is D: by the score, then knock-out, then by hand, then decay."""
        last = len(GRADE_CODES) - 1
        whens = [SQL("WHEN scored.knockout_id IS NOT NULL THEN %s", last)] + [
            SQL("WHEN scored.score >= %s THEN %s", threshold, GRADE_CODES.index(code))
            for code, threshold in self.scheme.thresholds]
        return SQL(
            "LEAST(GREATEST(CASE %s ELSE %s END - scored.shift, 0) + scored.is_decayed::integer, %s)",
            SQL(" ").join(whens), last, last)

    # ------------------------------------------------------------
    # STATEMENTS
    # ------------------------------------------------------------

    def _get_graded(self, ids):
        """SELECT of the new values of these leads, beside the old grade.

        Each step is computed once for a lead (OFFSET 0), and read by the next ones.
        """
        parts = {
            'profile_id': self._get_profile_id(),
            'ratings': self._get_ratings(),
            'score': self._get_score(),
            'completeness': self._get_completeness(),
            'knockout_id': self._get_knockout(),
            'shift': self._get_shift(),
            'is_decayed': self._get_is_decayed(),
            'rank': self._get_rank(),
            'grades': list(GRADE_CODES),
            'answers': self._get_all_answers(),
            'from_grade': self._column('sop_grade'),
            'from_shift': self._column('sop_grade_manual'),
            'from_knockout_id': self._column('sop_knockout_id'),
            'team_id': self._column('team_id'),
            'lead_id': self._column('id'),
            'process_id': self._column('sop_process_id'),
            'ids': ids,
            # A batch of the job lies close together: with its ends known, the whole table is not looked through.
            'first': min(ids),
            'last': max(ids),
        }
        # Last: the conditions have added their tables to it.
        return SQL("""
            SELECT %(lead_id)s AS id, matched.profile_id, %(answers)s AS ratings, scored.*,
                   (%(grades)s)[1 + ranked.rank] AS grade, %(team_id)s AS team_id,
                   %(from_grade)s AS from_grade, COALESCE(%(from_shift)s, 0) AS from_shift,
                   %(from_knockout_id)s AS from_knockout_id
              FROM %(tables)s
             CROSS JOIN LATERAL (SELECT %(profile_id)s AS profile_id OFFSET 0) AS matched
             CROSS JOIN LATERAL (SELECT %(ratings)s OFFSET 0) AS rated
             CROSS JOIN LATERAL (SELECT %(score)s AS score, %(completeness)s AS completeness,
                                        %(knockout_id)s AS knockout_id, %(shift)s AS shift,
                                        %(is_decayed)s AS is_decayed OFFSET 0) AS scored
             CROSS JOIN LATERAL (SELECT %(rank)s AS rank) AS ranked
             WHERE %(lead_id)s = ANY(%(ids)s) AND %(lead_id)s BETWEEN %(first)s AND %(last)s
               AND %(process_id)s IS NOT NULL
        """, **parts, tables=self.query.from_clause)

    def get_statement(self, ids, now, user_id, rater_id, reason, expired_reason, is_logged):
        """UPDATE of these leads and INSERT of their history; returns id and old grade where the grade changed.

        :param user_id: who changed something; None: the system
        :param rater_id: who answered the score sheet, if that is why
        :param is_logged: also log those whose grade stays
        """
        return SQL("""
            WITH graded AS MATERIALIZED (%(graded)s),
            updated AS (
                UPDATE crm_lead
                   SET sop_profile_id = graded.profile_id,
                       sop_ratings = graded.ratings,
                       sop_score = graded.score,
                       sop_completeness = graded.completeness,
                       sop_grade = graded.grade,
                       sop_grade_date = %(now)s,
                       sop_graded_by_id = COALESCE(%(rater_id)s, sop_graded_by_id),
                       sop_grade_is_provisional = graded.profile_id IS NULL,
                       sop_knockout_id = graded.knockout_id,
                       sop_grade_is_decayed = graded.is_decayed,
                       sop_grade_manual = NULLIF(graded.shift, 0),
                       sop_grade_manual_until = CASE WHEN graded.shift <> 0 THEN sop_grade_manual_until END,
                       sop_grade_manual_reason = CASE WHEN graded.shift <> 0 THEN sop_grade_manual_reason END,
                       sop_grade_manual_by_id = CASE WHEN graded.shift <> 0 THEN sop_grade_manual_by_id END
                  FROM graded
                 WHERE crm_lead.id = graded.id AND crm_lead.id BETWEEN %(first)s AND %(last)s
            ),
            logged AS (
                INSERT INTO sop_grade_history (
                       lead_id, date, from_grade, to_grade, score, completeness, ratings, is_provisional, is_decayed,
                       shift, knockout_id, profile_id, profile_version, user_id, team_id, reason,
                       create_uid, create_date, write_uid, write_date)
                SELECT graded.id, %(now)s, from_grade, grade, score, completeness, ratings, profile_id IS NULL,
                       is_decayed, shift, knockout_id, profile_id, profile.version, %(user_id)s, team_id,
                       CASE WHEN from_shift <> shift THEN %(expired_reason)s ELSE %(reason)s END,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM graded
                  LEFT JOIN sop_customer_profile AS profile ON profile.id = graded.profile_id
                 WHERE %(is_logged)s OR from_grade IS DISTINCT FROM grade OR from_shift <> shift
                    OR from_knockout_id IS DISTINCT FROM knockout_id
            )
            SELECT id, from_grade FROM graded WHERE from_grade IS DISTINCT FROM grade
        """, graded=self._get_graded(ids), first=min(ids), last=max(ids), now=now, user_id=user_id, rater_id=rater_id,
            reason=reason, expired_reason=expired_reason, is_logged=is_logged, uid=self.leads.env.uid)

    # ------------------------------------------------------------
    # WHAT THE CONDITIONS READ
    # ------------------------------------------------------------

    def get_field_names(self):
        """Names of the fields of the lead that any condition reads."""
        names = set()
        for profile in self.scheme.profiles:
            names |= self._read_names(self.leads.env['sop.process']._parse_domain, profile.domain)
        for criterion in self.scheme.criteria:
            names |= self.get_criterion_names(criterion)
        return names

    def get_criterion_names(self, criterion):
        """Names of the fields of the lead by which ``criterion`` rates itself."""
        levels = self.leads.env['sop.grade.level']
        nothing = levels._get_profile_values(None)
        return {
            name for level in criterion.levels if level.domain
            for name in self._read_names(lambda value: levels._parse_domain(value, nothing), level.domain)}

    def _read_names(self, parse, value):
        try:
            domain = parse(value)
        except (ValueError, SyntaxError, TypeError):
            return set()
        names = {condition.field_expr.partition('.')[0] for condition in domain.iter_conditions()}
        return names & self.leads._fields.keys()

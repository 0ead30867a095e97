from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.sales_sop.engine import as_engine

from .sop_review_mixin import LIVE

# Check items that routine tests answer (§4.4)
ROUTINE_ITEMS = {
    'A01': ('terms',), 'C07': ('payment',), 'C09': ('template', 'terms'), 'F01': ('catalogue',), 'F03': ('stock',),
    'F04': ('stock',), 'R01': ('credit', 'overdue')}
# Where the final approvers stand behind the departments
FINAL_SEQUENCE = 100


class SopReviewMixin(models.AbstractModel):
    """Asking for a review: one round over what a record says now, with everything it needs frozen (§4.4)."""

    _inherit = 'sop.review.mixin'

    # ------------------------------------------------------------
    # WHAT A MODEL SAYS
    # ------------------------------------------------------------

    def _get_sop_review_snapshots(self):
        """What reviewers read: ``{id: JSON value}``."""
        return {record.id: record._get_sop_review_snapshot() for record in self}

    def _get_sop_review_snapshot(self):
        """What reviewers of this record read, as a JSON value."""
        return {}

    def _get_sop_topic_texts(self):
        """What these records say by topic, readable: ``{id: {topic: [line, ...]}}``; compared from round to round."""
        return {record.id: {} for record in self}

    def _get_sop_review_authors(self):
        """Who must not decide on this record: whoever drafted or sells it."""
        self.ensure_one()
        return self.user_id if 'user_id' in self._fields else self.env['res.users']

    def _get_sop_review_amount(self):
        """What this record is worth, in its own currency, taxes included."""
        self.ensure_one()
        return self.amount_total if 'amount_total' in self._fields else 0

    def _get_sop_review_prefills(self):
        """What the system knows of check items: ``{id: {item code: [result, comment]}}``.

        Reviewers start from it; "everything else conforms" does not overrule it.
        """
        return {
            record_id: self._get_sop_known_items({test['code']: test for test in tests})
            for record_id, tests in self._get_sop_routine_tests().items()}

    def _get_sop_known_items(self, tests):
        """Check items that routine tests answer, with what the tests say."""
        return {
            code: ['pass', '\n'.join(tests[name]['text'] for name in names)]
            for code, names in ROUTINE_ITEMS.items() if all(tests[name]['ok'] for name in names)}

    def _get_sop_review_computed(self):
        """Check items nobody answers by hand: ``{id: {item code: [result, comment]}}``."""
        missing = self._get_sop_missing_approvals()
        return {
            record.id: {'R10': ['fail', '\n'.join(missing[record.id])] if missing.get(record.id) else ['pass', False]}
            for record in self}

    def _get_sop_missing_approvals(self):
        """Terms below the floor or beyond the standard that nobody with the authority approved: ``{id: [text]}``."""
        return self.sudo()._get_sop_unapproved()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sop_request_review(self, message=None):
        """Ask the departments for their review of what these records say now.

        After a return, a rejection or a change only those are asked again whom it concerns.

        :param str message: what they should know
        """
        records = self.browse(dict.fromkeys(self.ids))
        records.check_access('write')
        records._sop_lock_subjects()
        records._check_sop_reviewable()
        message = message.strip() if isinstance(message, str) else False
        records._sop_request_review(message)
        return True

    @api.ondelete(at_uninstall=False)
    def _unlink_except_reviewed(self):
        # sudo: who reviewed it does not depend on who deletes it.
        if reviewed := self.sudo().filtered('sop_review_id')[:1]:
            raise UserError(self.env._(
                "%s has been reviewed, and its reviews are kept. Cancel it instead.", reviewed.display_name))

    def _sop_lock_subjects(self):
        """One request at a time for each record: the second one starts anew and sees the first."""
        self.env.cr.execute(SQL(
            "SELECT id FROM %s WHERE id = ANY(%s) ORDER BY id FOR UPDATE", SQL.identifier(self._table), self.ids))

    def _sop_request_review(self, message):
        # sudo: what is frozen is the whole text, whatever the one who asks may see.
        records = self.with_env(self.env(su=True))
        topics = self.with_env(self.env(su=True, context={}))._get_sop_review_topics()
        fingerprints = {
            record_id: {topic: self._hash_sop_topic(values) for topic, values in said.items()}
            for record_id, said in topics.items()}
        records._check_sop_requestable(fingerprints)
        plans = records._get_sop_review_plans()
        reviews = records._sop_create_reviews(message, fingerprints, plans)
        records._sop_link_reviews(reviews)
        reviews._sop_log('request', message)
        records._sop_create_opinions(reviews, plans)
        reviews.sudo(self.env.su)._sop_tell_subjects()
        reviews.sudo(self.env.su)._sop_progress()

    def _check_sop_requestable(self, fingerprints):
        """Refuse a second round over the same text; a round over another text ends here."""
        self._check_sop_first_request(fingerprints)
        reviews = self.sop_review_id
        reviews.filtered(lambda review: review.state in LIVE)._sop_outdate()
        # The INSERT follows at once; the index that allows one running round must see these ended.
        reviews.flush_recordset(['state'])

    def _check_sop_first_request(self, fingerprints):
        """Refuse where nothing was changed, or where reviewers still wait for an answer."""
        states = dict(self.env['sop.review']._fields['state']._description_selection(self.env))
        for record in self:
            review = record.sop_review_id
            if review.state in LIVE and review.fingerprints == fingerprints[record.id]:
                raise UserError(self.env._(
                    "%(record)s: nothing was changed since %(review)s (%(state)s). There is nothing to review anew.",
                    record=record.display_name, review=review.name, state=states[review.state]))
        if comment := self.sop_review_id._get_sop_unanswered_comments()[:1]:
            raise UserError(self.env._(
                "%(review)s: answer the comments of the reviewers first: %(comment)s",
                review=comment.review_id.name, comment=comment.text))

    # ------------------------------------------------------------
    # WHO IS ASKED
    # ------------------------------------------------------------

    def _get_sop_review_plans(self):
        """Who is asked what: ``{id: {'route':, 'authors':, 'opinions': [dict]}}``.

        :raise UserError: no rule asks for a review, or nobody may decide
        """
        routes = self.sudo(False)._get_sop_review_routes()
        items = self.env['sop.review.item'].search([]).grouped(lambda item: item.department_id.code)
        departments = {department.code: department for department in self.env['sop.review.department'].search([])}
        outlines, reviewers, plans = {}, {}, {}
        for record in self:
            route = routes.get(record.id)
            if not route:
                raise UserError(self.env._("%s: no rule asks for a review of it.", record.display_name))
            key = (route['level'].id, tuple(route['departments']))
            if key not in outlines:
                outlines[key] = self._get_sop_review_outline(route, departments, items)
            authors = self.env.user | record._get_sop_review_authors()
            plans[record.id] = {
                'route': route, 'authors': authors,
                'opinions': record._get_sop_asked_opinions(outlines[key], authors, reviewers)}
        return plans

    def _get_sop_review_outline(self, route, departments, items):
        """The opinions a route asks for, and their check items; every blocking item is among them (§4.4)."""
        # Its rights are those of whoever asks.
        level = route['level'].with_env(self.env)
        invited = [departments[code] for code in route['departments'] if code != 'mgt' and code in departments]
        if level.mode == 'single':
            invited = []
        asked = {department.code: list(items.get(department.code, ())) for department in invited}
        rest = [
            item for code, own in items.items() if code not in asked and code != 'mgt'
            for item in own if item.severity == 'blocking']
        outline = [
            {'department': department, 'items': asked[department.code], 'sequence': index}
            for index, department in enumerate(invited, 1)]
        finals = [
            {'is_final': True, 'approver_code': code, 'sequence': FINAL_SEQUENCE + index, 'items': []}
            for index, code in enumerate(level._get_sop_approver_codes())]
        if not outline + finals:
            raise UserError(self.env._("Level %s: nobody is asked. Ask an administrator.", level.display_name))
        for final in finals[:1]:
            final['department'] = departments.get('mgt' if invited else 'sal')
        # The sales department answers for those who are not asked, or else whoever is asked first.
        first = (outline or finals)[0]
        deputy = next((row for row in outline if row['department'].code == 'sal'), first)
        deputy['items'] = deputy['items'] + rest
        last = (finals or [deputy])[0]
        last['items'] = last['items'] + list(items.get('mgt', ()))
        return outline + finals

    def _get_sop_asked_opinions(self, outline, authors, reviewers):
        """The outline with the people: never who requested, drafted or sells it."""
        self.ensure_one()
        company = self.company_id or self.env.company
        asked = []
        for row in outline:
            users = self._get_sop_asked_users(row, company, authors, reviewers)
            if not users:
                raise UserError(self.env._(
                    "%(record)s: nobody may decide for %(role)s, as whoever requested, drafted or sells it does not. "
                    "Ask an administrator to fill the positions.", record=self.display_name,
                    role=self._get_sop_role_name(row)))
            asked.append({**row, 'users': users})
        return asked

    def _get_sop_asked_users(self, row, company, authors, reviewers):
        """Asked once for all records, and anew only where an author is the only one."""
        for but in (self.env['res.users'], authors):
            code = row.get('approver_code')
            key = (company.id, tuple(but.ids), code)
            if key not in reviewers:
                reviewers[key] = self._find_sop_asked_users(code, company, but)
            if users := reviewers[key].get(code or row['department'].code, but.browse()) - authors:
                return users
        return self.env['res.users']

    def _find_sop_asked_users(self, code, company, but):
        """``{code: users}``: who decides at last as the position ``code``, or else for each department."""
        if code:
            return {code: self.env['sop.position']._get_sop_holders([code], company, but=but).sudo()}
        reviewers = self.env['sop.review.department']._get_sop_reviewers(company, but)
        return {department: users.sudo() for department, users in reviewers.items()}

    def _get_sop_role_name(self, row):
        if not row.get('is_final'):
            return row['department'].name
        labels = dict(self.env['sop.position']._fields['code']._description_selection(self.env))
        return labels[row['approver_code']]

    # ------------------------------------------------------------
    # FREEZING
    # ------------------------------------------------------------

    def _sop_create_reviews(self, message, fingerprints, plans):
        numbers = self._get_sop_review_numbers()
        snapshots = self._get_sop_review_snapshots()
        texts = self._get_sop_topic_texts()
        now = fields.Datetime.now()
        deadlines = {}
        rows = []
        for record, number in zip(self, numbers, strict=True):
            plan, company = plans[record.id], record.company_id or self.env.company
            days = plan['route'].get('day_limit', plan['route']['level'].day_limit)
            if (company, days) not in deadlines:
                deadlines[company, days] = self.env['sop.review']._prepare_sop_deadline(company, now, days)
            rows.append({
                'name': number, 'date': now, 'message': message, 'company_id': company.id,
                'day_limit': days, **deadlines[company, days],
                'snapshot': {**snapshots[record.id], 'topics': texts.get(record.id, {})},
                'fingerprints': fingerprints[record.id], **record._prepare_sop_review(plan)})
        engine = as_engine(self.env['sop.review'], mail_create_nolog=True, mail_create_nosubscribe=True)
        return engine.create(rows).sudo()

    def _prepare_sop_review(self, plan):
        self.ensure_one()
        previous, level = self.sop_review_id, plan['route']['level']
        return {
            self._sop_review_link: self.id,
            'subject_name': self.display_name, 'partner_id': self.partner_id.id,
            'amount': self._get_sop_review_amount(), 'currency_id': self.currency_id.id,
            'level_id': level.id, 'mode': level.mode, 'reasons': plan['route']['reasons'],
            'previous_id': previous.id, 'round': (previous.round or 0) + 1,
            'requester_id': self.env.uid, 'author_ids': [Command.set(plan['authors'].ids)],
        }

    def _get_sop_review_numbers(self):
        """A number for each of these, by one look at the sequence for each company."""
        numbers = {}
        for company, records in self.grouped('company_id').items():
            taken = self.env['ir.sequence'].with_company(company)._get_sop_next_numbers('sop.review', len(records))
            numbers.update(zip(records.ids, taken, strict=True))
        return [numbers[record.id] for record in self]

    def _sop_link_reviews(self, reviews):
        """The latest round of each record; one UPDATE, as nothing else of it changes."""
        links = [(review[self._sop_review_link].id, review.id) for review in reviews]
        self.env.flush_all()
        self.env.cr.execute(SQL(
            "UPDATE %s AS record SET sop_review_id = link.review_id "
            "FROM unnest(%s, %s) AS link(id, review_id) WHERE record.id = link.id",
            SQL.identifier(self._table), [link[0] for link in links], [link[1] for link in links]))
        self.invalidate_recordset(['sop_review_id', 'sop_review_state'])

    def _sop_create_opinions(self, reviews, plans):
        by_subject = {review[self._sop_review_link].id: review for review in reviews}
        computed = self._get_sop_review_computed()
        # Only one authorised reviewer is asked about what departments know better than any test.
        prefills = self.browse(
            record.id for record in self if by_subject[record.id].mode == 'single')._get_sop_review_prefills()
        carried = self._get_sop_carried_opinions(by_subject, plans)
        rows = []
        for record in self:
            known = {**prefills.get(record.id, {}), **computed.get(record.id, {})}
            rows += [
                record._prepare_sop_opinion(
                    by_subject[record.id], row, known, carried.get((record.id, row['sequence'])))
                for row in plans[record.id]['opinions']]
        opinions = as_engine(self.env['sop.review.opinion']).create(rows)
        opinions._sop_carry_over()

    def _prepare_sop_opinion(self, review, row, known, carried):
        codes = {item.code for item in row['items']}
        department = row.get('department')
        values = {
            'review_id': review.id, 'sequence': row['sequence'], 'department_id': department and department.id,
            'is_final': row.get('is_final', False), 'approver_code': row.get('approver_code'),
            'reviewer_ids': [Command.set(row['users'].ids)],
            'items': [[item.id, item.code, item.severity] for item in row['items']],
            'prefill': {code: answer for code, answer in known.items() if code in codes},
            'state': 'waiting',
        }
        return {**values, **carried._prepare_sop_carry()} if carried else values

    # ------------------------------------------------------------
    # CARRYING OVER
    # ------------------------------------------------------------

    def _get_sop_carried_opinions(self, by_subject, plans):
        """Opinions of the round before that still hold: ``{(id, sequence): opinion}``."""
        again = self.filtered(lambda record: by_subject[record.id].previous_id)
        topics = self._get_sop_topic_departments() if again else {}
        carried = {}
        for record in again:
            review = by_subject[record.id]
            changed = review._get_sop_changed_fingerprints()
            touched = set().union(*(topics[topic] for topic in changed))
            given = review.previous_id.opinion_ids._filter_sop_holding(touched, plans[record.id]['authors'])
            for row in plans[record.id]['opinions']:
                asked = {item.code for item in row['items']}
                if not row.get('is_final') and (opinion := given.get(row['department'].code)) \
                        and asked <= {code for _id, code, _severity in opinion.items}:
                    carried[record.id, row['sequence']] = opinion
        return carried

    @api.model
    def _get_sop_topic_departments(self):
        """The departments that are asked again when a topic changes; all, where nobody said which."""
        everybody = set(self.env['sop.review.department'].search([]).mapped('code'))
        return defaultdict(lambda: everybody, {
            topic.code: set(topic.department_ids.mapped('code'))
            for topic in self.env['sop.review.topic'].search([]) if topic.department_ids})

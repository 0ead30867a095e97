from odoo import models
from odoo.tools.misc import format_amount

# The facts that a rule, or a department asked in some cases, looks at
TRIGGER_FACTS = {
    'always': (),
    'not_routine': ('routine',),
    'amount': ('amount',),
    'deviations': ('deviations',),
    'new_customer': ('new_customer',),
    'below_floor': ('below_floor',),
    'credit': ('credit',),
    'overdue': ('overdue',),
    'framework': ('framework_months',),
    'advance': ('payment',),
    'damages': ('damages_percent',),
    'disputed': ('disputed',),
    'flag': ('flags',),
    'deviation': ('deviations',),
    'service': ('service',),
}


class SopReviewMixin(models.AbstractModel):
    """Which review a record needs: its level, why, and who takes part (§4.4)."""

    _inherit = 'sop.review.mixin'

    def _get_sop_review_routes(self):
        """``{id: route}`` of these records; None where no rule gives a level and no review is needed.

        A route is a dict of ``level``, ``reasons`` (why, in words), ``departments``
        (codes, in order) and ``rules`` (ids of those that fired). The same for
        whoever asks; only the words are in his language.
        """
        # sudo: the level does not depend on who asks.
        lang = {'lang': self.env.context.get('lang') or self.env.user.lang}
        records = self.with_env(self.env(su=True, context=lang))
        routes = {}
        for company, own in records.grouped('company_id').items():
            routes.update(own._get_sop_company_routes(company or self.env.company))
        return routes

    def _get_sop_company_routes(self, company):
        fired, facts = self._get_sop_fired_rules(company)
        self._keep_sop_call_offs_low(fired, facts)
        self._add_sop_case_facts(fired, facts)
        return {
            record.id: record._prepare_sop_route(fired[record.id], facts[record.id]) if fired[record.id] else None
            for record in self}

    def _get_sop_fired_rules(self, company):
        """``({id: rules that fired}, {id: facts})`` of records of one company.

        Only facts that some rule asks for are looked up, and only of records
        that meet its condition: where none does, this costs next to nothing.
        """
        rules = self.env['sop.review.rule']._get_sop_rules(company.id, self._name)
        candidates = [(rule, self.env['sop.review.rule']._filter_sop_candidates(rule, self)) for rule in rules]
        facts = {record.id: {} for record in self}
        for records, names in self._get_sop_asked_facts(candidates):
            for record_id, values in records.with_company(company)._get_sop_review_facts(names).items():
                facts[record_id].update(values)
        fired = {record.id: [] for record in self}
        for rule, records in candidates:
            for record in records:
                if record._is_sop_triggered(rule, facts[record.id]):
                    fired[record.id].append(rule)
        return fired, facts

    def _keep_sop_call_offs_low(self, fired, facts):
        """Orders inside a framework agreement that was reviewed once get the lowest level that any rule gives."""
        for record_id, is_call_off in self.filtered(lambda record: fired[record.id])._get_sop_call_offs().items():
            facts[record_id]['call_off'] = is_call_off
            if is_call_off:
                lowest = min(rule.rank for rule in fired[record_id])
                fired[record_id] = [rule for rule in fired[record_id] if rule.rank == lowest]

    def _get_sop_asked_facts(self, candidates):
        """Pairs of records and the names of the facts that the rules ask of them."""
        asked = {}
        for rule, records in candidates:
            for name in TRIGGER_FACTS[rule.trigger]:
                asked[name] = asked.get(name, self.browse()) | records
        by_records = {}
        for name, records in asked.items():
            by_records.setdefault(records, []).append(name)
        return [(records, names) for records, names in by_records.items() if records]

    def _is_sop_triggered(self, rule, facts):
        """Whether ``rule`` fires for what ``facts`` say about this record."""
        number = rule.number
        match rule.trigger:
            case 'always':
                return True
            case 'flag':
                return rule.flag in facts['flags']
            case 'not_routine':
                return any(test['ok'] is False for test in facts['routine'])
            case 'amount':
                return facts['amount'] > number
            case 'deviations':
                return len(facts['deviations']) >= max(number, 1)
            case 'overdue':
                return facts['overdue']['days'] > number
            case 'framework':
                return facts['framework_months'] > number
            case 'damages':
                return facts['damages_percent'] > number
            case 'advance':
                return not facts['payment']['advance_percent'] and facts['payment']['credit_days'] > number
            case 'disputed':
                return rule.below in facts['disputed']
            case _:
                return bool(facts[rule.trigger])

    def _add_sop_case_facts(self, fired, facts):
        """Look up what departments that take part in some cases depend on."""
        level_ids = {rules[-1].level_id for rules in fired.values() if rules}
        cases = self.env['sop.review.level'].browse(level_ids).case_ids
        for name in {name for case in cases for name in TRIGGER_FACTS[case.when]}:
            missing = self.filtered(lambda record, name=name: fired[record.id] and name not in facts[record.id])
            for record_id, values in missing._get_sop_review_facts([name]).items():
                facts[record_id].update(values)

    def _prepare_sop_route(self, rules, facts):
        highest = max(rules, key=lambda rule: rule.rank)
        level = self.env['sop.review.level'].browse(highest.level_id)
        fired = self.env['sop.review.rule'].browse([rule.id for rule in rules])
        departments = level.department_ids | fired.department_ids | level.case_ids.filtered(
            lambda case: case._applies(facts)).department_id
        return {
            'level': level.sudo(False),
            'reasons': self._get_sop_route_reasons(rules, facts),
            'departments': departments.sorted().mapped('code'),
            'rules': fired.ids,
        }

    def _get_sop_route_reasons(self, rules, facts):
        """Why these rules fired, the weightiest first."""
        reasons = [self._get_sop_route_reason(rule, facts) for rule in sorted(rules, key=lambda rule: -rule.rank)]
        if facts.get('call_off'):
            reasons.insert(0, self.env._("Call-off inside %s", self.sop_contract_id.display_name))
        return reasons

    def _get_sop_route_reason(self, rule, facts):
        """Why ``rule`` fired, with the numbers: "New customer", "Amount above …: 120 000 ¥"."""
        name = self.env['sop.review.rule'].browse(rule.id).name
        detail = self._get_sop_route_detail(rule.trigger, facts)
        return self.env._("%(rule)s: %(detail)s", rule=name, detail=detail) if detail else name

    def _get_sop_route_detail(self, trigger, facts):
        match trigger:
            case 'amount':
                return format_amount(self.env, facts['amount'], self.company_id.currency_id)
            case 'not_routine':
                return ', '.join(test['text'] for test in facts['routine'] if test['ok'] is False)
            case 'deviations' | 'below_floor':
                return '; '.join(facts[trigger])
            case 'credit':
                return facts['credit']
            case 'overdue':
                return facts['overdue']['text']
            case 'advance':
                return self.env._("%s days", facts['payment']['credit_days'])
            case 'damages':
                return f"{facts['damages_percent']:g} %"
        return False

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Command

from ..engine import as_engine
from .sop_deal_stories import (
    AGREED,
    ANSWERED,
    INTERVIEWS,
    MINUTES,
    NEEDS,
    OBJECTIONS,
    RETURNS,
    SOLUTION,
    THEMES,
    VALUES,
    WORKSHOP,
)

# When the records of a step are said to have happened
DATED = {
    'sop.solution': ('submitted_date', 'approved_date'),
    'sop.negotiation': ('start_date', 'close_date'),
    'sop.floor.approval': ('date', 'decided_date', 'used_date'),
    'sop.interview': ('date', 'done_date'),
    'sop.need': ('restated_date', 'confirmed_date'),
    'sop.restatement': ('sent_date', 'answer_date'),
    'sop.presentation': ('date', 'done_date'),
    'sop.objection': ('answered_date', 'closed_date'),
    'sop.minutes': ('date', 'sent_date', 'confirmed_date'),
    'sop.signoff': ('sent_date', 'answer_date'),
}


class SopDemo(models.AbstractModel):
    """Needs, solution and negotiation of the demo: S3 and S4, made true as the people concerned would."""

    _inherit = 'sop.demo'

    @api.model
    def _get_theme(self, lead):
        name = lead.name.lower()
        return next((theme for word, theme in THEMES.items() if word in name), 'air')

    def _get_people(self, lead):
        return lead._get_sop_main_stakeholders()[lead.id]

    # ------------------------------------------------------------
    # NEEDS AND SOLUTION
    # ------------------------------------------------------------

    def _meet_s3_1(self, lead):
        interview = lead.sop_interview_ids.create({
            'lead_id': lead.id, 'stakeholder_ids': [Command.set(self._get_people(lead).ids)],
            'goal_date': fields.Date.today() + timedelta(days=270), **INTERVIEWS[self._get_theme(lead)]})
        for answer in interview.answer_ids.filtered('mandatory'):
            answer.answer = INTERVIEWS[self._get_theme(lead)]['challenge']
        interview.action_done()

    def _meet_s3_2(self, lead):
        if not lead.sop_need_ids:
            self._enter_needs(lead)
        restatement = lead.sop_restatement_ids.create({'lead_id': lead.id})
        restatement.action_mark_sent()

    def _enter_needs(self, lead):
        people, interview = self._get_people(lead), lead.sop_interview_ids[:1]
        lead.sop_need_ids.create([
            {
                'lead_id': lead.id, 'name': name, 'category': category, 'priority': priority, 'origin': origin,
                'sequence': number, 'interview_id': interview.id,
                'said_by_id': origin == 'explicit' and people[:1].id,
            } for number, (name, category, priority, origin) in enumerate(NEEDS[self._get_theme(lead)])])
        own = lead.sop_need_ids.filtered(lambda need: need.origin == 'legal')
        own.with_user(self._get_user('mike')).action_confirm_own()

    def _meet_s3_e1(self, lead):
        lead.sop_restatement_ids[:1]._sop_record_signoff(
            'confirmed', self._get_people(lead).name, how='email', answer_date=fields.Datetime.now(),
            files=self._make_page(lead, "Confirmation of the customer"))

    def _meet_s3_3(self, lead):
        start = fields.Datetime.now() - timedelta(hours=3)
        workshop = self.env['calendar.event'].with_user(lead.user_id).create({
            'name': f"Workshop: {lead.name}", 'sop_lead_id': lead.id, 'start': start,
            'stop': start + timedelta(hours=2),
            'partner_ids': [Command.set(lead._get_sop_workshop_partners().ids)],
            'sop_option_ids': [
                Command.create(dict(zip(
                    ('name', 'pros', 'cons', 'is_chosen', 'conclusion'), row, strict=True))) for row in WORKSHOP],
        })
        workshop.action_sop_conclude()

    def _meet_s3_4(self, lead):
        solution = lead.sop_solution_id.filtered(lambda solution: solution.state == 'draft')
        if not solution:
            solution = lead.sop_solution_id and lead.sop_solution_id._make_version() or lead._create_sop_solution()
        solution.write(SOLUTION)
        product = lead.order_ids.order_line.product_id[:1] or self.env.ref('sales_sop.product_compressor')
        for line in solution.coverage_ids:
            line.write({'met': 'full', 'remark': "Met by the machine as quoted."})
        solution.coverage_ids[:1].write({'product_id': product.id, 'quantity': 2})
        if not solution.value_ids:
            names = ('name', 'today', 'expected', 'unit', 'basis')
            solution.value_ids.create([
                {'solution_id': solution.id, **dict(zip(names, row, strict=True))} for row in VALUES])

    def _meet_s3_6(self, lead):
        solution = lead.sop_solution_id
        if solution.state == 'draft':
            solution.action_submit()
        for review in solution.review_ids.filtered(lambda review: review.state == 'open'):
            reviewer = review.asked_ids[0]
            review.with_user(reviewer).action_answer('ok', "Checked.")

    def _tell_submit(self, lead):
        lead.with_user(lead.user_id).sop_solution_id.action_submit()

    def _tell_ask(self, lead):
        """The customer has a link with our understanding of the needs and has not answered yet."""
        lead = lead.with_user(lead.user_id)
        self._enter_needs(lead)
        lead.sop_restatement_ids.create({'lead_id': lead.id})._sop_request_signoff(mail=False)

    def _tell_change_need(self, lead, text):
        lead.sop_need_ids.with_user(lead.user_id)[:1].name = text

    # ------------------------------------------------------------
    # PRESENTATION AND NEGOTIATION
    # ------------------------------------------------------------

    def _meet_s4_1(self, lead):
        presentation = lead.sop_presentation_ids.create({
            'lead_id': lead.id, 'audience_ids': [Command.set(self._get_people(lead).ids)], 'feedback': '4',
            'in_principle_ok': True, 'own_language': True,
            'advantages': "One partner for machine, installation and service within 100 km.",
            'questions': "Who comes on a Sunday? - Our service point in the same province, within four hours."})
        presentation.action_done()

    def _tell_object(self, lead, is_resolved, **values):
        objection = self._raise_objection(lead.with_user(lead.user_id), **values)
        if is_resolved:
            objection.response = ANSWERED
            objection.action_resolve()

    def _raise_objection(self, lead, **values):
        category, statement = OBJECTIONS[self._get_theme(lead)]
        return lead.sop_objection_ids.create({
            'lead_id': lead.id, 'category': category, 'statement': statement,
            'said_by_id': self._get_people(lead)[:1].id, **values})

    def _meet_s4_3(self, lead):
        order = lead.order_ids.filtered(lambda order: order.state in ('draft', 'sent'))[:1]
        sheet = lead.sop_negotiation_ids.filtered(lambda sheet: sheet.state != 'closed') or (
            lead.sop_negotiation_ids.create({'lead_id': lead.id, 'order_id': order.id}))
        if sheet.state == 'draft':
            self._set_limits(sheet, order)
            sheet.action_start()
        for line in sheet.line_ids.filtered('required'):
            self._agree(line, order)

    def _set_limits(self, sheet, order):
        known = {'quantity': order._get_sop_quantity() if order else 2, 'delivery': 56}
        for line in sheet.line_ids.filtered(lambda line: line.key in known):
            value = known[line.key]
            line.write({'target_value': value, 'floor_value': value})

    def _agree(self, line, order):
        words, standing = AGREED.get(line.key, (False, 'target'))
        discount = order._get_sop_total_discount() if order else 0
        number = discount if line.key == 'price' else line.sudo().target_value
        if words:
            line.write({'ask': words, 'standing': standing, 'agreed': words, 'number': number})
        else:
            self._approve(line, line._format(round(number, 2)))
            line.write({'agreed': line._format(round(number, 2)), 'traded_for': RETURNS.get(line.key, False)})

    def _approve(self, line, value):
        """What the salesperson may not agree to alone is approved by those who may."""
        if not line._get_codes(line._get_number(value), False):
            return
        self._let_approve(self._ask_approval(line, value))

    def _approve_prices(self, order):
        for line in order.sudo().order_line._get_sop_uncovered():
            self._let_approve(self.env['sop.floor.approval'].with_user(order.user_id).create({
                'order_line_id': line.id, 'reason': "Second plant of the same group.", 'counter': RETURNS['price']}))

    def _let_approve(self, approval):
        for decision in approval.sudo().decision_ids:
            approval.with_user(decision.approver_ids[0]).action_approve()

    def _tell_haggle(self, lead, value):
        """The customer asks for more than the salesperson may give: the term sheet is open, the approval asked for."""
        lead = lead.with_user(lead.user_id)
        self._meet_s4_3(lead)
        line = lead.sop_negotiation_id.line_ids.filtered(lambda line: line.key == 'price')
        line.write({'status': 'open', 'agreed': False, 'ask': value})
        self._ask_approval(line, value)

    def _ask_approval(self, line, value):
        return self.env['sop.floor.approval'].with_user(line.lead_id.user_id).create({
            'negotiation_line_id': line.id, 'value': value, 'counter': RETURNS['price'],
            'reason': "A competitor quoted a tenth less; the customer takes two lines with us."})

    def _meet_s4_5(self, lead):
        orders = lead.order_ids.filtered(lambda order: order.state in ('draft', 'sent'))
        orders.action_sop_take_over_terms()
        orders.filtered(lambda order: order.state == 'draft').action_quotation_sent()

    def _meet_s4_4(self, lead):
        minutes = self._keep_minutes(lead)
        minutes._sop_record_signoff(
            'confirmed', self._get_people(lead).name, how='email', answer_date=fields.Datetime.now(),
            files=self._make_page(lead, "Minutes, confirmed"))

    def _keep_minutes(self, lead):
        return lead.sop_minutes_ids.create({
            'lead_id': lead.id, 'stakeholder_ids': [Command.set(self._get_people(lead).ids)],
            'point_ids': [Command.create({'kind': kind, 'name': name}) for kind, name in MINUTES]})

    # ------------------------------------------------------------
    # DATES
    # ------------------------------------------------------------

    def _get_rows(self, lead):
        return super()._get_rows(lead) | {
            model: self.env[model].sudo().search([('lead_id', '=', lead.id)]) for model in DATED
        } | {'workshop': lead.sudo().sop_workshop_ids}

    def _set_dates(self, lead, moment, seen=None):
        result = super()._set_dates(lead, moment, seen)
        rows = self._get_rows(lead)
        for model, names in DATED.items():
            for record in rows[model] - (seen or rows)[model]:
                as_engine(record).write({name: moment for name in names if record[name]})
        as_engine(rows['workshop'] - (seen or rows)['workshop']).write({
            'start': moment - timedelta(hours=2), 'stop': moment, 'sop_done_date': moment})
        return result

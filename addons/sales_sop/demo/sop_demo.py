from datetime import datetime, time, timedelta
from io import BytesIO

from reportlab.pdfgen import canvas

from odoo import api, fields, models
from odoo.fields import Command

from ..engine import as_engine
from .sop_demo_stories import (
    CHINESE,
    FOLLOW_UP,
    INTERESTED,
    RATINGS,
    REMARKS,
    RESEARCH,
    STORIES,
    URGENCY,
)

# Who does an item when it is not the salesperson.
DOERS = {'sm': 'mike', 'fin': 'mike', 'pre': 'carol', 'px': 'carol', 'ca': 'carol'}
SATURDAY = 5
DONE_OR_WAITING = ('done', 'na', 'waived', 'to_verify', 'off')


class SopDemo(models.AbstractModel):
    """Lets the opportunities of the demo data live through their history.

    Every step goes through the checklist and the gate, as the person concerned;
    afterwards its rows get the date at which it is said to have happened.
    """

    _name = 'sop.demo'
    _description = "SOP Demo Data"

    @api.model
    def _load(self):
        self._translate()
        process = self.env.ref('sales_sop.sop_process_sales')
        # What changed is told to the chatter when the transaction is flushed.
        self.env.cr.flush()
        as_engine(process).write({'published_date': self._get_moment(125)})
        process.message_ids.write({'date': self._get_moment(125)})
        for key, story in STORIES.items():
            self._tell(self.env.ref(f'sales_sop.crm_lead_{key}'), story)

    def _translate(self):
        """Records of the demo are not in the .po file; the names staff look at all day are told here."""
        if 'zh_CN' in dict(self.env['res.lang'].get_installed()):
            for name, chinese in CHINESE.items():
                self.env.ref(f'sales_sop.{name}').update_field_translations('name', {'zh_CN': chinese})

    def _tell(self, lead, story):
        if any('S1' in details or 'S1.3' in details[0] for __, verb, *details in story if verb == 'do'):
            self._meet_s1_3(lead.with_user(lead.user_id))
            # The first contact asks for a planned activity.
            lead.with_user(lead.user_id)._sop_plan_follow_up({lead: {
                'date': fields.Date.today() + timedelta(days=3), 'method': 'phone', 'summary': "Stay in touch",
                'user': lead.user_id}})
        moment = self._get_moment((fields.Datetime.now() - lead.create_date).days)
        lead.write({'create_date': moment})
        self._set_dates(lead, moment)
        for number, (days, verb, *details) in enumerate(story):
            if verb == 'plan' and details[0] > 0 and lead.sop_contact_log_ids:
                moment = self._step(lead, max(moment, self._get_moment(2)), 'log', FOLLOW_UP)
            moment = self._step(lead, max(moment, self._get_moment(days, number)), verb, *details)
        if lead.sop_outcome != 'open':
            lead.activity_ids.unlink()

    def _step(self, lead, moment, verb, *details):
        seen = self._get_rows(lead)
        getattr(self, f'_tell_{verb}')(lead, *details)
        self._set_dates(lead, moment, seen)
        return moment

    # ------------------------------------------------------------
    # STEPS
    # ------------------------------------------------------------

    def _tell_do(self, lead, codes):
        stages = lead.sop_process_id.stage_ids
        items = stages.filtered(lambda stage: stage.code == codes).requirement_ids.filtered('mandatory')
        for item in items or stages.requirement_ids.filtered(lambda item: item.code in codes.split()):
            if lead._get_sop_statuses(item)[lead.id, item.id] not in DONE_OR_WAITING:
                self._do(lead, item)
            if items and item.verify:
                self._tell_verify(lead, item.code)

    def _do(self, lead, item):
        if item.is_fact:
            meet = getattr(self, f"_meet_{item.code.lower().replace('.', '_')}", None)
            if meet:
                meet(lead.with_user(lead.user_id))
        else:
            self._tell_tick(lead, item.code, REMARKS.get(item.code))

    def _tell_tick(self, lead, code, remark):
        item = self._get_item(lead, code)
        doer = self._get_doer(lead, item)
        files = self._make_file(lead, item, doer) if item.kind == 'document' else []
        lead.with_user(doer).action_sop_tick(item.id, remark=remark, attachment_ids=files)

    def _tell_verify(self, lead, code):
        check = self._get_check(lead, code)
        if check.state == 'done' and not check.verified_by_id:
            mike, carol = self._get_user('mike'), self._get_user('carol')
            check.with_user(carol if check.done_by_id == mike else mike).action_verify("Checked.")

    def _tell_waive(self, lead, code, days, reason):
        today = lead._get_sop_today()
        until = today + timedelta(days=days)
        item = self._get_item(lead, code)
        lead.with_user(self._get_user('mike')).action_sop_waive(item.id, reason, max(until, today))
        as_engine(self._get_check(lead, code)).write({'valid_until': until})

    def _tell_revoke(self, lead, code, reason):
        check = self._get_check(lead, code)
        check.with_user(check.done_by_id).action_revoke(reason)

    def _tell_lapse(self, lead, code, days):
        as_engine(self._get_check(lead, code)).write({'valid_until': fields.Date.today() - timedelta(days=days)})

    def _tell_go(self, lead):
        lead.with_user(lead.user_id).action_sop_complete_stage()

    def _tell_back(self, lead, stage, reason):
        stage = self.env.ref(f'sales_sop.crm_stage_{stage}')
        lead.with_user(lead.user_id).action_sop_move_back(stage.id, reason)

    def _tell_fast(self, lead, code, reason):
        stage = lead.sop_process_id.stage_ids.filtered(lambda stage: stage.code == code)
        lead.with_user(lead.user_id).action_sop_fast_track(stage.id, reason)

    def _tell_won(self, lead):
        lead.order_ids.with_user(lead.user_id).action_confirm()
        lead.with_user(lead.user_id).action_set_won()

    def _tell_lost(self, lead, reason):
        reason = self.env.ref(f'sales_sop.crm_lost_reason_{reason}')
        lead.with_user(lead.user_id).action_set_lost(lost_reason_id=reason.id)

    def _tell_quote(self, lead, lines, discount):
        order = self.env['sale.order'].with_user(lead.user_id).create({
            'partner_id': lead.partner_id.id,
            'opportunity_id': lead.id,
            'team_id': lead.team_id.id,
            'order_line': [Command.create({
                'product_id': self.env.ref(f'sales_sop.product_{product}').id,
                'product_uom_qty': quantity,
                'discount': discount,
            }) for product, quantity in lines],
        })
        self._approve_prices(order)
        order.action_quotation_sent()

    def _tell_plan(self, lead, days, summary):
        lead.activity_ids.write({'date_deadline': fields.Date.today() + timedelta(days=days), 'summary': summary})

    def _tell_tag(self, lead):
        lead.tag_ids = self.env.ref('sales_sop.crm_tag_verbal_order')

    # ------------------------------------------------------------
    # FACTS
    # ------------------------------------------------------------

    def _meet_s1_1(self, lead):
        lead.sop_market_note_ids |= self.env.ref('sales_sop.sop_market_note_peak_prices')

    def _meet_s1_2(self, lead):
        self._state_traits(lead)
        if not lead._get_sop_matching_profiles()[lead.id]:
            lead.action_sop_not_applicable(
                self._get_item(lead, 'S1.2').id, "The profile of this industry has expired; a new one is under way.")

    def _state_traits(self, lead):
        traits = {
            'sop_industry_id': self.env.ref('sales_sop.res_partner_industry_metal').id,
            'state_id': self.env.ref('base.state_cn_JS').id,
            'sop_size_band': 'medium',
            'sop_purchase_habit': 'direct',
        }
        lead.write({name: value for name, value in traits.items() if not lead[name]})

    def _meet_s1_3(self, lead):
        lead.write({'sop_source': 'offline', 'sop_legal_basis': 'consent'})

    def _meet_s1_4(self, lead):
        self._state_traits(lead)
        lead.date_deadline = fields.Date.today() + timedelta(days=URGENCY[lead.priority])
        sheet = lead.get_sop_score_sheet()
        rating = RATINGS[lead.priority] if sheet['profile'] else 3
        rows = [row for group in sheet['groups'] for row in group['rows']]
        lead.action_sop_rate({row['key']: rating for row in rows if not row['is_automatic']})

    def _meet_s2_1(self, lead):
        lead.write(RESEARCH)

    def _meet_s2_2(self, lead):
        lead.action_sop_fill_pack()

    def _meet_s2_3(self, lead):
        lead.sop_contact_log_ids.create({
            'lead_id': lead.id, 'state': 'planned', 'method': 'phone', 'why': "Asked for it on the business card.",
            'date': fields.Datetime.now() + timedelta(hours=2)})

    def _meet_s2_4(self, lead):
        self._tell_log(lead, INTERESTED)

    def _meet_s2_5(self, lead):
        lead.with_user(self._get_user('mike')).action_sop_decide_intention('willing')

    def _tell_log(self, lead, values):
        lead = lead.with_user(lead.user_id)
        plans = {'next_date': lead._get_sop_today() + timedelta(days=3)} if 'next_step' in values else {}
        lead.sop_contact_log_ids.create({
            'lead_id': lead.id, 'state': 'done', 'conduct_ok': True,
            'stakeholder_ids': lead._get_sop_main_stakeholders()[lead.id].ids, **values, **plans})

    # ------------------------------------------------------------
    # PEOPLE AND THINGS
    # ------------------------------------------------------------

    def _get_user(self, login):
        return self.env.ref(f'sales_sop.user_{login}')

    def _get_doer(self, lead, item):
        if item.group_id:
            return self._get_user('mike')
        login = DOERS.get(item.role)
        return self._get_user(login) if login and not item.verify_group_id else lead.user_id

    def _get_item(self, lead, code):
        return lead.sop_process_id.stage_ids.requirement_ids.filtered(lambda item: item.code == code)

    def _get_check(self, lead, code):
        return lead._get_sop_live_checks(self._get_item(lead, code))[lead.id, self._get_item(lead, code).id]

    def _make_file(self, lead, item, doer):
        """A page that says what it stands for. Returns a list with its id."""
        return self._make_page(lead.with_user(doer), item.document_kind).ids

    def _make_page(self, lead, title):
        name = f'{title} - {lead.name}'
        stream = BytesIO()
        page = canvas.Canvas(stream)
        page.drawString(72, 760, name)
        page.drawString(72, 730, "Sample document of the demo data.")
        page.save()
        return lead.env['ir.attachment'].create({
            'name': f'{name}.pdf', 'raw': stream.getvalue(), 'mimetype': 'application/pdf',
            'res_model': lead._name, 'res_id': lead.id,
        })

    # ------------------------------------------------------------
    # DATES
    # ------------------------------------------------------------

    @api.model
    def _get_moment(self, days, number=0):
        """A time of an ordinary working day about ``days`` ago, never in the future."""
        day = fields.Date.today() - timedelta(days=days)
        day -= timedelta(days=max(day.weekday() - SATURDAY + 1, 0))
        return min(datetime.combine(day, time(1 + number % 8, 7 * number % 60)), fields.Datetime.now())

    def _get_rows(self, lead):
        """What is known about an opportunity: the rows that carry a date, by its name."""
        self.env.cr.flush()
        checks = self.env['sop.check'].sudo().search([('lead_id', '=', lead.id)], order='id')
        messages = lead.message_ids.sudo()
        return {
            'done_date': checks,
            'verified_date': checks.filtered('verified_date'),
            'revoked_date': checks.filtered('revoked_date'),
            'date': self.env['sop.transition'].sudo().search([('lead_id', '=', lead.id)]),
            'contact': self.env['sop.contact.log'].sudo().search([('lead_id', '=', lead.id), ('state', '=', 'done')]),
            'graded': self.env['sop.grade.history'].sudo().search([('lead_id', '=', lead.id)]),
            'lifecycle': self.env['sop.lifecycle.change'].sudo().search([
                '|', ('lead_id', '=', lead.id), ('partner_id', '=', lead.partner_id.commercial_partner_id.id)]),
            'message': messages,
            'create_date': messages.tracking_value_ids,
            'date_order': lead.order_ids.sudo(),
        }

    def _set_dates(self, lead, moment, seen=None):
        new = {name: rows - seen[name] if seen else rows for name, rows in self._get_rows(lead).items()}
        for name in ('done_date', 'verified_date', 'revoked_date'):
            for number, check in enumerate(new[name]):
                pause = timedelta(minutes=11 * number, hours=name == 'verified_date')
                as_engine(check).write({name: min(moment + pause, fields.Datetime.now())})
        new['message'].write({'date': moment})
        for name in ('graded', 'lifecycle'):
            as_engine(new[name]).write({'date': moment})
        if new['contact']:
            as_engine(new['contact']).write({'date': moment, 'logged_date': moment})
            lead._sop_update_last_contact()
        for name in ('create_date', 'date_order'):
            new[name].write({name: moment})
        if not seen or new['date']:
            self._set_stage_date(lead, moment, new['date'])

    def _set_stage_date(self, lead, moment, transitions):
        previous = transitions.search([('lead_id', '=', lead.id), ('id', 'not in', transitions.ids)], limit=1)
        start = min(previous.date or lead.create_date, moment)
        company = lead._get_sop_company()
        limit = transitions.from_stage_id.day_limit
        due = limit and company._sop_add_workdays(start, limit)
        as_engine(transitions).write({
            'date': moment,
            'days': company._sop_count_workdays(start, moment),
            'was_late': bool(due and due < moment.date()),
        })
        as_engine(lead).write({'sop_stage_date': moment, 'date_last_stage_update': moment})
        if lead.sop_outcome != 'open':
            as_engine(lead).write({'date_closed': moment})
        lead._sop_update_deadline()

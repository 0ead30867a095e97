from odoo import fields, models
from odoo.fields import Domain

from ..engine import as_engine
from .sop_handover_line import KINDS

RANKS = {kind: rank for rank, (kind, __) in enumerate(KINDS)}
OPEN_ORDERS = ('draft', 'sent', 'sale')


class CrmLead(models.Model):
    """The list of what is open when the salesperson changes (X.9)."""

    _inherit = 'crm.lead'

    def _sop_hand_over(self, before):
        """One hand-over per former and new owner and company; what is planned goes to the new owner."""
        super()._sop_hand_over(before)
        passed = self.filtered(lambda lead: lead.user_id and before[lead] and lead._get_sop_company().sop_handover)
        if not passed:
            return
        owners = {lead.id: before[lead] for lead in passed}
        lines = passed._get_sop_handover_lines(owners)
        groups = passed.grouped(lambda lead: (owners[lead.id], lead.user_id, lead._get_sop_company()))
        as_engine(self.env['sop.handover'], mail_create_nolog=True, mail_create_nosubscribe=True).create([
            leads._prepare_sop_handover_values(*key, [line for lead in leads for line in lines[lead.id]])
            for key, leads in groups.items()
        ]).sudo()._remind_to_sign()
        passed._sop_pass_activities(owners)

    def _prepare_sop_handover_values(self, former, new, company, lines):
        now = fields.Datetime.now()
        return {
            'from_user_id': former.id,
            'to_user_id': new.id,
            'date': now,
            'due_date': company._sop_add_workdays(now, company.sop_handover_days),
            'made_by_id': self.env.uid,
            'company_id': company.id,
            'manager_id': self.sop_manager_id[:1].id,
            'lead_count': len(self),
            'line_ids': [fields.Command.create(line) for line in lines],
        }

    def _sop_pass_activities(self, owners):
        """What the former owners had planned on these leads is planned for the new ones."""
        planned = self._search_sop_activities().filtered(
            lambda activity: activity.user_id == owners[activity.res_id])
        users = {lead.id: lead.user_id for lead in self}
        for user, activities in planned.grouped(lambda activity: users[activity.res_id]).items():
            # Nobody is told one by one: the hand-over lists them.
            activities.with_context(mail_activity_quick_update=True).write({'user_id': user.id})

    def _search_sop_activities(self):
        # sudo: what is planned on a lead is handed over, whoever planned it.
        return self.env['mail.activity'].sudo().search(
            [('res_model', '=', self._name), ('res_id', 'in', self.ids)], order='date_deadline, id')

    # ------------------------------------------------------------
    # THE LIST
    # ------------------------------------------------------------

    def _get_sop_handover_lines(self, owners):
        """``{lead id: [values of its lines]}``, collected for all leads at once.

        :param owners: {lead id: former owner}
        """
        lines = {
            lead.id: [lead._prepare_sop_handover_line('lead', lead.stage_id.name, amount=lead.expected_revenue)]
            for lead in self
        }
        for collect in (
            self._get_sop_open_logs, self._get_sop_open_activities, self._get_sop_open_orders,
            self._get_sop_receivables,
        ):
            for lead, values in collect(owners):
                lines[lead.id].append(values)
        return lines

    def _prepare_sop_handover_line(self, kind, text, due_date=False, amount=0.0, currency=None):
        return {
            'kind': kind,
            'sequence': RANKS[kind],
            'lead_id': self.id,
            'lead_name': self.name if kind != 'receivable' else self.partner_id.commercial_partner_id.name,
            'text': text or dict(KINDS)[kind],
            'due_date': due_date,
            'amount': amount,
            'currency_id': (currency or self._get_sop_company().currency_id).id,
        }

    def _get_sop_open_logs(self, owners):
        """Promises that were made and contacts that are planned."""
        # sudo: part of the lead that is handed over.
        logs = self.env['sop.contact.log'].sudo().search([
            ('lead_id', 'in', self.ids), '|', ('state', '=', 'planned'),
            '&', ('state', '=', 'done'), ('has_promise', '=', True)], order='date, id')
        for log in logs:
            is_planned = log.state == 'planned'
            text = log.why if is_planned else log.promise
            method = dict(log._fields['method']._description_selection(self.env)).get(log.method)
            yield log.lead_id, log.lead_id._prepare_sop_handover_line(
                'contact' if is_planned else 'promise', text or method, log.date and log.date.date())

    def _get_sop_open_activities(self, owners):
        leads = {lead.id: lead for lead in self}
        for activity in self._search_sop_activities():
            lead = leads[activity.res_id]
            if activity.user_id == owners[lead.id]:
                yield lead, lead._prepare_sop_handover_line(
                    'activity', activity.summary or activity.activity_type_id.name, activity.date_deadline)

    def _get_sop_open_orders(self, owners):
        """Quotations that are out and orders that are not yet invoiced."""
        # sudo: what the new owner has to look after, whichever of these he may open so far.
        orders = self.env['sale.order'].sudo().search(
            Domain('opportunity_id', 'in', self.ids) & Domain('state', 'in', OPEN_ORDERS)
            & ~Domain([('state', '=', 'sale'), ('invoice_status', '=', 'invoiced')]), order='id')
        states = dict(orders._fields['state']._description_selection(self.env))
        for order in orders:
            due = order.validity_date if order.state != 'sale' else order.commitment_date
            yield order.opportunity_id, order.opportunity_id._prepare_sop_handover_line(
                'order', f"{order.name} – {states[order.state]}", fields.Date.to_date(due),
                order.amount_total, order.currency_id)

    def _get_sop_receivables(self, owners):
        """What the customers still owe, once per customer and hand-over."""
        customers = self.partner_id.commercial_partner_id
        # sudo: the amount is told, the invoices are not shown.
        rows = self.env['account.move'].sudo()._read_group(
            [('commercial_partner_id', 'in', customers.ids), ('state', '=', 'posted'),
             ('move_type', 'in', ('out_invoice', 'out_refund')), ('payment_state', 'in', ('not_paid', 'partial'))],
            ['commercial_partner_id', 'company_id'],
            ['amount_residual_signed:sum', 'invoice_date_due:min', '__count'])
        owed = {(customer, company): values for customer, company, *values in rows}
        seen = set()
        for lead in self:
            customer, company = lead.partner_id.commercial_partner_id, lead._get_sop_company()
            key = (customer, company, owners[lead.id], lead.user_id)
            amount, due_date, count = owed.get(key[:2], (0, False, 0))
            if amount > 0 and key not in seen:
                seen.add(key)
                yield lead, lead._prepare_sop_handover_line(
                    'receivable', self.env._("Unpaid invoices: %s", count), due_date, amount)

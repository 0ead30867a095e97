from odoo import api, fields, models, tools
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine import as_engine
from .sale_order_negotiation import QUOTATION_TYPE

LIVE_ORDERS = ('draft', 'sent', 'sale')


class CrmLead(models.Model):
    """Terms, quotation and approvals of a deal (S4.3, S4.5, S4.6)."""

    _inherit = 'crm.lead'

    sop_negotiation_ids = fields.One2many('sop.negotiation', 'lead_id', string="Term Sheets", copy=False)
    sop_negotiation_id = fields.Many2one(
        'sop.negotiation', string="Term Sheet", compute='_compute_sop_negotiation_id')
    sop_term_line_ids = fields.One2many(
        'sop.negotiation.line', string="Terms", compute='_compute_sop_negotiation_id')
    sop_floor_approval_ids = fields.One2many(
        'sop.floor.approval', 'lead_id', string="Approvals", readonly=True, copy=False)
    sop_terms_state = fields.Selection([
        ('none', "Not negotiated"), ('open', "Not settled"), ('agreed', "Agreed")], string="Required Terms",
        compute='_compute_sop_terms_state', search='_search_sop_terms_state')
    sop_floor_state = fields.Selection([
        ('ok', "Nothing to approve"), ('below', "To be approved")], string="Below the Floor",
        compute='_compute_sop_floor_state', search='_search_sop_floor_state',
        help="Terms and prices that need an approval and have none that is still valid.")
    sop_quotation_state = fields.Selection([
        ('none', "No quotation"), ('draft', "Not sent"), ('expired', "Expired"),
        ('differs', "Differs from what was agreed"), ('valid', "Valid")], string="Quotation State",
        compute='_compute_sop_quotation_state', search='_search_sop_quotation_state')
    sop_quotation_order_id = fields.Many2one(
        'sale.order', string="Latest Quotation", compute='_compute_sop_quotation_state')
    sop_quotation_difference = fields.Text(
        string="Differences of the Quotation", compute='_compute_sop_quotation_state')
    sop_quotation_request_date = fields.Date(
        string="Quotation Asked For", copy=False, help="The quotation is due some working days later.", prefetch='sop')

    # ------------------------------------------------------------
    # TERMS
    # ------------------------------------------------------------

    @api.depends('sop_negotiation_ids.is_current')
    def _compute_sop_negotiation_id(self):
        prefetch_ids = self.sop_negotiation_ids._prefetch_ids
        for lead in self:
            # The lines of all sheets are read at once.
            sheet = lead.sop_negotiation_ids.filtered('is_current')[:1].with_prefetch(prefetch_ids)
            lead.sop_negotiation_id = sheet
            lead.sop_term_line_ids = sheet.line_ids

    @api.depends('sop_negotiation_ids.is_current', 'sop_negotiation_ids.terms_state')
    def _compute_sop_terms_state(self):
        for lead in self:
            sheet = lead.sop_negotiation_ids.filtered('is_current')[:1]
            lead.sop_terms_state = sheet.terms_state or 'none'

    def _search_sop_terms_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        current = {
            state: Domain('sop_negotiation_ids', 'any', [('is_current', '=', True), ('terms_state', '=', state)])
            for state in ('open', 'agreed')}
        current['none'] = ~Domain('sop_negotiation_ids', 'any', [('is_current', '=', True)])
        return Domain.OR(current.get(state, Domain.FALSE) for state in value)

    def _get_sop_agreed_terms(self):
        """``{key of the term: its line}`` in the term sheet that counts, agreed or not; empty without one."""
        self.ensure_one()
        return {line.key: line for line in self.sop_negotiation_id.line_ids}

    # ------------------------------------------------------------
    # APPROVALS
    # ------------------------------------------------------------

    @api.depends(
        'sop_negotiation_ids.is_current', 'sop_negotiation_ids.line_ids.is_beyond',
        'sop_negotiation_ids.line_ids.status', 'sop_floor_approval_ids.state', 'order_ids.state',
        'order_ids.order_line.sop_price_state', 'order_ids.order_line.sop_discount')
    def _compute_sop_floor_state(self):
        below = self._get_sop_below_floor_ids(self.ids) if self.ids else set()
        for lead in self:
            lead.sop_floor_state = 'below' if lead._origin.id in below else 'ok'

    def _search_sop_floor_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        below = Domain('id', 'in', list(self._get_sop_below_floor_ids()))
        return Domain.OR({'below': below, 'ok': ~below}.get(state, Domain.FALSE) for state in value)

    @api.model
    def _get_sop_below_floor_ids(self, lead_ids=None):
        """Ids of the leads with a term or a price that needs an approval and has no live one.

        Only whether there is one, not what it is: whoever asks for leads gets those he may read.
        """
        for model in ('sop.negotiation', 'sop.negotiation.line', 'sop.floor.approval', 'sale.order', 'sale.order.line'):
            self.env[model].flush_model()
        return {lead_id for lead_id, in self.env.execute_query(SQL(
            "%s UNION %s", self._get_sop_below_terms_sql(lead_ids), self._get_sop_below_prices_sql(lead_ids)))}

    @api.model
    def _get_sop_floor_today(self):
        return self._get_sop_main_company()._get_sop_local_date(fields.Datetime.now())

    @api.model
    def _get_sop_below_terms_sql(self, lead_ids):
        return SQL(
            """SELECT sheet.lead_id
                 FROM sop_negotiation sheet
                 JOIN sop_negotiation_line line ON line.negotiation_id = sheet.id
            LEFT JOIN sop_floor_approval approval
                   ON approval.id = line.approval_id AND approval.state = 'approved'
                  AND approval.valid_until >= %(today)s
                WHERE sheet.is_current AND line.status = 'agreed' AND line.is_beyond AND approval.id IS NULL
                  AND %(mine)s""",
            today=self._get_sop_floor_today(),
            mine=SQL("sheet.lead_id = ANY(%s)", lead_ids) if lead_ids is not None else SQL("TRUE"))

    @api.model
    def _get_sop_below_prices_sql(self, lead_ids):
        """Prices of orders that neither an approval of their own nor one of the price of the deal covers."""
        return SQL(
            """SELECT sale.opportunity_id
                 FROM sale_order sale
                 JOIN sale_order_line line ON line.order_id = sale.id
                 JOIN crm_lead lead ON lead.id = sale.opportunity_id
                WHERE sale.state IN %(states)s AND line.sop_price_state IN ('authority', 'below', 'margin')
                  AND lead.sop_process_id IS NOT NULL AND %(mine)s
                  AND NOT EXISTS (
                      SELECT 1
                        FROM sop_floor_approval approval
                   LEFT JOIN sop_negotiation_line term ON term.approval_id = approval.id
                   LEFT JOIN sop_negotiation sheet ON sheet.id = term.negotiation_id
                        JOIN sop_term ON sop_term.id = approval.term_id AND sop_term.key = 'price'
                       WHERE approval.lead_id = lead.id AND approval.state = 'approved'
                         AND approval.cover_number >= line.sop_discount - 0.0001
                         AND (approval.valid_until >= %(today)s
                              OR approval.used_date IS NOT NULL AND approval.order_line_id = line.id
                                 AND sale.state = 'sale')
                         AND (approval.order_line_id = line.id AND approval.product_id = line.product_id
                              OR sheet.is_current AND line.sop_price_state != 'margin'))""",
            states=LIVE_ORDERS, today=self._get_sop_floor_today(),
            mine=SQL("sale.opportunity_id = ANY(%s)", lead_ids) if lead_ids is not None else SQL("TRUE"))

    def _get_sop_price_approval(self):
        """The approval of the price agreed for the whole deal."""
        # sudo: what was approved holds for whoever quotes.
        sheet = self.sudo().sop_negotiation_ids.filtered('is_current')
        return sheet.line_ids.filtered(lambda line: line.key == 'price' and line.status == 'agreed').approval_id

    # ------------------------------------------------------------
    # QUOTATION
    # ------------------------------------------------------------

    @api.depends(
        'order_ids.state', 'order_ids.validity_date', 'order_ids.date_order', 'order_ids.payment_term_id',
        'order_ids.order_line.price_unit', 'order_ids.order_line.discount', 'order_ids.order_line.product_uom_qty',
        'order_ids.order_line.customer_lead', 'sop_negotiation_ids.is_current', 'sop_negotiation_ids.line_ids.status',
        'sop_negotiation_ids.line_ids.agreed_number', 'sop_negotiation_ids.line_ids.payment_term_id')
    @api.depends_context('lang')
    def _compute_sop_quotation_state(self):
        # sudo: the state of the quotation belongs to the lead, whoever may read the order.
        baselines = {solution.lead_id: solution for solution in self.sudo()._get_sop_baseline()}
        for lead, own in zip(self, self.sudo(), strict=True):
            live = own.order_ids.filtered(lambda order: order.state in LIVE_ORDERS)
            issued = live.filtered(lambda order: order.state != 'draft')
            order = issued.sorted('id')[-1:] or live.sorted('id')[-1:]
            differences = order._get_sop_quotation_differences(baselines.get(own)) if issued else []
            lead.sop_quotation_order_id = order.sudo(False)
            lead.sop_quotation_difference = '\n'.join(differences) or False
            lead.sop_quotation_state = (
                'none' if not order else 'draft' if not issued else 'expired' if order._is_sop_expired()
                else 'differs' if differences else 'valid')

    def _search_sop_quotation_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        live = Domain('order_ids', 'any', [('state', 'in', LIVE_ORDERS)])
        issued = Domain('order_ids', 'any', [('state', 'in', ('sent', 'sale'))])
        domains = {'none': ~live, 'draft': live & ~issued}
        if {'expired', 'differs', 'valid'}.intersection(value):
            # sudo: the state is a fact; rules narrow the result.
            leads = self.sudo().search(issued & Domain('sop_process_id', '!=', False))
            for state, found in leads.grouped('sop_quotation_state').items():
                domains.setdefault(state, Domain('id', 'in', found.ids))
        return Domain.OR(domains.get(state, Domain.FALSE) for state in value)

    def action_sop_quotation_asked(self):
        """The customer wants a quotation: it is due some working days from now."""
        self.check_access('write')
        for lead in self:
            lead.sop_quotation_request_date = lead._get_sop_today()
            company = lead._get_sop_company()
            deadline = company._sop_add_workdays(lead.sop_quotation_request_date, company.sop_quotation_days)
            if deadline:
                lead.activity_unlink([QUOTATION_TYPE])
                lead.activity_schedule(
                    QUOTATION_TYPE, date_deadline=deadline, user_id=lead.user_id.id or self.env.uid)
        return True

    # ------------------------------------------------------------
    # BUTTONS
    # ------------------------------------------------------------

    def action_sop_open_negotiation(self):
        """Open the term sheet that is worked on; make one when there is none."""
        self.ensure_one()
        self.check_access('read')
        sheet = self.sop_negotiation_ids.filtered(lambda sheet: sheet.state != 'closed')[:1] or self.sop_negotiation_id
        if not sheet:
            sheet = self.env['sop.negotiation'].create({'lead_id': self.id, 'order_id': self._get_sop_draft_order().id})
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Term Sheet"),
            'res_model': 'sop.negotiation',
            'res_id': sheet.id,
            'view_mode': 'form',
            'views': [(False, 'form')],
        }

    def _get_sop_draft_order(self):
        orders = self.order_ids.filtered(lambda order: order.state in ('draft', 'sent'))
        return orders.sorted('id')[-1:]

    @api.model
    @tools.ormcache()
    def _get_sop_protected_fields(self):
        return super()._get_sop_protected_fields() | {'sop_floor_approval_ids'}

    def _merge_dependences(self, opportunities):
        """Term sheets and approvals of merged leads are kept; one sheet goes on, the others are closed."""
        result = super()._merge_dependences(opportunities)
        # sudo: who may merge these leads sees them; what was negotiated is kept.
        sheets = as_engine((self | opportunities).sudo().with_context(active_test=False).sop_negotiation_ids)
        kept = sheets.sorted(
            lambda sheet: (sheet.is_current, sheet.state == 'open', sheet.lead_id == self, sheet.id))[-1:]
        others = sheets - kept
        others.is_current = False
        others.filtered(lambda sheet: sheet.state != 'closed').write({
            'state': 'closed', 'close_date': fields.Datetime.now()})
        others.flush_recordset()
        sheets.write({'lead_id': self.id})
        as_engine(opportunities.sudo().sop_floor_approval_ids).write({'lead_id': self.id})
        return result

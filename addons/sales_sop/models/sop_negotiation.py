from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..engine import as_engine, is_engine


class SopNegotiation(models.Model):
    """The term sheet of one negotiation: what is asked, offered and agreed, round by round (S4.3).

    Targets and floors are settled while it is a draft. From the first round on
    they change by an approval only.
    """

    _name = 'sop.negotiation'
    _description = "Negotiation"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin']
    _order = 'id desc'

    _sop_server_fields = frozenset({
        'company_id', 'state', 'round', 'is_current', 'start_date', 'start_user_id', 'close_date'})

    name = fields.Char(required=True, default=lambda self: self.env._("Term sheet"))
    lead_id = fields.Many2one('crm.lead', string="Opportunity", required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one('res.company', readonly=True, index=True)
    order_id = fields.Many2one(
        'sale.order', string="Quotation", index='btree_not_null', ondelete='set null',
        domain="[('opportunity_id', '=', lead_id)]", help="What it is about, and what a price costs us.")
    state = fields.Selection(
        [('draft', "Being prepared"), ('open', "Under way"), ('closed', "Closed")], required=True, default='draft',
        readonly=True, index=True, copy=False)
    round = fields.Integer(readonly=True, copy=False, aggregator=None)
    is_current = fields.Boolean(
        string="Current", readonly=True, copy=False, help="The last one that was started: its terms count.")
    start_date = fields.Datetime(string="Started On", readonly=True, copy=False)
    start_user_id = fields.Many2one('res.users', string="Started By", readonly=True, copy=False)
    close_date = fields.Datetime(string="Closed On", readonly=True, copy=False)
    line_ids = fields.One2many('sop.negotiation.line', 'negotiation_id', string="Terms")
    approval_ids = fields.One2many('sop.floor.approval', 'negotiation_id', string="Approvals", readonly=True)
    terms_state = fields.Selection(
        [('open', "Not settled"), ('agreed', "Agreed")], string="Required Terms",
        compute='_compute_terms_state', store=True)
    agreed_count = fields.Integer(compute='_compute_counts')
    required_open = fields.Char(string="Still to Be Agreed", compute='_compute_counts')
    approval_count = fields.Integer(string="Approvals Needed", compute='_compute_counts')
    warning = fields.Text(compute='_compute_warning')

    _active_uniq = models.UniqueIndex(
        "(lead_id) WHERE state IN ('draft', 'open')",
        "There is a term sheet already that is not closed: continue it, or close it first.")
    _current_uniq = models.UniqueIndex("(lead_id) WHERE is_current", "Only one term sheet of a deal counts.")

    @api.depends('line_ids.status', 'line_ids.required')
    def _compute_terms_state(self):
        for sheet in self:
            required = sheet.line_ids.filtered('required')
            sheet.terms_state = 'agreed' if all(line.status == 'agreed' for line in required) else 'open'

    @api.depends('line_ids.status', 'line_ids.needs_approval')
    def _compute_counts(self):
        for sheet in self:
            lines = sheet.line_ids
            sheet.agreed_count = len(lines.filtered(lambda line: line.status == 'agreed'))
            sheet.required_open = ', '.join(lines.filtered(
                lambda line: line.required and line.status != 'agreed').term_id.mapped('name'))
            sheet.approval_count = len(lines.filtered('needs_approval'))

    @api.depends('state', 'lead_id')
    def _compute_warning(self):
        for sheet in self:
            sheet.warning = '\n'.join(sheet._get_warnings()) if sheet.state != 'closed' else False

    def _get_warnings(self):
        """What should have been done before this negotiation, in words."""
        self.ensure_one()
        lead = self.lead_id
        if not lead.sop_in_principle:
            yield self.env._("The customer has not agreed in principle yet: present the solution first.")
        if not lead._get_sop_baseline():
            yield self.env._("There is no approved solution yet that these terms could be about.")

    @api.constrains('order_id', 'lead_id')
    def _check_order(self):
        for sheet in self.filtered('order_id'):
            # sudo: whether it belongs to the deal does not depend on who may read it.
            if sheet.sudo().order_id.opportunity_id != sheet.lead_id:
                raise ValidationError(self.env._(
                    "%(sheet)s: choose a quotation of %(lead)s.", sheet=sheet.name, lead=sheet.lead_id.display_name))

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self._check_lines_untouched(vals_list)
        sheets = super().create(vals_list)
        for sheet in sheets:
            if not sheet.sudo().lead_id.sop_process_id:
                raise UserError(self.env._(
                    "%s follows no procedure: it has no term sheet.", sheet.lead_id.display_name))
            # sudo: whoever may write the lead gets a sheet with all terms.
            engine = as_engine(sheet)
            company = engine.lead_id._get_sop_company()
            engine.write({'company_id': company.id, 'line_ids': [
                Command.create(values) for values in engine._prepare_lines(company)]})
        return sheets

    def write(self, vals):
        if not is_engine(self.env):
            self._check_lines_untouched([vals])
            if 'lead_id' in vals and set(self.lead_id.ids) != {vals['lead_id']}:
                raise UserError(self.env._("%s: a term sheet stays with its deal.", self[:1].name))
            if 'order_id' in vals and (closed := self.filtered(lambda sheet: sheet.state == 'closed')):
                raise UserError(self.env._("%s is closed. Open it again first.", closed[0].name))
        return super().write(vals)

    def _check_lines_untouched(self, vals_list):
        """Lines come from the terms of the company and go with the sheet."""
        if is_engine(self.env):
            return
        commands = [command for vals in vals_list for command in vals.get('line_ids') or []]
        if any(command[0] != Command.UPDATE for command in commands):
            raise UserError(self.env._(
                "Term sheet: its lines are the terms of the company. Set one that does not matter to Not Applicable."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_started(self):
        started = self.filtered(lambda sheet: sheet.state != 'draft')
        if started and not is_engine(self.env):
            raise UserError(self.env._("%s is kept: its negotiation has started.", started[0].name))

    def _prepare_lines(self, company):
        self.ensure_one()
        order = self.order_id or self.lead_id.order_ids.filtered(
            lambda order: order.state in ('draft', 'sent'))[:1]
        return [
            self._prepare_line(term, company, order._get_sop_known_limits() if order else {})
            for term in self.env['sop.term']._get_sop_terms(company)]

    def _prepare_line(self, term, company, known):
        target, floor = known.get(term.key, term._get_sop_limits(company))
        return {
            'term_id': term.id,
            'sequence': term.sequence,
            'required': term.required,
            'target_value': target,
            'floor_value': floor,
            'company_floor': floor,
            # The planned lead time is a limit like those of the company; the quantity is a proposal.
            'has_company_floor': term.has_number and (not term.by_deal or term.key == 'delivery' and term.key in known),
            'target_text': term.target_text,
            'floor_text': term.floor_text,
        }

    # ------------------------------------------------------------
    # ROUNDS
    # ------------------------------------------------------------

    def action_start(self):
        """Begin round 1: targets and floors are fixed from now on."""
        self.check_access('write')
        for sheet in self:
            if sheet.state != 'draft':
                raise UserError(self.env._("%s has started already.", sheet.name))
            sheet.sudo().line_ids._check_limits_set()
            engine = as_engine(sheet)
            engine.search([('lead_id', '=', sheet.lead_id.id), ('is_current', '=', True)]).is_current = False
            # Only one sheet of a deal counts, and the index sees rows, not transactions.
            engine.flush_model(['is_current'])
            engine.write({
                'state': 'open', 'round': 1, 'is_current': True, 'start_date': fields.Datetime.now(),
                'start_user_id': self.env.uid})
        return True

    def action_next_round(self):
        """The next offers belong to a new round."""
        self._check_open()
        for sheet in self:
            as_engine(sheet).round += 1
        return True

    def action_close(self):
        """The talks are over; what is agreed stays as it is."""
        self._check_open()
        as_engine(self).write({'state': 'closed', 'close_date': fields.Datetime.now()})
        # The next sheet may follow at once; the unique index must see this one closed.
        self.flush_recordset()
        return True

    def action_reopen(self):
        """Negotiate on, in a new round."""
        self.check_access('write')
        for sheet in self:
            if sheet.state != 'closed' or not sheet.is_current:
                raise UserError(self.env._(
                    "%s: only the last term sheet of a deal is opened again, and only when it is closed.", sheet.name))
            as_engine(sheet).write({'state': 'open', 'round': sheet.round + 1, 'close_date': False})
        return True

    def _check_open(self):
        self.check_access('write')
        if idle := self.filtered(lambda sheet: sheet.state != 'open')[:1]:
            raise UserError(
                self.env._("%s: start the negotiation first.", idle.name) if idle.state == 'draft'
                else self.env._("%s is closed. Open it again first.", idle.name))

from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError, ValidationError

from ..engine import as_engine, is_engine
from .sop_term import DIGITS, PRICE, STANDINGS

LIMITS = frozenset({'target_value', 'floor_value', 'target_text', 'floor_text'})
FLOOR_GROUP = 'sales_sop.group_sop_floor'


class SopNegotiationLine(models.Model):
    """One term of a negotiation (§5): what the customer asks, what we offer, what is agreed.

    The lines are the terms of the company. What is entered as ask or offer is
    kept as an offer of the round and never changed.
    """

    _name = 'sop.negotiation.line'
    _description = "Negotiated Term"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin']
    _order = 'negotiation_id desc, sequence, id'
    _rec_name = 'term_id'

    _sop_server_fields = frozenset({
        'negotiation_id', 'lead_id', 'term_id', 'required', 'company_floor', 'has_company_floor', 'agreed_number',
        'is_beyond', 'approval_id', 'offer_ids'})

    negotiation_id = fields.Many2one('sop.negotiation', required=True, index=True, ondelete='cascade')
    lead_id = fields.Many2one(related='negotiation_id.lead_id', store=True, index=True)
    company_id = fields.Many2one(related='negotiation_id.company_id')
    state = fields.Selection(related='negotiation_id.state', string="Negotiation State")
    round = fields.Integer(related='negotiation_id.round')
    is_current = fields.Boolean(related='negotiation_id.is_current')
    term_id = fields.Many2one('sop.term', required=True, index=True, readonly=True, ondelete='restrict')
    sequence = fields.Integer(default=10)
    key = fields.Char(related='term_id.key')
    better = fields.Selection(related='term_id.better')
    unit = fields.Char(related='term_id.unit')
    guidance = fields.Text(related='term_id.guidance')
    required = fields.Boolean(readonly=True)
    target_value = fields.Float(string="Target", digits=(16, DIGITS), groups=FLOOR_GROUP)
    floor_value = fields.Float(string="Floor", digits=(16, DIGITS), groups=FLOOR_GROUP)
    company_floor = fields.Float(digits=(16, DIGITS), readonly=True, groups=FLOOR_GROUP)
    has_company_floor = fields.Boolean(readonly=True)
    target_text = fields.Char(string="Target in Words", groups=FLOOR_GROUP)
    floor_text = fields.Char(string="Floor in Words", groups=FLOOR_GROUP)
    limits = fields.Char(string="Target / Floor", compute='_compute_limits', groups=FLOOR_GROUP)
    offer_ids = fields.One2many('sop.negotiation.offer', 'line_id', string="Offers", readonly=True)
    ask = fields.Char(string="Customer Asks", compute='_compute_offers', inverse='_inverse_ask')
    offer = fields.Char(string="Our Offer", compute='_compute_offers', inverse='_inverse_offer')
    standing = fields.Selection(
        STANDINGS, string="Stands", help="How what we offer or agree in words stands to our target and floor.")
    number = fields.Float(
        string="Its Number", digits=(16, DIGITS),
        help="That goes with the words: the longest credit of a payment, in days.")
    payment_term_id = fields.Many2one('account.payment.term', string="Payment Terms of the Quotation")
    agreed = fields.Char()
    agreed_number = fields.Float(
        digits=(16, DIGITS), compute='_compute_agreed_number', store=True, aggregator=None)
    traded_for = fields.Char(help="What we get in return for going beyond our target, or why we do.")
    status = fields.Selection(
        [('open', "Not settled"), ('agreed', "Agreed"), ('parked', "Parked"), ('na', "Not Applicable")],
        required=True, default='open', copy=False)
    note = fields.Char(help="Why it does not apply, or what is left to clear.")
    gap = fields.Float(
        digits=(16, DIGITS), compute='_compute_gap', groups=FLOOR_GROUP,
        help="By how much the agreed value is worse than the floor; negative: better.")
    is_beyond = fields.Boolean(readonly=True, copy=False, help="Somebody else has to agree to what was agreed.")
    approval_id = fields.Many2one(
        'sop.floor.approval', string="Approved By", readonly=True, copy=False, index='btree_not_null',
        ondelete='set null')
    approval_ids = fields.One2many('sop.floor.approval', 'negotiation_line_id', string="Approvals", readonly=True)
    needs_approval = fields.Boolean(compute='_compute_needs_approval')
    approval_state = fields.Selection(
        [('needed', "Needed"), ('waiting', "Asked for"), ('approved', "Approved"), ('lapsed', "Lapsed")],
        string="Approval", compute='_compute_needs_approval')

    _term_uniq = models.UniqueIndex('(negotiation_id, term_id)', "A term stands in a term sheet once.")

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('target_value', 'floor_value', 'target_text', 'floor_text', 'term_id')
    def _compute_limits(self):
        for line in self:
            line.limits = ' / '.join(
                words or (line._format(value) if line.term_id.has_number and line.better != 'text' else '–')
                for value, words in (
                    (line.target_value, line.target_text), (line.floor_value, line.floor_text)))

    def _format(self, value):
        return f'{value:.{DIGITS}f}'.rstrip('0').rstrip('.')

    @api.depends('offer_ids')
    def _compute_offers(self):
        for line in self:
            ordered = line.offer_ids.sorted(lambda offer: (offer.round, offer.id))
            line.ask = ordered.filtered(lambda offer: offer.side == 'customer')[-1:].value
            line.offer = ordered.filtered(lambda offer: offer.side == 'own')[-1:].value

    def _inverse_ask(self):
        self._sop_record_offers('customer', 'ask')

    def _inverse_offer(self):
        self._sop_record_offers('own', 'offer')

    def _sop_record_offers(self, side, name):
        """Keep what was typed as an offer of this round; clearing the cell forgets nothing."""
        self.env['sop.negotiation.offer'].create([
            {'line_id': line.id, 'side': side, 'value': line[name], 'number': line.number, 'standing': line.standing}
            for line in self if line[name]])

    @api.depends('agreed', 'number', 'term_id', 'payment_term_id')
    def _compute_agreed_number(self):
        """Whatever is said about the credit, it is not shorter than that of the payment terms chosen."""
        for line in self:
            number = line._get_number(line.agreed, line.number) if line.agreed else 0
            line.agreed_number = max(number, line._get_credit_days()) if line.agreed else 0

    def _get_credit_days(self):
        if self.better != 'text':
            return 0
        # sudo: whoever negotiates chooses payment terms, and need not read their lines.
        return max(self.sudo().payment_term_id.line_ids.mapped('nb_days'), default=0)

    @api.depends('agreed', 'agreed_number', 'floor_value')
    def _compute_gap(self):
        for line in self:
            known = line.agreed and line.term_id.has_number
            line.gap = line.term_id._get_gap(line.agreed_number, line.floor_value) if known else 0

    @api.depends('is_beyond', 'status', 'approval_id.state', 'approval_id.valid_until', 'approval_ids.state')
    def _compute_needs_approval(self):
        # sudo: that a term is approved is shown to whoever reads the term.
        for line, own in zip(self, self.sudo(), strict=True):
            beyond = own.status == 'agreed' and own.is_beyond
            line.needs_approval = beyond and not own.approval_id._is_live()
            if any(approval.state == 'waiting' for approval in own.approval_ids):
                line.approval_state = 'waiting'
            elif line.needs_approval:
                line.approval_state = 'lapsed' if own.approval_id else 'needed'
            else:
                line.approval_state = 'approved' if any(
                    approval._is_live() for approval in own.approval_ids) else False

    # ------------------------------------------------------------
    # RULES
    # ------------------------------------------------------------

    @api.constrains('status', 'agreed', 'standing', 'traded_for', 'note')
    def _check_status(self):
        for line in self:
            if missing := line._get_missing():
                raise ValidationError(self.env._("%(term)s: %(missing)s", term=line.term_id.name, missing=missing))

    def _get_missing(self):
        """What this line does not say yet, in a sentence."""
        self.ensure_one()
        if self.status == 'na':
            if self.required:
                return self.env._("it must be agreed before the contract. Park it if it has to wait.")
            return not (self.note or '').strip() and self.env._("say in the note why it does not apply.")
        if self.status != 'agreed':
            return False
        if not (self.agreed or '').strip():
            return self.env._("enter what was agreed.")
        if self.better == 'text' and not self.standing:
            return self.env._("say how what was agreed stands to our target and floor.")
        if self._is_concession() and not (self.traded_for or '').strip():
            return self.env._("this goes beyond our target. Enter what we get for it, or why we agree to it.")
        return False

    def _is_concession(self):
        """Whether what was agreed is worse for us than the target."""
        target = self.sudo().target_value
        if self.better == 'text' and self.standing != 'target':
            return True
        return self.better != 'text' and self.term_id._is_worse(self.agreed_number, target)

    @api.constrains('target_value', 'floor_value')
    def _check_limits(self):
        for line in self.sudo().filtered(lambda line: line.term_id.has_number):
            term = line.term_id
            # Looser than usual by an approval only.
            guarded = line.has_company_floor and not is_engine(self.env)
            if guarded and term._is_worse(line.floor_value, line.company_floor):
                raise ValidationError(self.env._(
                    "%s: for a deal the floor may be stricter than usual, not looser.", term.name))
            if line.floor_value and term._is_worse(line.target_value, line.floor_value):
                raise ValidationError(self.env._(
                    "%s: the target is worse for us than the floor. Exchange the two.", term.name))

    def _check_limits_set(self):
        unset = self.filtered(
            lambda line: line.term_id.by_deal and line.required and not (line.target_value and line.floor_value))
        if unset:
            raise UserError(self.env._(
                "Before the first round, enter target and floor of: %s.", ', '.join(unset.term_id.mapped('name'))))

    @api.model_create_multi
    def create(self, vals_list):
        if not is_engine(self.env):
            raise UserError(self.env._("Term sheet: its lines are the terms of the company."))
        return super().create(vals_list)

    def write(self, vals):
        if is_engine(self.env):
            return super().write(vals)
        self._check_phase(vals)
        if 'agreed' in vals and 'status' not in vals:
            vals = {**vals, 'status': 'agreed' if vals['agreed'] else 'open'}
        if vals.get('payment_term_id') and 'agreed' not in vals:
            vals = self._add_payment_term(vals)
        result = super().write(vals)
        if not {'agreed', 'status', 'standing', 'number', 'payment_term_id'}.isdisjoint(vals):
            for line in self.filtered(lambda line: line.status == 'agreed'):
                line._is_allowed(line.agreed, line.agreed_number, line.standing)
            self._sop_judge()
        return result

    @api.model
    def _add_payment_term(self, vals):
        """The longest credit follows from the payment terms chosen."""
        payment_term = self.env['account.payment.term'].browse(vals['payment_term_id'])
        days = max(payment_term.sudo().line_ids.mapped('nb_days'), default=0)
        return {'number': days, **vals}

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        if not is_engine(self.env) and self.filtered(lambda line: line.state != 'draft'):
            raise UserError(self.env._("Term sheet: its lines are the terms of the company."))

    def _check_phase(self, vals):
        limits = LIMITS.intersection(vals)
        states = set(self.mapped('state'))
        if limits and states - {'draft'}:
            raise UserError(self.env._(
                "%s: target and floor are fixed once a negotiation has started. Ask for an approval to change them.",
                self[:1].term_id.name))
        if vals.keys() - limits - {'sequence'} and states - {'open'}:
            raise UserError(
                self.env._("%s: start the negotiation first.", self.negotiation_id[:1].name) if 'draft' in states
                else self.env._("%s is closed. Open it again first.", self.negotiation_id[:1].name))

    # ------------------------------------------------------------
    # AUTHORITY
    # ------------------------------------------------------------

    def _get_number(self, value, number=0):
        """The number behind ``value``; ``number`` goes with a term in words."""
        self.ensure_one()
        return number if self.better == 'text' else self.term_id._parse_number(value)

    def _get_limits(self):
        self.ensure_one()
        # sudo: the limits hold for whoever negotiates.
        own = self.sudo()
        return own.target_value, own.floor_value

    def _get_codes(self, number, standing):
        """Positions that agree to this value, all of them; none when whoever negotiates does."""
        self.ensure_one()
        return self.env['sop.term.authority']._get_sop_codes(
            self.term_id, number, standing, self._get_limits(), self._is_margin_low(number))

    def _is_margin_low(self, number):
        if self.key != PRICE:
            return False
        order, company = self.sudo().negotiation_id.order_id, self.sudo().company_id
        margin = order._get_sop_margin(number)[1] if order else None
        return margin is not None and margin < company.sop_margin_floor

    def _is_allowed(self, value, number, standing):
        """Whether ``value`` may be offered: within the authority of the user, or approved."""
        self.ensure_one()
        codes = self._get_codes(number, standing)
        if not codes or self._get_cover(value, number, standing):
            return True
        if not self._has_own_authority(codes, number, standing):
            return False
        self.env['sop.floor.approval']._sop_note_own(self, value, number, standing, codes)
        return True

    def _has_own_authority(self, codes, number, standing):
        """Inside the floor, whoever holds the position decides in his own negotiation. Below it, nobody does."""
        self.ensure_one()
        if not self.term_id._is_inside(number, standing, self._get_limits()[1]) or self._is_margin_low(number):
            return False
        positions = self.env['sop.position']
        company = self.sudo().company_id
        return all(self.env.user in positions._get_sop_holders([code], company) for code in codes)

    def _get_cover(self, value, number, standing):
        """The live approval of this value, or of a worse one."""
        self.ensure_one()
        # sudo: what was approved holds for whoever negotiates.
        return self.sudo().approval_ids.filtered(
            lambda approval: approval._covers(value, number, standing)).sorted('valid_until')[-1:]

    def _sop_judge(self):
        """Keep whether what was agreed is beyond what whoever negotiates may agree to, and by what it is approved."""
        for line in self:
            agreed = line.status == 'agreed'
            codes = agreed and line._get_codes(line.agreed_number, line.standing)
            cover = self.env['sop.floor.approval']
            if codes:
                cover = line._get_cover(line.agreed, line.agreed_number, line.standing)
            as_engine(line).write({'is_beyond': bool(codes), 'approval_id': cover.id})
            cover._sop_use(line.agreed_number)

    def _check_authority(self, value, number, standing):
        """Refuse an offer before it is made, and open the request for its approval."""
        self.ensure_one()
        if self.better == 'text' and not standing:
            raise ValidationError(self.env._(
                "%(term)s: say how \"%(value)s\" stands to our target and floor.", term=self.term_id.name, value=value))
        if not self._is_allowed(value, number, standing):
            raise RedirectWarning(
                self.env._(
                    "%(term)s: \"%(value)s\" is more than you may offer. It needs an approval before you say it.",
                    term=self.term_id.name, value=value),
                self._get_request_action(value, number, standing), self.env._("Ask for Approval"))

    def action_request_approval(self):
        """Open a request for the approval of what is agreed, asked or planned."""
        self.ensure_one()
        self.check_access('write')
        self.negotiation_id._check_open()
        return self._get_request_action(self.agreed or self.ask, self.number, self.standing)

    def _get_request_action(self, value, number, standing):
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Ask for Approval"),
            'res_model': 'sop.floor.approval',
            'view_mode': 'form',
            'views': [(self.env.ref('sales_sop.sop_floor_approval_view_form_request').id, 'form')],
            'target': 'new',
            'context': {
                'default_negotiation_line_id': self.id,
                'default_value': value,
                'default_number': number if self.better == 'text' else 0,
                'default_standing': standing,
                'default_counter': self.traded_for,
            },
        }

    def action_view_offers(self):
        """The offers of this term, round by round."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Rounds: %s", self.term_id.name),
            'res_model': 'sop.negotiation.offer',
            'view_mode': 'list',
            'views': [(False, 'list')],
            'domain': [('line_id', '=', self.id)],
            'target': 'new',
        }

    def _get_sop_point(self):
        """This term and what was agreed, as it may be told to the customer: "Price: 5 % below list"."""
        self.ensure_one()
        value = ' '.join(filter(None, (self.agreed, self.unit if self.better != 'text' else ''))) or ''
        return f'{self.term_id.name}: {value}' if value else self.term_id.name

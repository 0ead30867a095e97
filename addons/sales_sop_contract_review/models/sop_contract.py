from odoo import api, fields, models

from odoo.addons.sales_sop.engine import as_engine

from ..values import CONTRACT_STATES, CONTRACT_TYPES


class SopContract(models.Model):
    """A contract with a customer: drafted from orders and what was negotiated, reviewed, signed, archived (S5).

    A supplement (``parent_id``) is a contract of its own that changes another one.
    """

    _name = 'sop.contract'
    _description = "Contract"
    _inherit = ['sop.review.mixin', 'sop.internal.thread.mixin']
    _order = 'id desc'
    _check_company_auto = True

    _sop_review_link = 'contract_id'
    _sop_server_fields = frozenset({'name', 'state', 'version'})

    name = fields.Char(string="Number", copy=False, index='trigram', readonly=True, help="HT-YYYY-NNNN")
    title = fields.Char(required=True)
    type = fields.Selection(CONTRACT_TYPES, required=True, default='sale')
    state = fields.Selection(CONTRACT_STATES, required=True, default='draft', copy=False, index=True, readonly=True)
    version = fields.Integer(default=1, copy=False, readonly=True, help="Raised with every reviewed text.")
    company_id = fields.Many2one(
        'res.company', string="Our Entity", required=True, index=True, default=lambda self: self.env.company)
    partner_id = fields.Many2one(
        'res.partner', string="Customer", required=True, index=True, check_company=True, ondelete='restrict')
    user_id = fields.Many2one(
        'res.users', string="Salesperson", index=True, default=lambda self: self.env.user,
        domain="[('share', '=', False)]")
    drafter_id = fields.Many2one(
        'res.users', string="Drafted By", required=True, default=lambda self: self.env.user, readonly=True, copy=False)
    lead_id = fields.Many2one('crm.lead', string="Opportunity", index='btree_not_null', check_company=True)
    order_ids = fields.One2many('sale.order', 'sop_contract_id', string="Orders")
    parent_id = fields.Many2one(
        'sop.contract', string="Changes", index='btree_not_null', ondelete='restrict', check_company=True, copy=False)
    child_ids = fields.One2many('sop.contract', 'parent_id', string="Supplements")
    currency_id = fields.Many2one(
        'res.currency', required=True, default=lambda self: self.env.company.currency_id)
    date_start = fields.Date(string="Valid From")
    date_end = fields.Date(string="Valid Until")

    clause_ids = fields.One2many('sop.contract.clause', 'contract_id', string="Clauses", copy=True)
    line_ids = fields.One2many('sop.contract.line', 'contract_id', string="Lines", copy=True)
    instalment_ids = fields.One2many('sop.contract.instalment', 'contract_id', string="Payment Plan", copy=True)

    _name_company_uniq = models.UniqueIndex(
        '(name, company_id) WHERE name IS NOT NULL', "There is a contract with this number already.")

    @api.model_create_multi
    def create(self, vals_list):
        contracts = super().create(vals_list)
        for contract in contracts:
            as_engine(contract).name = contract._get_next_number()
        return contracts

    def _get_next_number(self):
        # sudo: users number what they draft; they do not manage sequences.
        return self.env['ir.sequence'].sudo().with_company(self.company_id).next_by_code('sop.contract')

    @api.depends('name', 'title')
    def _compute_display_name(self):
        for contract in self:
            contract.display_name = ' '.join(filter(None, (contract.name, contract.title)))

    def _sop_set_state(self, state):
        """Move to ``state``: the one door of all steps, for those who checked what the step asks for."""
        as_engine(self.filtered(lambda contract: contract.state != state)).write({'state': state})

    def _get_sop_company(self):
        return self.company_id

    def _get_sop_review_authors(self):
        return super()._get_sop_review_authors() | self.drafter_id

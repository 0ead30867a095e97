from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..engine import is_engine
from ..values import METHODS
from .crm_lead_hold_routes import NEUTRAL_EXPORT

ATTITUDES = [
    ('supporter', "Supporter"),
    ('neutral', "Neutral"),
    ('sceptic', "Sceptic"),
    ('opponent', "Opponent"),
    ('unknown', "Unknown"),
]
INFLUENCES = [
    ('high', "High"),
    ('medium', "Medium"),
    ('low', "Low"),
]


class SopStakeholder(models.Model):
    """A person at the customer who has a say in this purchase (S2.4)."""

    _name = 'sop.stakeholder'
    _description = "Stakeholder"
    _inherit = ['sop.lead.child.mixin']
    _order = 'lead_id, sequence, id'
    _rec_names_search = ['name', 'email', 'phone']

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    lead_id = fields.Many2one('crm.lead', required=True, index=True, ondelete='cascade')
    partner_id = fields.Many2one(
        'res.partner', string="Contact", index='btree_not_null', ondelete='set null',
        help="The person among the contacts of the customer, when there is one.")
    name = fields.Char(compute='_compute_name', store=True, readonly=False, required=True, precompute=True)
    role_id = fields.Many2one('sop.stakeholder.role', ondelete='restrict')
    attitude = fields.Selection(ATTITUDES, default='unknown', required=True, help="Towards us, as far as we know.")
    influence = fields.Selection(INFLUENCES, default='medium', required=True, help="On the decision to buy.")
    phone = fields.Char(compute='_compute_phone', store=True, readonly=False, precompute=True)
    email = fields.Char(compute='_compute_email', store=True, readonly=False, precompute=True)
    note = fields.Text()
    contact_log_ids = fields.Many2many('sop.contact.log', string="Contacts", readonly=True, copy=False)
    refused_methods = fields.Char(
        compute='_compute_refused_methods', help="Ways of contact this person does not want.")
    last_contact_date = fields.Datetime(string="Last Contact", compute='_compute_last_contact_date')

    @api.depends('partner_id')
    def _compute_name(self):
        self._copy_from_partner('name')

    @api.depends('partner_id')
    def _compute_phone(self):
        self._copy_from_partner('phone')

    @api.depends('partner_id')
    def _compute_email(self):
        self._copy_from_partner('email')

    def _copy_from_partner(self, name):
        for stakeholder in self:
            stakeholder[name] = stakeholder.partner_id[name] or stakeholder[name]

    @api.depends_context('lang')
    def _compute_refused_methods(self):
        labels = dict(self.env['sop.contact.log']._fields['method']._description_selection(self.env))
        refusals = self.env['sop.contact.log']._get_refusals(self.lead_id)
        for stakeholder in self:
            methods = {
                refusal.method for refusal in refusals.filtered(
                    lambda refusal, lead=stakeholder.lead_id: refusal.lead_id == lead)
                if refusal._concerns(stakeholder)
            }
            stakeholder.refused_methods = ', '.join(labels[key] for key, __ in METHODS if key in methods)

    def _compute_last_contact_date(self):
        domain = Domain('stakeholder_ids', 'in', self.ids) & Domain('state', '=', 'done')
        # sudo: who reads a stakeholder reads the lead, and with it the log.
        dates = dict(self.env['sop.contact.log'].sudo()._read_group(domain, ['stakeholder_ids'], ['date:max']))
        for stakeholder in self:
            stakeholder.last_contact_date = dates.get(stakeholder.sudo(), False)

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        return super().default_get([name for name in fields if name != 'contact_log_ids'])

    @api.model_create_multi
    def create(self, vals_list):
        self._check_contact_logs([vals for vals in vals_list if vals.get('contact_log_ids')])
        self._check_partner_access(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_contact_logs([vals])
        self._check_partner_access([vals])
        if 'lead_id' in vals and not is_engine(self.env) and any(
                stakeholder.lead_id.id != vals['lead_id'] for stakeholder in self):
            raise UserError(self.env._(
                "%s belongs to its lead. Enter the person on the other lead as well.", self[:1].name))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_contacted(self):
        # sudo: a contact the user may not see is kept as well.
        log = self.env['sop.contact.log'].sudo().search(
            Domain('stakeholder_ids', 'in', self.ids) & Domain('state', '!=', 'planned'), limit=1)
        if log:
            raise UserError(self.env._(
                "%s is named in the contact log and cannot be deleted. Archive the person instead.",
                (log.stakeholder_ids & self.sudo())[:1].name))

    def _check_contact_logs(self, vals_list):
        """Who was reached is said by the log, which is not changed from this side."""
        if not is_engine(self.env) and any('contact_log_ids' in vals for vals in vals_list):
            raise AccessError(self.env._("Who took part in a contact is entered in the contact log."))

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        # The phone of a person is data of the lead, whichever way it leaves the house.
        if any(path and path[0] not in NEUTRAL_EXPORT for path in fields):
            self.lead_id._check_sop_exportable()
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

    def _check_partner_access(self, vals_list):
        """Name, phone and e-mail are taken from the contact: only from one the user may read."""
        partner_ids = {vals['partner_id'] for vals in vals_list if vals.get('partner_id')}
        if partner_ids and not self.env.su:
            try:
                self.env['res.partner'].browse(partner_ids).check_access('read')
            except AccessError:
                raise AccessError(self.env._("Choose a contact that you may read, or enter name and phone.")) from None

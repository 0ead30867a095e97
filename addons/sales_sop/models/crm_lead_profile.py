from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import LazyTranslate

from ..values import PURCHASE_HABITS, SIZE_BANDS

_lt = LazyTranslate(__name__)

# What a lead takes over from its customer: its own field and that of the customer.
CUSTOMER_TRAITS = {
    'sop_industry_id': 'industry_id', 'sop_size_band': 'sop_size_band', 'sop_purchase_habit': 'sop_purchase_habit'}


class CrmLead(models.Model):
    """What is measured of a lead: the traits of its customer, and the profile they are held against."""

    _inherit = 'crm.lead'

    sop_industry_id = fields.Many2one(
        'res.partner.industry', string="Industry", compute='_compute_sop_traits', store=True, readonly=False,
        prefetch='sop')
    sop_size_band = fields.Selection(
        SIZE_BANDS, string="Size of the Customer", compute='_compute_sop_traits', store=True, readonly=False,
        prefetch='sop')
    sop_purchase_habit = fields.Selection(
        PURCHASE_HABITS, string="Purchasing Habits", compute='_compute_sop_traits', store=True, readonly=False,
        prefetch='sop')
    sop_profile_id = fields.Many2one(
        'sop.customer.profile', string="Customer Profile", readonly=True, copy=False, index='btree_not_null',
        ondelete='restrict', help="The profile and version this lead was measured against.", prefetch='sop')
    sop_market_note_ids = fields.Many2many(
        'sop.market.note', 'sop_market_note_lead_rel', 'lead_id', 'note_id', string="Market Notes", copy=False,
        help="What we know about the market that led to this customer.")
    # Grouped by campaign, what came without one is shown as well (S1.6).
    # Lazy, because the framework finds no translation of a plain string here.
    campaign_id = fields.Many2one(falsy_value_label=_lt("Unattributed"))  # pylint: disable=translation-field

    @api.depends(lambda self: ['partner_id', *(
        f'partner_id.commercial_partner_id.{name}' for name in CUSTOMER_TRAITS.values())])
    def _compute_sop_traits(self):
        for lead in self:
            customer = lead.partner_id.commercial_partner_id
            for name, customer_name in CUSTOMER_TRAITS.items():
                # A customer nobody has said it of leaves what the salesperson found out.
                lead[name] = (customer and customer[customer_name]) or lead[name]

    @api.constrains('sop_market_note_ids')
    def _check_sop_market_notes(self):
        for lead in self:
            lead.sop_market_note_ids._check_sop_company(lead)

    @api.model
    @tools.ormcache()
    def _get_sop_protected_fields(self):
        return super()._get_sop_protected_fields() | {'sop_profile_id'}

    def action_sop_customer_file(self):
        """Open the file of the customer of this lead."""
        self.ensure_one()
        self.check_access('read')
        if not self.partner_id:
            raise UserError(self.env._("%s has no customer yet. Choose or create one first.", self.display_name))
        return self.partner_id.action_sop_customer_file()

    # ------------------------------------------------------------
    # DOORS OF THE LEAD
    # ------------------------------------------------------------

    def _prepare_customer_values(self, partner_name, is_company=False, parent_id=False):
        values = super()._prepare_customer_values(partner_name, is_company, parent_id)
        if not parent_id:
            for name, customer_name in CUSTOMER_TRAITS.items():
                values[customer_name] = self._fields[name].convert_to_write(self[name], self)
        return values

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), *CUSTOMER_TRAITS]

    def _merge_dependences(self, opportunities):
        """What led to a merged lead led to the one that stays."""
        result = super()._merge_dependences(opportunities)
        # sudo: the notes stay with the lead, whether the user may read them or not.
        notes = opportunities.sudo().sop_market_note_ids
        if notes:
            self.sudo().sop_market_note_ids = [Command.link(note.id) for note in notes]
        return result

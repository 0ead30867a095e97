from odoo import api, fields, models
from odoo.fields import Domain

from .sop_stage import PHASES


class SopMaterialPack(models.Model):
    """What customers of an industry get at a step of the procedure."""

    _name = 'sop.material.pack'
    _description = "Material Pack"
    _order = 'sequence, id'
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    industry_ids = fields.Many2many('res.partner.industry', string="Industries", help="Empty: for all industries.")
    phase = fields.Selection(
        PHASES, default='s2_contact', help="The step of the procedure it is made for. Empty: for all.")
    material_ids = fields.Many2many(
        'sop.material', string="Material", check_company=True,
        help="A version that is superseded makes way for the new one by itself.")
    material_count = fields.Integer(string="Documents", compute='_compute_material_count')
    has_invalid = fields.Boolean(string="To Be Renewed", compute='_compute_material_count')
    company_id = fields.Many2one('res.company', help="Empty: for all companies.")
    active = fields.Boolean(default=True)

    @api.depends('material_ids.validity')
    def _compute_material_count(self):
        for pack in self:
            pack.material_count = len(pack.material_ids)
            pack.has_invalid = any(material.validity != 'ok' for material in pack.material_ids)

    @api.model
    def _match_leads(self, leads):
        """``{lead: the pack that fits best}``: its industry before all industries, its step before all steps."""
        # sudo: what fits does not depend on who asks.
        packs = self.sudo().search(Domain('material_ids', '!=', False))
        result = {}
        for lead in leads:
            company = lead._get_sop_company()
            fitting = [pack for pack in packs if pack._is_fit_for(lead, company)]
            result[lead] = min(
                fitting, key=lambda pack: (not pack.industry_ids, not pack.phase), default=packs.browse())
        return result

    def _is_fit_for(self, lead, company):
        # Who prepares in the first step prepares the first contact.
        phase = lead.sop_phase if lead.sop_phase not in (False, 's1_market') else 's2_contact'
        return (
            self.company_id in (company, company.browse())
            and (not self.industry_ids or lead.sop_industry_id in self.industry_ids)
            and self.phase in (False, phase)
        )

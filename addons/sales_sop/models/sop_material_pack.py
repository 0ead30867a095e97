from odoo import api, fields, models
from odoo.fields import Domain

from .sop_stage import PHASES

FIRST_CONTACT = 's2_contact'


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
        PHASES, default=FIRST_CONTACT, help="The step of the procedure it is made for. Empty: for all.")
    material_ids = fields.Many2many(
        'sop.material', check_company=True,
        help="A version that is superseded makes way for the new one by itself.")
    material_count = fields.Integer(string="Materials", compute='_compute_material_count')
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
        """``{lead: the pack that fits best}``: its industry before all industries, then its step, all steps, the first.
        """
        # sudo: what fits does not depend on who asks.
        packs = self.sudo().search(Domain('material_ids', '!=', False))
        result = {}
        for lead in leads:
            company, phases = lead._get_sop_company(), self._get_phases(lead)
            fitting = [pack for pack in packs if pack._is_fit_for(lead, company, phases)]
            result[lead] = min(
                fitting, key=lambda pack, phases=phases: (not pack.industry_ids, phases.index(pack.phase)),
                default=packs.browse())
        return result

    @api.model
    def _get_phases(self, lead):
        """The steps whose packs a lead may get, best first; who prepares in the first step prepares the first contact.
        """
        phase = lead.sop_phase if lead.sop_phase not in (False, 's1_market') else FIRST_CONTACT
        return [phase, False, FIRST_CONTACT]

    def _is_fit_for(self, lead, company, phases):
        return (
            self.company_id in (company, company.browse())
            and (not self.industry_ids or lead.sop_industry_id in self.industry_ids)
            and self.phase in phases
        )

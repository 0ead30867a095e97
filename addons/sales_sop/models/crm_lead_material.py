from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine import as_engine

TEMPLATE = 'sales_sop.mail_template_material'
# Without these two kinds a customer does not know who we are and what we offer.
REQUIRED_KINDS = ('company', 'product')


class CrmLead(models.Model):
    _inherit = 'crm.lead'

    sop_material_line_ids = fields.One2many('sop.material.line', 'lead_id', string="Material", copy=False)
    sop_material_sending_ids = fields.One2many(
        'sop.material.sending', 'lead_id', string="Sent Material", readonly=True, copy=False)
    sop_pack_state = fields.Selection([
        ('none', "Nothing chosen"),
        ('invalid', "To be completed"),
        ('valid', "Ready to send"),
    ], string="Material Pack", compute='_compute_sop_pack_state', search='_search_sop_pack_state',
        help="Ready: every document can be sent, a company profile and product information are among them.")

    @api.depends('sop_material_line_ids.state', 'sop_material_line_ids.kind')
    def _compute_sop_pack_state(self):
        for lead in self:
            lines = lead.sop_material_line_ids
            is_valid = set(lines.mapped('state')) == {'ok'} and set(REQUIRED_KINDS) <= set(lines.mapped('kind'))
            lead.sop_pack_state = 'valid' if is_valid else 'invalid' if lines else 'none'

    def _search_sop_pack_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        some = Domain('sop_material_line_ids', '!=', False)
        valid = Domain.AND([
            ~Domain('sop_material_line_ids', 'any', [('state', '!=', 'ok')]),
            *(Domain('sop_material_line_ids', 'any', [('material_id.kind', '=', kind)]) for kind in REQUIRED_KINDS),
        ])
        domains = {'none': ~some, 'valid': valid, 'invalid': some & ~valid}
        return Domain.OR(domains.get(key, Domain.FALSE) for key in value)

    @api.model
    @tools.ormcache()
    def _get_sop_protected_fields(self):
        return super()._get_sop_protected_fields() | {'sop_material_sending_ids'}

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        # sudo: who may merge these leads sees them; what was sent stays known, what is prepared is kept.
        as_engine(opportunities.sop_material_sending_ids).write({'lead_id': self.id})
        lines = (opportunities - self).sudo().sop_material_line_ids
        for line in lines.filtered(lambda line: line.material_id not in self.sudo().sop_material_line_ids.material_id):
            line.write({'lead_id': self.id})
        return result

    # ------------------------------------------------------------
    # CHOOSING
    # ------------------------------------------------------------

    def action_sop_fill_pack(self):
        """Put the pack of their industry and step on these leads, newest versions, without taking anything away."""
        self.check_access('write')
        packs = self.env['sop.material.pack']._match_leads(self)
        cases = self._get_sop_cases()
        values = []
        for lead in self:
            chosen = packs[lead].material_ids.filtered(lambda material: material.active)
            if 'case' not in chosen.mapped('kind'):
                chosen |= cases.get(lead.sop_industry_id, chosen.browse())[:1]
            if not chosen:
                raise UserError(self.env._(
                    "%s: there is no pack for this industry and step. Add documents by hand, "
                    "or ask a manager for a pack.", lead.display_name))
            values += [
                {'lead_id': lead.id, 'material_id': material.id}
                for material in chosen - lead.sop_material_line_ids.material_id]
        self.env['sop.material.line'].create(values)
        self._sop_replace_material()
        self._sop_ask_for_cases(cases)
        return True

    def action_sop_replace_material(self):
        """Put the version that can be sent now in the place of each that cannot be any more."""
        self.check_access('write')
        if not self._sop_replace_material():
            raise UserError(self.env._(
                "%s: there is no newer version of this material yet. Ask its product expert.",
                self[:1].display_name))
        return True

    def _sop_replace_material(self):
        """Returns how many lines changed."""
        lines = self.sop_material_line_ids.filtered(lambda line: line.material_id.sudo().validity != 'ok')
        successors = lines.material_id._get_successors()
        count = 0
        for line in lines:
            successor = successors[line.material_id]
            if successor in line.lead_id.sop_material_line_ids.material_id:
                line.unlink()
                count += 1
            elif successor:
                line.material_id = successor.sudo(False)
                count += 1
        return count

    def _get_sop_cases(self):
        """``{industry: success cases that can be sent}`` for the industries of these leads."""
        # sudo: whether there is a case does not depend on who asks.
        cases = self.env['sop.material'].sudo().search([
            ('kind', '=', 'case'), ('validity', '=', 'ok'), ('industry_ids', 'in', self.sop_industry_id.ids),
            ('company_id', 'in', [False, *self._get_sop_companies().ids])], order='id desc')
        return {
            industry: cases.filtered(lambda case, industry=industry: industry in case.industry_ids)
            for industry in self.sop_industry_id
        }

    def _get_sop_companies(self):
        return self.env['res.company'].union(*(lead._get_sop_company() for lead in self))

    def _sop_ask_for_cases(self, cases):
        """Give the product expert one task for each industry that has no success case yet."""
        materials = self.env['sop.material']
        missing = [industry for industry, found in cases.items() if not found]
        # sudo: the draft and the task belong to the product expert.
        asked = materials.sudo().search([
            ('kind', '=', 'case'), ('state', '=', 'draft'), ('industry_ids', 'in', [own.id for own in missing])])
        for industry in missing:
            if industry not in asked.industry_ids:
                leads = self.filtered(lambda lead, industry=industry: lead.sop_industry_id == industry)
                materials.sudo()._ask_for_case(industry, leads[:1])

    # ------------------------------------------------------------
    # SENDING
    # ------------------------------------------------------------

    def action_sop_send_material(self):
        """Open a message to the customer with the documents that are ready."""
        self.ensure_one()
        self.check_access('write')
        self._check_sop_contactable()
        if refusals := [line._get_refusal() for line in self.sop_material_line_ids.sudo() if line.state != 'ok']:
            raise UserError('\n'.join(refusals))
        if not self.sop_material_line_ids:
            raise UserError(self.env._("%s: choose the material first.", self.display_name))
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Send Material"),
            'res_model': 'mail.compose.message',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {
                'default_model': self._name,
                'default_res_ids': self.ids,
                'default_composition_mode': 'comment',
                'default_template_id': self.env['ir.model.data']._xmlid_to_res_id(TEMPLATE),
                'default_email_layout_xmlid': 'mail.mail_notification_light',
            },
        }

    def _process_attachments_for_template_post(self, mail_template):
        """The shipped template takes the material of each lead along."""
        result = super()._process_attachments_for_template_post(mail_template)
        if mail_template.id == self.env['ir.model.data']._xmlid_to_res_id(TEMPLATE):
            for lead in self:
                # sudo: whoever may write to the customer may send what was prepared for him.
                lines = lead.sudo().sop_material_line_ids.filtered(lambda line: line.state == 'ok')
                result.setdefault(lead.id, {}).setdefault('attachments', []).extend(
                    line._get_file() for line in lines)
        return result

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine import as_engine
from .sop_material import VALIDITIES


class SopMaterialLine(models.Model):
    """A document for one lead, as it is or tailored to the customer (S2.2)."""

    _name = 'sop.material.line'
    _description = "Material for a Lead"
    _inherit = ['sop.lead.child.mixin', 'sop.file.mixin']
    _order = 'lead_id, id'
    _rec_name = 'material_id'

    lead_id = fields.Many2one('crm.lead', required=True, index=True, ondelete='cascade')
    material_id = fields.Many2one(
        'sop.material', required=True, index=True, ondelete='restrict',
        domain="[('state', 'in', ('draft', 'checked'))]")
    kind = fields.Selection(related='material_id.kind')
    version = fields.Char(related='material_id.version')
    valid_to = fields.Date(related='material_id.valid_to')
    tailored = fields.Boolean(help="The customer gets a file made for him, which a second person checks first.")
    file = fields.Binary(string="Tailored File")
    state = fields.Selection(VALIDITIES, string="Status", compute='_compute_state', search='_search_state')
    can_check = fields.Boolean(compute='_compute_can_check')
    sent_date = fields.Datetime(string="Sent On", compute='_compute_sent')
    sent_by_id = fields.Many2one('res.users', compute='_compute_sent')

    _lead_material_uniq = models.Constraint(
        'UNIQUE(lead_id, material_id)', "This material is on the list of the lead already.")

    @api.depends('material_id.validity', 'tailored', 'file_checksum', 'checked_date')
    def _compute_state(self):
        for line in self:
            # sudo: whether it can be sent does not depend on who asks.
            validity = line.material_id.sudo().validity
            is_open = line.tailored and not (line.file_checksum and line.checked_date)
            line.state = 'unchecked' if validity == 'ok' and is_open else validity

    def _search_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        unchecked = Domain('tailored', '=', True) & (
            Domain('file_checksum', '=', False) | Domain('checked_date', '=', False))
        usable = Domain('material_id.validity', '=', 'ok')
        domains = {key: Domain('material_id.validity', '=', key) for key, __ in VALIDITIES}
        domains['ok'] = usable & ~unchecked
        domains['unchecked'] |= usable & unchecked
        return Domain.OR(domains.get(key, Domain.FALSE) for key in value)

    @api.depends_context('uid')
    @api.depends('tailored', 'file_checksum', 'checked_date', 'material_id.responsible_id')
    def _compute_can_check(self):
        for line in self:
            line.can_check = line.material_id.sudo()._is_keeper() and not line._get_check_error()

    @api.depends('lead_id', 'material_id')
    def _compute_sent(self):
        sendings = self.env['sop.material.sending'].search_fetch(
            [('lead_id', 'in', self.lead_id.ids), ('material_id', 'in', self.material_id.ids)],
            ['lead_id', 'material_id', 'date', 'user_id'], order='date, id')
        latest = {(sending.lead_id, sending.material_id): sending for sending in sendings}
        for line in self:
            sending = latest.get((line.lead_id, line.material_id), sendings.browse())
            line.sent_date = sending.date
            line.sent_by_id = sending.user_id

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_material()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {'material_id', 'lead_id'}:
            self._check_material()
            checked = self.filtered('checked_date')
            # What was made from another version is checked again.
            as_engine(checked).write({'checked_by_id': False, 'checked_date': False})
        return result

    def _check_material(self):
        """Only material the writer can see and the lead's company may use."""
        if not self.env.su:
            self.material_id.check_access('read')
        for line in self.sudo():
            company = line.material_id.company_id
            if company and company != line.lead_id._get_sop_company():
                raise UserError(self.env._(
                    "%(material)s belongs to %(company)s and cannot be used for %(lead)s. "
                    "Choose material of the lead's company.",
                    material=line.material_id.display_name, company=company.name, lead=line.lead_id.display_name))

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_check(self):
        """Release tailored files; who made them asks a second person."""
        self.check_access('read')
        # sudo: whoever reads the lead reads what its material asks for.
        self.material_id.sudo()._check_keeper()
        for line in self:
            if error := line._get_check_error():
                raise UserError(self.env._(
                    "%(material)s for %(lead)s: %(error)s",
                    material=line.material_id.display_name, lead=line.lead_id.display_name, error=error))
        as_engine(self).write({'checked_by_id': self.env.uid, 'checked_date': fields.Datetime.now()})
        return True

    def _get_check_error(self):
        """Why the user cannot release this tailored file, or an empty string."""
        if not (self.tailored and self.file_checksum):
            return self.env._("there is no tailored file to check.")
        if self.checked_date:
            return self.env._("it was checked by %s already.", self.checked_by_id.name)
        return self.material_id.sudo()._get_own_work_error(self.file_author_id)

    # ------------------------------------------------------------
    # SENDING
    # ------------------------------------------------------------

    def _get_refusal(self):
        """Why this line cannot be sent, with the way out; empty for no line."""
        if not self or self.state == 'ok':
            return ''
        if self.material_id.validity != 'ok':
            return self.material_id._get_refusal()
        return self.env._(
            "%(material)s for %(lead)s: the tailored file has not been checked. Ask %(expert)s to check it.",
            material=self.material_id.display_name, lead=self.lead_id.display_name,
            expert=self.material_id.responsible_id.name or self.env._("a manager"))

    def _get_file(self):
        """``(name, content in base64)`` of what the customer gets."""
        source = self if self.tailored else self.material_id
        source = source.with_context(bin_size=False)
        return source.file_name or source.display_name, source.file

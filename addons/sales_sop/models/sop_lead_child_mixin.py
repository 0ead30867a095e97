from odoo import api, models
from odoo.fields import Domain


class SopLeadChildMixin(models.AbstractModel):
    """Records about one lead that its salesperson writes (``lead_id``).

    Whoever reads the lead reads them, whoever changes the lead changes them;
    access rights of the model still apply.
    """

    _name = 'sop.lead.child.mixin'
    _description = "Part of a Lead"
    # What leads to the lead through a parent is derived, and not written by users.
    _inherit = ['sop.guarded.mixin']

    # Whether there are records of no lead: the rights of the model are all they ask for.
    _sop_lead_optional = False

    @api.model_create_multi
    def create(self, vals_list):
        self._check_sop_lead_values(vals_list)
        records = super().create(vals_list)
        records._check_sop_lead_access('write')
        return records

    def write(self, vals):
        self._check_sop_lead_access('write')
        self._check_sop_lead_values([vals])
        result = super().write(vals)
        if 'lead_id' in vals:
            self._check_sop_lead_access('write')
        return result

    @api.model
    def _check_sop_lead_values(self, vals_list):
        """Refuse before an error message tells something about a lead the user may not see."""
        lead_ids = {vals['lead_id'] for vals in vals_list if vals.get('lead_id')}
        if lead_ids and not self.env.su:
            self.env['crm.lead'].browse(lead_ids).check_access('write')

    def _check_sop_lead_access(self, operation):
        if not self.env.su:
            # sudo: the link is read to ask for the rights on the lead it leads to.
            leads = self.sudo().lead_id.sudo(False)
            if leads or not self._sop_lead_optional:
                leads.check_access(operation)

    @api.model
    def _get_sop_invited_domain(self):
        """Records the user reads without reading their lead, because he is asked to decide on them."""
        return Domain.FALSE

    @api.model
    def _search(self, domain, offset=0, limit=None, order=None, *, bypass_access=False, **kwargs):
        if not (self.env.su or bypass_access):
            readable = self.env['crm.lead'].has_access('read')
            of_leads = Domain('lead_id', 'any', Domain.TRUE) if readable else Domain.FALSE
            of_none = Domain('lead_id', '=', False) if self._sop_lead_optional else Domain.FALSE
            domain = Domain(domain) & (of_leads | of_none | self._get_sop_invited_domain())
        return super()._search(domain, offset, limit, order, bypass_access=bypass_access, **kwargs)

    def _check_access(self, operation):
        result = super()._check_access(operation)
        if self.env.su or not self:
            return result
        # sudo: the link is read to ask for the rights on the lead it leads to.
        leads = self.sudo().lead_id.sudo(False)
        allowed = set(leads._filtered_access('read' if operation == 'read' else 'write')._ids)
        if self._sop_lead_optional:
            allowed.add(False)
        forbidden = self.filtered(lambda record: record.sudo().lead_id.id not in allowed)
        if operation == 'read' and forbidden:
            # sudo: whether he was asked is written on records he may not read yet.
            forbidden -= forbidden.sudo().filtered_domain(self._get_sop_invited_domain()).sudo(False)
        forbidden |= result[0] if result else self.browse()
        if not forbidden:
            return result
        return forbidden, lambda: self.env['ir.rule']._make_access_error(operation, forbidden)

from odoo import api, fields, models


class SopArchiveItem(models.Model):
    """A paper of the archive set of a contract (§4.8): what the system has itself is there already."""

    _name = 'sop.archive.item'
    _description = "Paper of the Archive Set"
    _inherit = ['sop.contract.child.mixin']
    _order = 'contract_id, id'
    _rec_name = 'kind'

    _sop_server_fields = frozenset({'contract_id', 'kind'})

    contract_id = fields.Many2one('sop.contract', required=True, index=True, readonly=True, ondelete='cascade')
    kind = fields.Selection(
        [('original', "Signed original"), ('review', "Review"), ('minutes', "Minutes"), ('terms', "Term sheet"),
         ('authority', "Authorisations"), ('amendments', "Amendments"), ('acceptance', "Acceptance"),
         ('account', "Final account")], string="Paper", required=True, readonly=True)
    mark = fields.Selection([('filed', "Filed"), ('na', "There is none")], string="By Hand")
    remark = fields.Char()
    state = fields.Selection(
        [('record', "In the system"), ('filed', "Filed"), ('na', "There is none"), ('missing', "Missing")],
        compute='_compute_state', compute_sudo=True)

    _kind_uniq = models.UniqueIndex('(contract_id, kind)', "This paper is in the set already.")

    @api.depends('mark', 'kind', 'contract_id.original_date', 'contract_id.child_ids.state', 'contract_id.authority_id')
    def _compute_state(self):
        for item in self:
            known = getattr(item, f'_knows_{item.kind}', None)
            item.state = 'record' if known and known() else item.mark or 'missing'

    def _knows_original(self):
        contract = self.contract_id
        return contract.original_date if contract.sign_method == 'wet' else contract.effective_date

    def _knows_review(self):
        return self.contract_id.sop_review_id

    def _knows_minutes(self):
        return self.contract_id.lead_id.sop_minutes_ids.filtered(lambda minutes: minutes.state == 'confirmed')

    def _knows_terms(self):
        return self.contract_id.lead_id.sop_negotiation_ids

    def _knows_authority(self):
        contract = self.contract_id
        return contract.authority_id and (contract.customer_basis == 'legal_rep' or contract.customer_proof_ids)

    def _knows_amendments(self):
        # An amendment that is not decided yet is missing; where there is none, nothing is.
        return not any(child._is_open_amendment() for child in self.contract_id.child_ids)

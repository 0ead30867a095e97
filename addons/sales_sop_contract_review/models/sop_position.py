from odoo import Command, api, fields, models


class SopPosition(models.Model):
    _inherit = 'sop.position'

    code = fields.Selection(
        selection_add=[
            ('ca', "Contract administrator"), ('legal_rep', "Legal representative"), ('board', "Board"),
            ('keeper', "Seal keeper")],
        ondelete={'ca': 'cascade', 'legal_rep': 'cascade', 'board': 'cascade', 'keeper': 'cascade'})

    @api.model
    def _get_sop_codes(self):
        """All that a position may stand for, as a selection."""
        return self._fields['code']._description_selection(self.env)

    @api.model
    def _get_sop_holders_by_code(self, codes, company, but=None):
        """``{code: users}``: as ``_get_sop_holders``, code by code, at the cost of one."""
        # sudo: who decides does not depend on who asks.
        positions = self.sudo().search(
            [('company_id', 'in', [company.id, False])], order='company_id NULLS LAST, sequence, id')
        return {
            code: self._get_sop_position_holders(positions, code, company, but).sudo(False) for code in set(codes)}

    def _sop_let_in(self):
        """The contract administrator registers contracts: he reads all of them."""
        result = super()._sop_let_in()
        group = self.env.ref('sales_sop_contract_review.group_sop_contract_admin')
        # sudo: whoever may name the holders lets them work.
        holders = self.sudo().filtered(lambda position: position.code == 'ca').user_ids
        holders.filtered(lambda user: group not in user.all_group_ids).write({'group_ids': [Command.link(group.id)]})
        return result

    @api.model
    def _get_sop_vacant_codes(self, codes, company):
        """Those of ``codes`` whose position nobody holds in ``company``, in order."""
        # sudo: who decides does not depend on who asks.
        positions = self.sudo().search(
            [('company_id', 'in', [company.id, False])], order='company_id NULLS LAST, sequence, id')
        return [
            code for code in codes
            if not positions.filtered(lambda position, code=code: position.code == code)[:1]._get_sop_users(
                company, None)]

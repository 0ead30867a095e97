from odoo import api, models, tools


class SopTerm(models.Model):
    _inherit = 'sop.term'

    @api.model
    @tools.ormcache('company_id')
    def _get_sop_usual_credit(self, company_id):
        """Days of credit that are standard in this company: the target of its term of payment."""
        terms = self._get_sop_terms(self.env['res.company'].browse(company_id))
        return sum(terms.filtered(lambda term: term.key == 'payment')[:1].mapped('target_value'))

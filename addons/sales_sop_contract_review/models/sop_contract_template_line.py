from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.sales_sop.engine import is_engine


class SopContractTemplateLine(models.Model):
    """A clause of a template: whether contracts of its type need it, and the wording they start with."""

    _name = 'sop.contract.template.line'
    _description = "Clause of a Template"
    _order = 'sequence, id'

    template_id = fields.Many2one('sop.contract.template', required=True, index=True, ondelete='cascade')
    sequence = fields.Integer(default=10)
    clause_id = fields.Many2one('sop.clause', required=True, index=True, ondelete='restrict')
    is_required = fields.Boolean(string="Required", default=True)
    wording_id = fields.Many2one(
        'sop.clause.wording', string="Starts With", index='btree_not_null', ondelete='restrict',
        domain="[('clause_id', '=', clause_id), ('state', '=', 'active')]",
        help="Empty: the standard wording, by its condition.")

    _clause_uniq = models.UniqueIndex('(template_id, clause_id)', "This clause is in the template already.")

    @api.depends('clause_id')
    def _compute_display_name(self):
        for line in self:
            line.display_name = line.clause_id.name

    @api.constrains('clause_id', 'wording_id')
    def _check_wording(self):
        for line in self:
            if line.wording_id and line.wording_id.clause_id != line.clause_id:
                raise ValidationError(self.env._(
                    "%(wording)s is a wording of another clause than %(clause)s.",
                    wording=line.wording_id.display_name, clause=line.clause_id.name))

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_sop_draft()
        return lines

    def write(self, vals):
        self._check_sop_draft()
        result = super().write(vals)
        self._check_sop_draft()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_sop_draft()

    def _check_sop_draft(self):
        if not is_engine(self.env):
            self.template_id._check_sop_draft()

    def _has_sop_wording(self):
        return bool(self.wording_id or self.clause_id.wording_ids.filtered(
            lambda wording: wording.state == 'active' and wording.kind == 'standard'))

    def _get_sop_wording(self, contract):
        """The wording ``contract`` starts with."""
        own = self.wording_id
        return own if own.state == 'active' and own._is_sop_for(contract) else self.clause_id._get_sop_wording(contract)

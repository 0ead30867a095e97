from odoo import api, fields, models

from odoo.addons.sales_sop.engine import forget_caches

from ..values import REVIEW_MODES


class SopReviewLevel(models.Model):
    """A level of review: who is asked, how, and how long it may take (§4.4)."""

    _name = 'sop.review.level'
    _description = "Review Level"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, index=True)
    sequence = fields.Integer(default=10, help="The highest level that any rule gives is taken.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        'res.company', index=True, help="Empty: for all companies without their own level of this code.")
    mode = fields.Selection(REVIEW_MODES, required=True, default='parallel')
    department_ids = fields.Many2many('sop.review.department', string="Departments")
    case_ids = fields.One2many('sop.review.level.department', 'level_id', string="In Some Cases")
    approver_code = fields.Selection(
        lambda self: self.env['sop.position']._get_sop_codes(), string="Final Approver", required=True)
    second_approver_code = fields.Selection(
        lambda self: self.env['sop.position']._get_sop_codes(), string="And Then", help="Approves after the first.")
    day_limit = fields.Integer(string="Working Days", default=2)
    rule_ids = fields.One2many('sop.review.rule', 'level_id', string="Rules")

    _code_company_uniq = models.UniqueIndex(
        '(code, COALESCE(company_id, 0)) WHERE active', "This level exists already in this company.")

    @api.depends('code', 'name')
    def _compute_display_name(self):
        for level in self:
            level.display_name = ' '.join(filter(None, (level.code, level.name)))

    @api.model_create_multi
    def create(self, vals_list):
        forget_caches(self.env)
        return super().create(vals_list)

    def write(self, vals):
        forget_caches(self.env)
        return super().write(vals)

    def unlink(self):
        forget_caches(self.env)
        return super().unlink()

    @api.model
    def _get_sop_levels(self, company):
        """The active levels of ``company``, its own before the common ones, lowest first."""
        # sudo: what is reviewed does not depend on who asks.
        levels = self.sudo().search([('company_id', 'in', [company.id, False])])
        own = set(levels.filtered('company_id').mapped('code'))
        return levels.filtered(lambda level: level.company_id or level.code not in own)

    def _get_sop_approver_codes(self):
        """Positions that decide at last, one after the other."""
        self.ensure_one()
        return [code for code in (self.approver_code, self.second_approver_code) if code]

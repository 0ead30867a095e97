from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.sales_sop.engine import forget_caches

from ..values import REVIEW_MODES


class SopReviewLevel(models.Model):
    """A level of review: who is asked, how, and how long it may take (§4.4).

    Only administrators of the system write it. A company replaces a level by
    one with the same code, with rules of its own.
    """

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
    department_ids = fields.Many2many('sop.review.department', string="Departments", help="Take part in any case.")
    case_ids = fields.One2many('sop.review.level.department', 'level_id', string="In Some Cases", copy=True)
    approver_code = fields.Selection(
        lambda self: self.env['sop.position']._get_sop_codes(), string="Final Approver",
        help="Empty: the opinions of the departments decide.")
    second_approver_code = fields.Selection(
        lambda self: self.env['sop.position']._get_sop_codes(), string="And Then", help="Approves after the first.")
    day_limit = fields.Integer(string="Working Days", default=2, aggregator=None)
    rule_ids = fields.One2many('sop.review.rule', 'level_id', string="Rules", copy=True)
    warning = fields.Text(compute='_compute_warning')

    _code_company_uniq = models.UniqueIndex(
        '(code, COALESCE(company_id, 0)) WHERE active', "This level exists already in this company.")

    @api.depends('code', 'name')
    def _compute_display_name(self):
        for level in self:
            level.display_name = ' '.join(filter(None, (level.code, level.name)))

    @api.depends('department_ids', 'case_ids.department_id', 'approver_code', 'second_approver_code', 'company_id')
    @api.depends_context('lang', 'company')
    def _compute_warning(self):
        """What keeps reviews of this level from being decided, or makes others decide."""
        for level in self:
            company = level.company_id or self.env.company
            vacant = (level.department_ids | level.case_ids.department_id)._get_sop_vacancies(company)
            names = dict(self._fields['approver_code']._description_selection(self.env))
            positions = self.env['sop.position']._get_sop_vacant_codes(level._get_sop_approver_codes(), company)
            level.warning = '\n'.join([*vacant, *(
                self.env._("%s: nobody holds this position, the one that stands in approves.", names[code])
                for code in positions)]) or False

    @api.constrains('mode', 'department_ids', 'day_limit', 'approver_code', 'second_approver_code')
    def _check_level(self):
        for level in self:
            if level.mode != 'single' and not level.department_ids:
                raise ValidationError(self.env._("%s: choose the departments that take part.", level.display_name))
            if level.day_limit < 0:
                raise ValidationError(self.env._("%s: working days are not below zero.", level.display_name))
            if level.mode == 'single' and not level.approver_code:
                raise ValidationError(self.env._("%s: choose who reviews it.", level.display_name))
            if level.approver_code and level.approver_code == level.second_approver_code:
                raise ValidationError(self.env._("%s: choose another second approver.", level.display_name))

    @api.constrains('company_id')
    def _check_company(self):
        for level in self:
            # sudo: rounds of other companies are looked at as well.
            if level.company_id and self.env['sop.review'].sudo().search(
                    [('level_id', '=', level.id), ('company_id', '!=', level.company_id.id)], limit=1):
                raise ValidationError(self.env._(
                    "%s has been used by another company. Copy it instead.", level.display_name))

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

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for level, vals in zip(self, vals_list, strict=True):
            if 'code' not in (default or {}) and vals.get('company_id') == level.company_id.id:
                vals['code'] = self.env._("%s (copy)", level.code)
        return vals_list

    def action_copy_for_company(self):
        """Give the current company levels of its own, which replace these common ones."""
        self.check_access('write')
        own = self.copy({'company_id': self.env.company.id})
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Review Levels"),
            'res_model': 'sop.review.level',
            'view_mode': 'list,form',
            'domain': [('id', 'in', own.ids)],
        }

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

import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..values import DIMENSIONS, SEVERITIES

# What answers were given to: the words may be corrected, this stays.
FROZEN = ('code', 'department_id', 'dimension', 'severity')


class SopReviewItem(models.Model):
    """A check item of the review (§4.2).

    Only administrators of the system write it. Once it has been answered, it is
    archived and made anew instead of becoming another question.
    """

    _name = 'sop.review.item'
    _description = "Check Item"
    _order = 'department_id, sequence, code, id'
    _rec_names_search = ['code', 'name']

    name = fields.Char(string="Question", required=True, translate=True)
    code = fields.Char(required=True, index=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    department_id = fields.Many2one('sop.review.department', required=True, index=True, ondelete='restrict')
    dimension = fields.Selection(DIMENSIONS, required=True)
    severity = fields.Selection(SEVERITIES, required=True, default='major')
    evidence = fields.Char(translate=True, help="What shows it.")
    is_used = fields.Boolean(compute='_compute_is_used', help="It has been answered in a review.")

    _code_uniq = models.UniqueIndex('(code) WHERE active', "There is a check item with this code already.")

    @api.depends('code', 'name')
    def _compute_display_name(self):
        for item in self:
            item.display_name = ' '.join(filter(None, (item.code, item.name)))

    def _compute_is_used(self):
        used = self._get_sop_used()
        for item in self:
            item.is_used = item in used

    def _get_sop_used(self):
        """Those of these items that have been answered in a review."""
        # sudo: whether it was answered does not depend on who reads the review.
        groups = self.env['sop.review.answer'].sudo()._read_group([('item_id', 'in', self.ids)], ['item_id'])
        return self.browse([item.id for item, in groups])

    def write(self, vals):
        changed = self.filtered(lambda item: any(
            name in vals and item._fields[name].convert_to_write(item[name], item) != vals[name] for name in FROZEN))
        if changed and (used := changed._get_sop_used()):
            raise UserError(self.env._(
                "%s has been answered in a review: its code, department, dimension and severity stay. Archive it and "
                "make a new one.", used[0].code))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if used := self._get_sop_used() | self._get_sop_asked():
            raise UserError(self.env._("%s is part of a review. Archive it instead.", used[0].code))

    def _get_sop_asked(self):
        """Those of these items that somebody was asked, whether he has answered or not."""
        self.env['sop.review.opinion'].flush_model(['items'])
        return self.filtered(lambda item: self.env.execute_query(SQL(
            "SELECT 1 FROM sop_review_opinion WHERE items @> %s::jsonb LIMIT 1", json.dumps([[item.id]]))))

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        if 'code' not in (default or {}):
            for item, vals in zip(self, vals_list, strict=True):
                vals['code'] = self.env._("%s (copy)", item.code)
        return vals_list

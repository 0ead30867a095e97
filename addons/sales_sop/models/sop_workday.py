import re

from odoo import api, fields, models
from odoo.tools.misc import format_date


def _get_duplicate_message(env, diagnostics):
    found = re.search(r'\d{4}-\d{2}-\d{2}', diagnostics and diagnostics.message_detail or '')
    if not found:
        return env._("This day is in the table of this company already. Change that line instead of adding another.")
    return env._(
        "%(date)s is in the table of this company already. Change that line instead of adding another.",
        date=format_date(env, fields.Date.to_date(found.group())),
    )


class SopWorkday(models.Model):
    """A day on which a company does not follow its weekly working hours."""

    _name = 'sop.workday'
    _description = "Holiday or Make-up Working Day"
    _inherit = ['sop.guarded.mixin']
    _order = 'date desc, company_id'

    company_id = fields.Many2one(
        'res.company', required=True, default=lambda self: self.env.company, ondelete='cascade')
    date = fields.Date(required=True)
    kind = fields.Selection(
        [('holiday', "Holiday"), ('workday', "Make-up working day")], required=True, default='holiday')
    name = fields.Char(required=True)
    # Text: a year is a name here, and must not be summed or written 2,026.
    year = fields.Char(compute='_compute_year', store=True, precompute=True)
    weekday = fields.Char(compute='_compute_weekday')

    _company_date_uniq = models.Constraint('UNIQUE(company_id, date)', _get_duplicate_message)

    @api.depends('date')
    def _compute_year(self):
        for workday in self:
            workday.year = workday.date and str(workday.date.year)

    @api.depends('date')
    @api.depends_context('lang')
    def _compute_weekday(self):
        for workday in self:
            workday.weekday = workday.date and format_date(self.env, workday.date, date_format='EEEE')

    @api.depends('name', 'date')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for workday in self:
            parts = (workday.name, workday.date and format_date(self.env, workday.date))
            workday.display_name = ', '.join(filter(None, parts))

    @api.model_create_multi
    def create(self, vals_list):
        workdays = super().create(vals_list)
        workdays._request_recompute()
        return workdays

    def write(self, vals):
        if vals.keys().isdisjoint(('company_id', 'date', 'kind')):
            self.env['res.company']._sop_forget_workdays()
            return super().write(vals)
        self._request_recompute()
        result = super().write(vals)
        self._request_recompute()
        return result

    def unlink(self):
        self._request_recompute()
        return super().unlink()

    @api.model
    def get_import_templates(self):
        return [{
            'label': self.env._("Import Template for Holidays and Make-up Working Days"),
            'template': '/sales_sop/static/import/sop_workday.csv',
        }]

    def _request_recompute(self):
        """Deadlines of running documents follow the table."""
        for company, workdays in self.grouped('company_id').items():
            company._sop_request_recompute(min(workdays.mapped('date')))

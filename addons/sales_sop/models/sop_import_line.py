from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import as_engine

# What a row may fill in a lead that exists: nothing that decides whose it is or where it stands.
MERGED_TYPES = frozenset({'char', 'text', 'html', 'date', 'datetime', 'float', 'monetary', 'selection', 'many2one'})
NOT_MERGED = frozenset({
    'name', 'user_id', 'team_id', 'company_id', 'stage_id', 'type', 'active', 'probability', 'lost_reason_id',
    'sop_list_id',
})


class SopImportLine(models.Model):
    """What became of one row of an imported file."""

    _name = 'sop.import.line'
    _description = "Imported Row"
    _inherit = ['sop.engine.mixin']
    _order = 'import_date desc, row, id'

    list_id = fields.Many2one('sop.prospect.list', string="Prospect List", index='btree_not_null', ondelete='cascade')
    company_id = fields.Many2one('res.company', required=True, index=True)
    user_id = fields.Many2one('res.users', string="Imported By", required=True, index=True)
    import_date = fields.Datetime(string="Imported On", required=True)
    file_name = fields.Char(string="File")
    row = fields.Integer(aggregator=None, help="As the file counts, without empty rows.")
    name = fields.Char()
    result = fields.Selection([
        ('imported', "Imported"),
        ('updated', "Updated"),
        ('duplicate', "Duplicate"),
        ('refused', "Refused"),
    ], required=True)
    reason = fields.Text()
    lead_id = fields.Many2one('crm.lead', index='btree_not_null', ondelete='set null')
    duplicate_lead_id = fields.Many2one(
        'crm.lead', string="Duplicate Of", index='btree_not_null', ondelete='set null')
    # What a duplicate row held, to be filled into the lead that exists.
    row_values = fields.Json()
    merged_by_id = fields.Many2one('res.users', string="Filled In By")
    merged_date = fields.Datetime(string="Filled In On")

    def action_sop_fill_in(self):
        """Fill what is empty in the lead that exists with what this duplicate row holds."""
        self.ensure_one()
        self.check_access('read')
        # sudo: the link is read to ask for the rights on the lead.
        lead = self.sudo().duplicate_lead_id.sudo(False)
        if self.result != 'duplicate' or not lead or self.merged_date:
            raise UserError(self.env._("Row %s holds nothing that could be filled in.", self.row))
        lead.check_access('write')
        values = {
            name: value for name, value in (self.row_values or {}).items()
            if name in lead._fields and not lead[name]
        }
        if values:
            lead.write(values)
        as_engine(self).write({'merged_by_id': self.env.uid, 'merged_date': fields.Datetime.now()})
        return {
            'type': 'ir.actions.act_window', 'res_model': 'crm.lead', 'res_id': lead.id, 'view_mode': 'form',
            'views': [(False, 'form')],
        }

    def action_sop_open_lead(self):
        """The lead this row became, or is a duplicate of."""
        self.ensure_one()
        self.check_access('read')
        # sudo: the link is read to ask for the rights on the lead.
        lead = (self.sudo().lead_id or self.sudo().duplicate_lead_id).sudo(False)
        if not lead:
            raise UserError(self.env._("Row %s did not become a lead.", self.row))
        lead.check_access('read')
        return {
            'type': 'ir.actions.act_window', 'res_model': 'crm.lead', 'res_id': lead.id, 'view_mode': 'form',
            'views': [(False, 'form')],
        }

    @api.model
    def _keep(self, rows, run, prospects):
        """Write the result of an import down."""
        company = prospects.company_id or self.env.company
        common = {
            'list_id': prospects.id, 'company_id': company.id, 'user_id': self.env.uid, 'import_date': run.date,
            'file_name': run.file_name,
        }
        as_engine(self).create([{
            **common,
            'row': row.number, 'name': row.name, 'result': row.result, 'reason': '\n'.join(row.reasons) or False,
            'lead_id': row.lead_id, 'duplicate_lead_id': row.duplicate_lead_id,
            'row_values': self._prepare_row_values(row) if row.duplicate_lead_id else False,
        } for row in rows])

    @api.model
    def _prepare_row_values(self, row):
        lead_fields = self.env['crm.lead']._fields
        return {
            name: value if isinstance(value, (str, int, float)) else fields.Datetime.to_string(value)
            for name, value in row.values.items()
            if value and name not in NOT_MERGED and name in lead_fields and lead_fields[name].type in MERGED_TYPES
        }


class SopProspectList(models.Model):
    _inherit = 'sop.prospect.list'

    sop_import_line_ids = fields.One2many('sop.import.line', 'list_id', string="Imported Rows")
    import_line_count = fields.Integer(string="Imported Rows Count", compute='_compute_import_line_count')

    def _compute_import_line_count(self):
        counts = dict(self.env['sop.import.line']._read_group(
            [('list_id', 'in', self.ids)], ['list_id'], ['__count']))
        for prospects in self:
            prospects.import_line_count = counts.get(prospects, 0)

    def action_sop_import_result(self):
        """What became of each row that was imported into this list."""
        self.ensure_one()
        self.check_access('read')
        action = self.env['ir.actions.act_window']._for_xml_id('sales_sop.sop_import_line_action')
        return {**action, 'domain': [('list_id', '=', self.id)], 'context': {'search_default_group_result': 1}}

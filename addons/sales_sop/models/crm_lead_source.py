from odoo import fields, models

from ..values import LEGAL_BASES, SOURCES


class CrmLead(models.Model):
    """Where the data of a lead came from, and whether it may be contacted."""

    _inherit = 'crm.lead'

    sop_list_id = fields.Many2one(
        'sop.prospect.list', string="Prospect List", index='btree_not_null', ondelete='restrict')
    sop_source = fields.Selection(SOURCES, string="Obtained By")
    sop_legal_basis = fields.Selection(
        LEGAL_BASES, string="Legal Basis", help="What allows us to use these data. Empty: unknown.")
    sop_collected_by_id = fields.Many2one('res.users', string="Collected By")
    sop_collected_date = fields.Date(string="Collected On")

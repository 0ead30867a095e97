from odoo import fields, models


class ResCompany(models.Model):
    """What a company may set about signing, sealing and archiving (S5.5, S5.7)."""

    _inherit = 'res.company'

    sop_seal_days = fields.Integer(
        string="Seal Within", default=1, prefetch='sop', help="Working days after the seal was asked for.")
    sop_second_look = fields.Boolean(
        string="Second Look at the Signed Copy", prefetch='sop',
        help="Two persons compare the signed copy with the reviewed version.")
    sop_confirm_on_effective = fields.Boolean(
        string="Confirm Orders With Their Contract", default=True, prefetch='sop',
        help="Quotations of a contract are confirmed when it becomes effective.")
    sop_archive_days = fields.Integer(
        string="Archive Within", default=5, prefetch='sop', help="Working days after the countersigned copy arrived.")
    sop_original_days = fields.Integer(
        string="Original Missing After", default=30, prefetch='sop',
        help="Days after which the salesperson and the sales manager are reminded of an original; 0: never.")
    sop_retention_years = fields.Integer(
        string="Keep Contracts For", default=10, prefetch='sop', help="Years after they were completed.")

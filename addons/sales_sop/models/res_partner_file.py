from odoo import fields, models

from ..values import PURCHASE_HABITS, SIZE_BANDS


class ResPartner(models.Model):
    _inherit = 'res.partner'

    sop_size_band = fields.Selection(SIZE_BANDS, string="Size")
    sop_purchase_habit = fields.Selection(PURCHASE_HABITS, string="Purchasing Habits")

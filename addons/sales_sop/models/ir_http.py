from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = 'ir.http'

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """Customers read the form of the portal in their language."""
        return [*super()._get_translation_frontend_modules_name(), 'sales_sop']

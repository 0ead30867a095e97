import base64
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import file_open

from ..engine import as_engine


class SopDemo(models.AbstractModel):
    _inherit = 'sop.demo'

    @api.model
    def _load_material(self):
        """Check the documents; of two the next version is made, and one of the two waits for its check."""
        materials = self.env['sop.material'].search([]).filtered(
            lambda material: material.get_external_id()[material.id].startswith('sales_sop.'))
        materials.with_user(self._get_user('mike')).action_check()
        company = self._renew_material('company', version="2026")
        company.with_user(self._get_user('mike')).action_check()
        self._renew_material('vessel', version="2026", valid_to=fields.Date.today() + timedelta(days=1090))
        # What is expired cannot be checked: it expires afterwards.
        as_engine(self.env.ref('sales_sop.sop_material_vessel_1')).write(
            {'valid_to': fields.Date.today() - timedelta(days=4)})

    def _renew_material(self, key, **values):
        material = self.env.ref(f'sales_sop.sop_material_{key}_1').with_user(self._get_user('carol'))
        following = material.browse(material.action_new_version()['res_id'])
        with file_open(f'sales_sop/demo/material/{key}_2.pdf', 'rb') as file:
            following.write({
                'file': base64.b64encode(file.read()), 'file_name': f'{material.name} 2026.pdf', **values})
        return following

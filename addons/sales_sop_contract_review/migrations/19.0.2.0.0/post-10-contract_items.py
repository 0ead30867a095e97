from odoo import SUPERUSER_ID, api

from odoo.addons.sales_sop_contract_review.contract_items import place_items


def migrate(cr, version):
    """The version before only reserved the name: this one is installed by an upgrade."""
    place_items(api.Environment(cr, SUPERUSER_ID, {'lang': 'en_US'}))

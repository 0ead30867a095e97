from odoo import SUPERUSER_ID, Command, api

from odoo.addons.sales_sop.process_upgrade import place_draft


def migrate(cr, version):
    """The new draft is placed; sales staff see targets and floors from now on, as after a new installation."""
    env = api.Environment(cr, SUPERUSER_ID, {'lang': 'en_US'})
    place_draft(env, '19.0.1.2.0', ['_v2', '_v1'])
    env.ref('sales_sop.group_sop_user').write({
        'implied_ids': [Command.link(env.ref('sales_sop.group_sop_floor').id)]})

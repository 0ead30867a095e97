from odoo import SUPERUSER_ID, Command, api


def migrate(cr, version):
    """Sales staff see targets and floors from now on, as after a new installation."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    env.ref('sales_sop.group_sop_user').write({
        'implied_ids': [Command.link(env.ref('sales_sop.group_sop_floor').id)]})

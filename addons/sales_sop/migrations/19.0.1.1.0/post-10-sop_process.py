from odoo import SUPERUSER_ID, api

from odoo.addons.sales_sop.process_upgrade import place_draft


def migrate(cr, version):
    """The new draft is placed, and what came with this version is switched off where a procedure is in use."""
    env = api.Environment(cr, SUPERUSER_ID, {'lang': 'en_US'})
    switch_off(env)
    place_draft(env, '19.0.1.1.0', ['_v1'])


def switch_off(env):
    """Nobody loses a lead, signs a hand-over or is late with a reply by an upgrade."""
    if env['sop.process']._is_in_use('crm.lead'):
        env['res.company'].search([]).write({
            'sop_pool': False, 'sop_handover': False, 'sop_reply_hours': 0,
            'sop_dormant_days': 0, 'sop_dormant_months': 0,
        })

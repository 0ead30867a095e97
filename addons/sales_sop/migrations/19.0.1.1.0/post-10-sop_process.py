from odoo import SUPERUSER_ID, api

from odoo.addons.sales_sop.engine import as_engine


def migrate(cr, version):
    """The new draft of the shipped procedure follows the one in use: its teams, CRM stages, gates and plans."""
    env = api.Environment(cr, SUPERUSER_ID, {'lang': 'en_US'})
    switch_off(env)
    used = env.ref('sales_sop.sop_process_sales_v1', raise_if_not_found=False)
    if not used:
        return
    draft = env.ref('sales_sop.sop_process_sales')
    as_engine(draft).write({
        'version': env['sop.process']._get_last_version(used.code, used.company_id).version + 1,
        'previous_id': used.id,
        'company_id': used.company_id.id,
        'team_ids': used.team_ids.ids,
    })
    draft.flush_recordset()
    cr.execute("UPDATE sop_process SET code = %s WHERE code = %s", [draft.code, f'{draft.code} (before 19.0.1.1.0)'])
    env.invalidate_all()
    by_code = {stage.code: stage for stage in used.stage_ids}
    for stage in draft.stage_ids:
        if before := by_code.get(stage.code):
            stage.write({
                'crm_stage_ids': before.crm_stage_ids.ids,
                'gate': before.gate,
                'activity_plan_id': before.activity_plan_id.id,
            })


def switch_off(env):
    """Where a procedure is in use, nobody loses a lead, signs a hand-over or is late with a reply by an upgrade."""
    if env['sop.process']._is_in_use('crm.lead'):
        env['res.company'].search([]).write({
            'sop_pool': False, 'sop_handover': False, 'sop_reply_hours': 0,
            'sop_dormant_days': 0, 'sop_dormant_months': 0,
        })

"""How a new version of the shipped procedure reaches a database: nobody's procedure is changed under him.

What is published or was adapted stays as it is, and the new one arrives beside
it as a draft. Used by the scripts of ``migrations/``.
"""
from odoo.tools import SQL

from .engine import as_engine

# The procedure of this version; those set aside before have their suffix already.
SHIPPED = SQL(
    "module = 'sales_sop' AND model IN ('sop.process', 'sop.stage', 'sop.requirement') AND name !~ '_v[0-9]+$'")


def set_aside(cr, version, suffix):
    """Before the data of ``version`` is loaded: give it a free place.

    :param suffix: of the XML ids of the procedure in use from now on, as ``_v1``
    """
    cr.execute("SELECT res_id FROM ir_model_data WHERE module = 'sales_sop' AND name = 'sop_process_sales'")
    if row := cr.fetchone():
        if _is_in_use(cr, row[0]):
            cr.execute(SQL("UPDATE ir_model_data SET name = name || %s WHERE %s", suffix, SHIPPED))
        else:
            _forget(cr, row[0])
    # The draft comes with the same code and number; place_draft numbers it and gives the code back.
    cr.execute("UPDATE sop_process SET code = code || %s WHERE code = 'sales_sop'", [_get_mark(version)])


def _forget(cr, process_id):
    cr.execute("DELETE FROM mail_message WHERE model = 'sop.process' AND res_id = %s", [process_id])
    cr.execute("DELETE FROM mail_followers WHERE res_model = 'sop.process' AND res_id = %s", [process_id])
    cr.execute("DELETE FROM sop_process WHERE id = %s", [process_id])
    cr.execute(SQL("DELETE FROM ir_model_data WHERE %s", SHIPPED))


def _get_mark(version):
    return f' (before {version})'


def _is_in_use(cr, process_id):
    """Whether it was published, or anything in it was changed since it was installed."""
    cr.execute("""
        SELECT EXISTS (
            SELECT 1 FROM sop_process
             WHERE id = %(id)s AND (state != 'draft' OR published_date IS NOT NULL OR write_date > create_date)
        ) OR EXISTS (
            SELECT 1 FROM sop_stage WHERE process_id = %(id)s AND write_date > create_date
        ) OR EXISTS (
            SELECT 1 FROM sop_requirement WHERE process_id = %(id)s AND write_date > create_date
        ) OR EXISTS (
            SELECT 1 FROM sop_process WHERE previous_id = %(id)s
        )""", {'id': process_id})
    return cr.fetchone()[0]


def place_draft(env, version, suffixes):
    """After the data is loaded: the new draft follows the one in use, its teams, CRM stages, gates and plans.

    :param suffixes: of the procedures set aside, the latest first
    """
    draft = env.ref('sales_sop.sop_process_sales')
    marked = env['sop.process'].search([('code', '=', f'{draft.code}{_get_mark(version)}')], order='version')
    references = (env.ref(f'sales_sop.sop_process_sales{suffix}', raise_if_not_found=False) for suffix in suffixes)
    used = next((process for process in references if process), marked[-1:])
    if not used or draft.previous_id:
        return
    as_engine(draft).write({
        'version': max((used | marked).mapped('version')) + 1,
        'previous_id': used.id,
        'company_id': used.company_id.id,
        'team_ids': used.team_ids.ids,
    })
    draft.flush_recordset()
    env.cr.execute("UPDATE sop_process SET code = %s WHERE id = ANY(%s)", [draft.code, marked.ids])
    env.invalidate_all()
    _copy_places(draft, used)


def _copy_places(draft, used):
    by_code = {stage.code: stage for stage in used.stage_ids}
    for stage in draft.stage_ids:
        if before := by_code.get(stage.code):
            stage.write({
                'crm_stage_ids': before.crm_stage_ids.ids,
                'gate': before.gate,
                'activity_plan_id': before.activity_plan_id.id,
            })

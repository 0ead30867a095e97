"""The shipped procedure asks for facts in S1 and S2 now. Nobody's procedure is changed under him: what
is published or was adapted stays as it is, and the new one arrives beside it as a draft.
"""
SHIPPED = r"module = 'sales_sop' AND model IN ('sop.process', 'sop.stage', 'sop.requirement')"


def migrate(cr, version):
    # Nobody's leads get a grade because of an upgrade.
    cr.execute("ALTER TABLE sop_process ADD COLUMN IF NOT EXISTS is_graded boolean")
    cr.execute("UPDATE sop_process SET is_graded = (state = 'draft')")
    cr.execute("SELECT res_id FROM ir_model_data WHERE module = 'sales_sop' AND name = 'sop_process_sales'")
    row = cr.fetchone()
    if not row:
        return
    if is_in_use(cr, row[0]):
        cr.execute(f"UPDATE ir_model_data SET name = name || '_v1' WHERE {SHIPPED}")
        # The draft comes with the same code and number; post-10 numbers it and gives the code back.
        cr.execute("UPDATE sop_process SET code = code || ' (before 19.0.1.1.0)' WHERE code = 'sales_sop'")
    else:
        cr.execute("DELETE FROM mail_message WHERE model = 'sop.process' AND res_id = %s", row)
        cr.execute("DELETE FROM mail_followers WHERE res_model = 'sop.process' AND res_id = %s", row)
        cr.execute("DELETE FROM sop_process WHERE id = %s", row)
        cr.execute(f"DELETE FROM ir_model_data WHERE {SHIPPED}")


def is_in_use(cr, process_id):
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

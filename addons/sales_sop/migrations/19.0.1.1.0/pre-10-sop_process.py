"""The shipped procedure asks for facts in S1 and S2 from this version on."""
from odoo.addons.sales_sop.process_upgrade import set_aside


def migrate(cr, version):
    # Nobody's leads get a grade because of an upgrade.
    cr.execute("ALTER TABLE sop_process ADD COLUMN IF NOT EXISTS is_graded boolean")
    cr.execute("UPDATE sop_process SET is_graded = (state = 'draft')")
    set_aside(cr, '19.0.1.1.0', '_v1')

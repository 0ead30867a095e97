"""The shipped procedure asks for facts in S3 and S4 from this version on."""
from odoo.addons.sales_sop.process_upgrade import set_aside


def migrate(cr, version):
    # Customer and company of a contact are read from its lead from now on.
    cr.execute(
        "ALTER TABLE IF EXISTS sop_contact_log DROP COLUMN IF EXISTS partner_id, DROP COLUMN IF EXISTS company_id")
    set_aside(cr, '19.0.1.2.0', '_v2')

"""The shipped procedure asks for facts in S3 and S4 from this version on."""
from odoo.addons.sales_sop.process_upgrade import set_aside


def migrate(cr, version):
    set_aside(cr, '19.0.1.2.0', '_v2')

from odoo import models


class SopLeadChildMixin(models.AbstractModel):
    """Records about one lead that its salesperson writes (``lead_id``).

    Whoever reads the lead reads them, whoever changes the lead changes them;
    access rights of the model still apply.
    """

    _name = 'sop.lead.child.mixin'
    _description = "Part of a Lead"
    _inherit = ['sop.child.mixin']

    _sop_child_of = ('lead_id',)

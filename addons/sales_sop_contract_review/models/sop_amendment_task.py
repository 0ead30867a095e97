from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.sales_sop.engine import as_engine

from ..values import DEPARTMENTS


class SopAmendmentTask(models.Model):
    """A document to be brought up to date after an amendment: who did it, and when (§4.7)."""

    _name = 'sop.amendment.task'
    _description = "Document to Update After an Amendment"
    _inherit = ['sop.contract.child.mixin']
    _order = 'contract_id desc, sequence, id'

    _sop_server_fields = frozenset({
        'contract_id', 'type_id', 'name', 'sequence', 'department_code', 'is_done', 'done_by_id', 'done_date',
        'remark'})

    contract_id = fields.Many2one(
        'sop.contract', string="Amendment", required=True, index=True, ondelete='cascade', readonly=True)
    type_id = fields.Many2one('sop.amendment.task.type', readonly=True, ondelete='set null', index='btree_not_null')
    name = fields.Char(related='type_id.name', string="Document", related_sudo=True)
    sequence = fields.Integer(readonly=True)
    department_code = fields.Selection(DEPARTMENTS, string="Department", readonly=True)
    is_done = fields.Boolean(string="Updated", readonly=True)
    done_by_id = fields.Many2one('res.users', string="Updated By", readonly=True, ondelete='restrict')
    done_date = fields.Datetime(string="Updated On", readonly=True)
    remark = fields.Char(readonly=True)

    @api.model
    def _get_sop_invited_domain(self):
        # Whoever got the change notice ticks what his department brought up to date.
        mine = Domain('notice_ids', 'any!', Domain('user_id', '=', self.env.uid))
        return Domain('contract_id', 'any!', mine)

    def action_done(self, remark=False):
        """These documents say what the amendment says.

        :param str remark: where it is, or what was left as it is and why
        """
        self.check_access('read')
        self._check_sop_may_tick()
        if remark and not isinstance(remark, str):
            raise UserError(self.env._("Write the remark as a text."))
        # sudo: whoever may see that it is to be done says that he did it.
        open_tasks = self.sudo().filtered(lambda task: not task.is_done).sudo(False)
        as_engine(open_tasks).write({
            'is_done': True, 'done_by_id': self.env.uid, 'done_date': fields.Datetime.now(),
            'remark': (remark or '').strip()})
        self.sudo().contract_id._sop_complete_amendments()
        return True

    def _check_sop_may_tick(self):
        """Whoever got the change notice does, or works on the amendment; readers only read."""
        # sudo: whether he was told is written on records he may not read.
        told = self.sudo().filtered_domain(self._get_sop_invited_domain()).sudo(False)
        if others := self - told:
            others.contract_id.check_access('write')

    def action_undo(self):
        """It was ticked by mistake: by whoever ticked it, while the amendment is not completed."""
        self.check_access('read')
        for task in self.sudo():
            if task.done_by_id != self.env.user or task.contract_id.state != 'effective':
                raise UserError(self.env._(
                    "%s: only who ticked it takes that back, and only until the amendment is completed.",
                    task.name))
        as_engine(self).write({'is_done': False, 'done_by_id': False, 'done_date': False, 'remark': False})
        return True

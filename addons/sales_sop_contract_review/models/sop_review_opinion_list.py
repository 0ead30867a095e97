from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# Seconds below which nobody has read a contract
GLANCE = 10


class SopReviewOpinion(models.Model):
    """Opinions in the list of who gives them, and in the one of who looks after the reviews."""

    _inherit = 'sop.review.opinion'

    review_name = fields.Char(related='review_id.name', string="Number")
    subject_name = fields.Char(related='review_id.subject_name', string="About")
    partner_name = fields.Char(related='review_id.partner_id.display_name', string="Customer")
    company_id = fields.Many2one(related='review_id.company_id')
    amount = fields.Monetary(related='review_id.amount', aggregator=None)
    currency_id = fields.Many2one(related='review_id.currency_id')
    level_id = fields.Many2one(related='review_id.level_id', string="Level")
    requester_id = fields.Many2one(related='review_id.requester_id', string="Requested By")
    deadline = fields.Date(related='review_id.deadline', store=True)
    deadline_state = fields.Selection(
        [('ok', "In time"), ('soon', "Due today"), ('late', "Late")], compute='_compute_deadline_state')
    role = fields.Char(compute='_compute_role', compute_sudo=True)
    absent_name = fields.Char(string="For", compute='_compute_absent_name', compute_sudo=True)
    opened_at = fields.Datetime(string="First Opened", readonly=True)
    read_seconds = fields.Integer(
        string="Seconds Read", compute='_compute_read_seconds', store=True, aggregator='avg',
        help="From the first look at the sheet to the opinion; -1: it was never opened.")
    is_glance = fields.Boolean(
        string="Given Unread", compute='_compute_is_glance', search='_search_is_glance',
        help="Given without opening the sheet, or a few seconds later.")

    @api.depends('deadline', 'state')
    def _compute_deadline_state(self):
        today = fields.Date.context_today(self)
        for opinion in self:
            late = opinion.deadline and opinion.deadline < today
            soon = opinion.deadline and opinion.deadline == today
            opinion.deadline_state = 'late' if late else 'soon' if soon else 'ok'

    @api.depends('department_id', 'is_final', 'approver_code')
    @api.depends_context('lang')
    def _compute_role(self):
        for opinion in self:
            opinion.role = opinion._get_sop_role()

    @api.depends('reviewer_ids', 'state')
    @api.depends_context('uid')
    def _compute_absent_name(self):
        user = self.env.user
        acting = self.env['sop.absence']._get_sop_acting_for(user)
        for opinion in self:
            mine = user in opinion.reviewer_ids
            opinion.absent_name = not mine and (opinion.reviewer_ids & acting)[:1].name

    @api.depends('opened_at', 'date')
    def _compute_read_seconds(self):
        for opinion in self:
            seen = opinion.opened_at
            opinion.read_seconds = (opinion.date - seen).total_seconds() if seen and opinion.date else -1

    @api.depends('read_seconds', 'state', 'carried_from_id')
    def _compute_is_glance(self):
        for opinion in self:
            opinion.is_glance = (
                opinion.state == 'done' and not opinion.carried_from_id and opinion.read_seconds < GLANCE)

    def _search_is_glance(self, operator, value):
        if operator != 'in':
            return NotImplemented
        glance = Domain([
            ('state', '=', 'done'), ('carried_from_id', '=', False), ('read_seconds', '<', GLANCE)])
        return Domain.OR(glance if wanted else ~glance for wanted in value)

    def action_agree_all(self):
        """Agree with these together; whatever cannot be agreed to like this is told one by one."""
        self.check_access('read')
        refused = [] if self._sop_try_agree() is None else [
            error for opinion in self if (error := opinion._sop_try_agree()) is not None]
        title = self.env._("Agreed: %(given)s of %(all)s", given=len(self) - len(refused), all=len(self))
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': 'warning' if refused else 'success', 'sticky': bool(refused), 'title': title,
                'message': '\n'.join(refused), 'next': {'type': 'ir.actions.client', 'tag': 'soft_reload'},
            },
        }

    def _sop_try_agree(self):
        """Why these cannot be agreed to, and nothing is written; None when they are."""
        try:
            with self.env.cr.savepoint():
                self.action_decide('agree', fill=True)
        except UserError as error:
            return str(error)
        return None

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date


class SopReviewRequest(models.TransientModel):
    """Asks for a review; shows before who will be asked, why, and in which order."""

    _name = 'sop.review.request'
    _description = "Request a Review"
    _rec_name = 'message'

    order_ids = fields.Many2many('sale.order')
    contract_ids = fields.Many2many('sop.contract')
    message = fields.Text(help="Reviewers read it first.")
    preview = fields.Html(compute='_compute_preview', sanitize=False)
    is_ready = fields.Boolean(compute='_compute_preview')

    @api.depends('order_ids', 'contract_ids')
    @api.depends_context('lang', 'uid')
    def _compute_preview(self):
        for request in self:
            rows = [row for subjects in request._get_sop_subjects() for row in subjects._get_sop_request_preview()]
            request.is_ready = any(not row['error'] for row in rows)
            request.preview = self.env['ir.qweb']._render(
                'sales_sop_contract_review.review_request_preview', {'rows': rows})

    def _get_sop_subjects(self):
        self.ensure_one()
        return [subjects for subjects in (self.order_ids._origin, self.contract_ids._origin) if subjects]

    def action_apply(self):
        """Send the request for all that can be reviewed."""
        self.ensure_one()
        self.check_access('write')
        for subjects in self._get_sop_subjects():
            ready = subjects.filtered(lambda subject: not subject._get_sop_request_error())
            # Where nothing is ready, the request itself says why.
            (ready or subjects).action_sop_request_review(self.message)
        return {'type': 'ir.actions.act_window_close'}


class SopReviewMixin(models.AbstractModel):
    _inherit = 'sop.review.mixin'

    def action_sop_open_request(self):
        """Show who would review these, and send the request."""
        self.check_access('write')
        name = 'contract_ids' if self._name == 'sop.contract' else 'order_ids'
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Request a Review"),
            'res_model': 'sop.review.request',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {f'default_{name}': self.ids},
        }

    def _get_sop_request_error(self):
        """Why this record cannot be reviewed now; None when it can."""
        self.ensure_one()
        try:
            self._check_sop_reviewable()
            own = self.with_env(self.env(su=True))
            own._check_sop_first_request(own._get_sop_review_fingerprints())
            own._get_sop_review_plans()
        except UserError as error:
            return str(error)
        return None

    def _get_sop_request_preview(self):
        """For each of these: level, why, who is asked one after the other, until when; or why not."""
        return [record._prepare_sop_request_preview() for record in self]

    def _prepare_sop_request_preview(self):
        row = {'name': self.display_name, 'error': self._get_sop_request_error()}
        if row['error']:
            return row
        # sudo: who is asked is shown to whoever asks.
        own = self.with_env(self.env(su=True))
        plan = own._get_sop_review_plans()[self.id]
        level, company = plan['route']['level'], own.company_id or self.env.company
        deadline = company._sop_add_workdays(fields.Datetime.now(), level.day_limit)
        modes = dict(level._fields['mode']._description_selection(self.env))
        return {
            **row, 'level': level.display_name, 'mode': modes[level.mode], 'reasons': plan['route']['reasons'],
            'deadline': deadline and format_date(self.env, deadline),
            'steps': own._prepare_sop_preview_steps(plan['opinions'], company)}

    def _prepare_sop_preview_steps(self, opinions, company):
        """The chain: departments together, and then the final approvers."""
        substitutes = self.env['sop.absence']._get_sop_substitutes(
            self.env['res.users'].union(*(row['users'] for row in opinions)),
            company._get_sop_local_date(fields.Datetime.now()))
        return [{
            'role': self._get_sop_role_name(row), 'is_final': row.get('is_final', False),
            'count': len(row['items']),
            'users': [self._get_sop_asked_name(user, substitutes) for user in row['users']]} for row in opinions]

    def _get_sop_asked_name(self, user, substitutes):
        substitute = substitutes.get(user.sudo(False))
        return self.env._(
            "%(substitute)s for %(user)s, who is away", substitute=substitute.sudo().name, user=user.name,
        ) if substitute else user.name

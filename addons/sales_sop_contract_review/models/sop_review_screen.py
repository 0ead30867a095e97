from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import html_sanitize

from ..values import REVIEW_ACTS

# Acts on one opinion; the others are acts on the review.
OPINION_ACTS = ('return', 'reassign', 'add', 'waive')


class SopReview(models.Model):
    """The review as its requester and auditors see it."""

    _inherit = 'sop.review'

    asked_names = fields.Char(string="Waits For", compute='_compute_asked_names', compute_sudo=True)
    reasons_text = fields.Text(string="Why This Level", compute='_compute_reasons_text')
    document = fields.Html(string="What Was Reviewed", compute='_compute_document', compute_sudo=True, sanitize=False)
    changes = fields.Html(
        string="Changed Since the Round Before", compute='_compute_document', compute_sudo=True, sanitize=False)
    can_recall = fields.Boolean(compute='_compute_can_recall')
    is_requester = fields.Boolean(compute='_compute_can_recall')

    @api.depends('state', 'opinion_ids.state', 'opinion_ids.reviewer_ids')
    @api.depends_context('lang')
    def _compute_asked_names(self):
        for review in self:
            pending = review.opinion_ids.filtered(lambda opinion: opinion.state == 'pending')
            review.asked_names = review.state == 'in_review' and '; '.join(
                f"{opinion._get_sop_role()}: {', '.join(opinion.reviewer_ids.mapped('name'))}" for opinion in pending)

    @api.depends('reasons')
    def _compute_reasons_text(self):
        for review in self:
            review.reasons_text = '\n'.join(review.reasons or [])

    @api.depends('snapshot', 'previous_id')
    @api.depends_context('lang')
    def _compute_document(self):
        for review in self:
            review.document = review._render_sop_document()
            changes = review._get_sop_topic_changes()
            review.changes = changes and self.env['ir.qweb']._render(
                'sales_sop_contract_review.review_changes', {'changes': changes})

    def _render_sop_document(self):
        """The frozen text in the language of the reader, or else what was frozen topic by topic."""
        snapshot = self.snapshot or {}
        texts = snapshot.get('html') or {}
        text = texts.get(self.env.lang) or next(iter(texts.values()), None)
        if text:
            return html_sanitize(text)
        names = dict(self.env['sop.review.topic']._fields['code']._description_selection(self.env))
        return Markup().join(
            Markup('<h5>%s</h5><p>%s</p>') % (names.get(topic, topic), Markup('<br/>').join(lines))
            for topic, lines in (snapshot.get('topics') or {}).items() if lines)

    @api.depends('state', 'requester_id')
    @api.depends_context('uid')
    def _compute_can_recall(self):
        manager = self.env.user.has_group('sales_sop.group_sop_manager')
        for review in self:
            review.is_requester = review.requester_id == self.env.user
            review.can_recall = review.state == 'in_review' and (review.is_requester or manager)

    def action_open_act(self):
        """Ask for what an act on this review needs; which act is said by the context of the button."""
        self.ensure_one()
        self.check_access('read')
        return self._prepare_sop_act_action(self.env.context.get('sop_act'), self.env['sop.review.opinion'])

    def _prepare_sop_act_action(self, kind, opinion):
        names = dict(self.env['sop.review.act']._fields['kind']._description_selection(self.env))
        if not isinstance(kind, str) or kind not in dict(REVIEW_ACTS) or (kind in OPINION_ACTS) != bool(opinion):
            raise UserError(self.env._("%s: this is not possible here.", self.display_name))
        return {
            'type': 'ir.actions.act_window',
            'name': names[kind],
            'res_model': 'sop.review.act',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'default_kind': kind, 'default_review_id': self.id, 'default_opinion_id': opinion.id},
        }

    def action_open_subject(self):
        """The order or the contract, for those who read it."""
        self.ensure_one()
        self.check_access('read')
        subject = self.sudo()._get_sop_subject().sudo(False)
        subject.check_access('read')
        return subject.get_formview_action()

    def action_request_again(self):
        """Ask for the next round of what this was about."""
        self.ensure_one()
        self.check_access('read')
        return self.sudo()._get_sop_subject().sudo(False).action_sop_open_request()

from odoo import models

from .sop_contract_text import join_texts


class SopContract(models.Model):
    """Amendments on paper: the supplement that the customer signs, and what reviewers read beside it."""

    _inherit = 'sop.contract'

    # ------------------------------------------------------------
    # WHAT THE CUSTOMER GETS
    # ------------------------------------------------------------

    def _render_sop_body(self, langs):
        if not self.is_amendment:
            return super()._render_sop_body(langs)
        columns = [self._in_sop_lang(lang)._prepare_sop_supplement_column(lang) for lang in langs]
        return str(self.env['ir.qweb']._render('sales_sop_contract_review.sop_supplement_body', {
            'columns': columns, 'join': join_texts, 'width': 100 // len(columns),
            'heads': [join_texts(column['heads'][index] for column in columns) for index in range(3)],
            'changes': [
                {key: join_texts(column['changes'][index][key] for column in columns) for key in change}
                for index, change in enumerate(columns[0]['changes'])],
        }))

    def _prepare_sop_supplement_column(self, lang):
        """What a supplement says in one language, in which this record is. Reasons and effects stay inside."""
        base = (self.parent_id or self.amended_order_id).name
        return {
            **self._prepare_sop_column(lang),
            'opening': self.env._("Party A and Party B change %s as follows.", base),
            'heads': [self.env._("What"), self.env._("Before"), self.env._("After")],
            'changes': self._get_sop_changes(),
            'closing': self.env._(
                "All other terms of %s stay in force. This supplement is part of it and takes effect when both "
                "parties have signed or agreed in writing.", base),
        }

    def _get_sop_kind_title(self):
        return self.env._("Supplement Agreement") if self.is_amendment else super()._get_sop_kind_title()

    # ------------------------------------------------------------
    # WHAT REVIEWERS READ
    # ------------------------------------------------------------

    def _get_sop_review_snapshot(self):
        snapshot = super()._get_sop_review_snapshot()
        if self.is_amendment:
            snapshot['html'] = {
                lang: str(self.with_context(lang=lang)._render_sop_amendment()) + html
                for lang, html in snapshot['html'].items()}
        return snapshot

    def _render_sop_amendment(self):
        """Reason and effects, for those who review the amendment; no costs."""
        # sudo: reviewers read the same, whoever asks for the review.
        return self.env['ir.qweb']._render(
            'sales_sop_contract_review.sop_amendment_snapshot', {'amendment': self.sudo()})

    def _get_sop_topic_texts(self):
        amendments = self.filtered('is_amendment')
        texts = super(SopContract, self - amendments)._get_sop_topic_texts()
        for amendment in amendments:
            own = texts.setdefault(amendment.id, {})
            for change in amendment._get_sop_changes():
                own.setdefault(change['topic'], []).append(self.env._(
                    "%(subject)s, %(label)s: %(before)s → %(after)s", subject=change['subject'], label=change['label'],
                    before=change['before'] or '–', after=change['after']))
        return texts

import hashlib
import json

from odoo import fields, models
from odoo.tools import SQL

from ..values import PASSED

LIVE = ('in_review', *PASSED)


class SopReviewMixin(models.AbstractModel):
    """What is reviewed before the company commits itself: orders and contracts (§4).

    A model names in ``_sop_review_link`` the field of ``sop.review`` that leads to
    it, and says what it contains (``_get_sop_review_topics``) and what a level is
    chosen by (``_get_sop_review_facts``).
    """

    _name = 'sop.review.mixin'
    _description = "Reviewed Before Commitment"
    _inherit = ['sop.guarded.mixin']

    _sop_review_link = None
    _sop_server_fields = frozenset({'sop_review_id'})

    sop_review_id = fields.Many2one(
        'sop.review', string="Review", copy=False, readonly=True, index='btree_not_null', ondelete='set null',
        prefetch='sop', groups='base.group_user', help="The latest round.")
    sop_review_state = fields.Selection(
        string="Review State", related='sop_review_id.state', related_sudo=True, groups='base.group_user')

    def _get_sop_review_topics(self):
        """What these records say, by topic: ``{id: {topic: dict of JSON values}}``, the same in every language.

        A review holds for exactly this. What is not in it (notes, tags, the
        salesperson) may change without asking anybody again.
        """
        return {record.id: {} for record in self}

    def _get_sop_review_fingerprints(self):
        """What these records say now, as a SHA-256 per topic: ``{id: {topic: hash}}``."""
        # sudo: the same for everybody, so that a change is one for everybody.
        records = self.with_env(self.env(su=True, context={}))
        return {
            record_id: {topic: self._hash_sop_topic(values) for topic, values in topics.items()}
            for record_id, topics in records._get_sop_review_topics().items()}

    def _hash_sop_topic(self, values):
        canonical = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(',', ':'), default=str)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def _get_sop_changed_topics(self):
        """Topics that are others than the latest round froze: ``{id: {topic}}``, for records with a live round."""
        # sudo: whether a review still holds does not depend on who asks.
        reviewed = self.sudo().filtered(lambda record: record.sop_review_id.state in LIVE).sudo(False)
        current = reviewed._get_sop_review_fingerprints()
        changed = {}
        for record in reviewed:
            own = record.sudo()
            kept, now = own.sop_review_id.fingerprints or {}, current[record.id]
            changed[record.id] = {topic for topic in kept.keys() | now.keys() if kept.get(topic) != now.get(topic)}
        return changed

    def _sop_outdate_reviews(self):
        """To be called after a change of what was reviewed: rounds that froze something else do not hold any more."""
        self._sop_mark_changed()
        changed = self._get_sop_changed_topics()
        if stale := self.filtered(lambda record: changed.get(record.id)):
            stale.sudo().sop_review_id.sudo(False)._sop_outdate()

    def _sop_mark_changed(self):
        """Whoever requests a review or confirms in the same second has looked at the old text: he starts anew.

        Rows that this transaction writes anyhow are not written again.
        """
        if self.ids:
            self.env.execute_query(SQL(
                "UPDATE %(table)s SET id = id WHERE id IN (SELECT id FROM %(table)s WHERE id = ANY(%(ids)s) AND "
                "xmin <> pg_current_xact_id()::xid ORDER BY id FOR NO KEY UPDATE) RETURNING id",
                table=SQL.identifier(self._table), ids=self.ids))

    def _get_sop_review_facts(self):
        """What the level of a review is chosen by: ``{id: {fact: value}}`` (§4.4)."""
        return {record.id: {} for record in self}

    def _check_sop_reviewable(self):
        """Refuse what cannot be reviewed yet.

        :raise UserError: names the record, what is missing and what to do
        """

    def _sop_after_review(self, review):
        """Called as superuser whenever ``review``, a round about this record, changes its state."""

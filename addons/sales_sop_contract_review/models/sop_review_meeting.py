from odoo import models


class SopReview(models.Model):
    """The review meeting: planned from the review, and decided after its minutes only (§4.4, §4.5)."""

    _inherit = 'sop.review'

    def _is_sop_meeting_missing(self):
        return False

    def _sop_ask_meeting(self):
        """Ask for the meeting."""

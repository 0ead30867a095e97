from odoo import models


class SopReview(models.Model):
    """Who is told what: one task per person and request, never a mail inside a decision."""

    _inherit = 'sop.review'

    def _sop_notify(self, opinions):
        """Tell whoever is asked by ``opinions``."""

    def _sop_release(self):
        """Nobody is asked on these any more."""

    def _sop_tell_requesters(self, text=None):
        """Tell whoever requested these what became of them, and why."""

from odoo import models


class SopReview(models.Model):
    """The contract review sheet on paper, for the file: internal, never for the customer."""

    _inherit = 'sop.review'

    def _get_sop_print_review(self):
        """This review for the superuser: whoever may read it prints all of it, in his language."""
        self.check_access('read')
        # sudo: readers of a review have no rights on the people and records it names.
        return self.sudo()

    def _get_sop_print_opinions(self):
        """``[(opinion, rows of its items)]`` in order; those who are not needed any more are left out."""
        opinions = self.opinion_ids.filtered(lambda opinion: opinion.state != 'cancelled')
        return [(opinion, opinion._get_sop_print_rows()) for opinion in opinions]

    def _get_sop_dissent(self):
        """Opinions against what was decided."""
        return self.opinion_ids.filtered(
            lambda opinion: opinion.state == 'done' and opinion.opinion == 'disagree' and not opinion.is_final)

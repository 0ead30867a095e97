from odoo import Command, models

from odoo.addons.sales_sop.engine import as_engine


class SopReviewOpinion(models.Model):
    """An opinion that is long overdue: the superior of whoever was asked may give it."""

    _inherit = 'sop.review.opinion'

    def _sop_escalate(self):
        """Ask the superiors of those who have not answered as well: they may decide now."""
        for opinion in self:
            superiors = opinion._get_sop_superiors() - opinion.reviewer_ids - opinion.review_id.author_ids
            if superiors:
                superiors._sop_let_in()
                as_engine(opinion).write({'reviewer_ids': [Command.link(user.id) for user in superiors]})
                opinion.review_id._sop_log(
                    'escalate', ', '.join(superiors.mapped('name')), opinions=opinion)

    def _get_sop_superiors(self):
        """Whoever stands above the position that was asked, or else the managers of the procedure."""
        self.ensure_one()
        code = self.approver_code or self.department_id.position_code
        company, authors = self.review_id.company_id, self.review_id.author_ids
        position = self.env['sop.position'].sudo().search(
            [('code', '=', code), ('company_id', 'in', [company.id, False])], order='company_id NULLS LAST', limit=1)
        stand_in = position.stand_in_id.code
        # An unknown position is held by the managers of the procedure.
        return self.env['sop.position']._get_sop_holders([stand_in], company, but=authors | self.reviewer_ids).sudo()

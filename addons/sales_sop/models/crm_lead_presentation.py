from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..engine import as_engine


class CrmLead(models.Model):
    """Presentations of a lead, and whether the customer agrees in principle (S4.1)."""

    _inherit = 'crm.lead'

    sop_presentation_ids = fields.One2many('sop.presentation', 'lead_id', string="Presentations", copy=False)
    sop_in_principle = fields.Boolean(
        string="Agreed in Principle", compute='_compute_sop_in_principle', search='_search_sop_in_principle',
        compute_sudo=True, help="The customer agreed in principle in a presentation.")

    @api.depends('sop_presentation_ids.state', 'sop_presentation_ids.in_principle_ok')
    def _compute_sop_in_principle(self):
        agreed = self.env['sop.presentation']._read_group(
            self._get_sop_in_principle_domain() & Domain('lead_id', 'in', self._origin.ids), ['lead_id'])
        lead_ids = {lead.id for lead, in agreed}
        for lead in self:
            lead.sop_in_principle = lead._origin.id in lead_ids

    def _search_sop_in_principle(self, operator, value):
        if operator != 'in':
            return NotImplemented
        # sudo: what is true of a lead does not depend on who asks.
        agreed = Domain('id', 'in', self.env['sop.presentation'].sudo()._search(
            self._get_sop_in_principle_domain()).subselect('lead_id'))
        return Domain.OR(agreed if wanted else ~agreed for wanted in value)

    @api.model
    def _get_sop_in_principle_domain(self):
        return Domain('state', '=', 'done') & Domain('in_principle_ok', '=', True)

    # ------------------------------------------------------------
    # WHAT BELONGS TOGETHER
    # ------------------------------------------------------------

    def _check_sop_own_people(self, stakeholders):
        """Refuse people of another lead."""
        self.ensure_one()
        # sudo: the lead of a person the user chose is compared, not shown.
        if stranger := stakeholders.sudo().filtered(lambda person: person.lead_id.id != self.id)[:1]:
            raise ValidationError(self.env._(
                "%(lead)s: %(person)s belongs to another opportunity. Enter the person here as well.",
                lead=self.sudo().display_name,
                person=stranger.name if stranger.sudo(False).has_access('read') else self.env._("one of the persons")))

    def _check_sop_own_users(self, users):
        """Refuse those as our people who are none of us."""
        # sudo: whether somebody is a member of the house does not depend on who asks.
        if stranger := users.sudo().filtered(lambda user: user.share or user._is_superuser())[:1]:
            raise ValidationError(self.env._(
                "%(lead)s: %(user)s is not one of our people. Customers are entered as stakeholders.",
                lead=self[:1].sudo().display_name, user=stranger.name))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_presented(self):
        # sudo: a presentation the user may not see is kept as well.
        done = self.env['sop.presentation'].sudo().search(
            Domain('lead_id', 'in', self.ids) & Domain('state', '=', 'done'), limit=1)
        if done:
            raise UserError(self.env._(
                "%s has a presentation that took place and cannot be deleted. Archive it or mark it as lost.",
                done.lead_id.display_name))

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        # sudo: what was shown about the merged leads is kept, whoever merges.
        as_engine(opportunities.sudo().sop_presentation_ids).write({'lead_id': self.id})
        return result

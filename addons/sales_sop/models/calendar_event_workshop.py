from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..engine import as_engine, is_engine
from ..values import TECHNICAL_POSITIONS

# Who is let in, and which opportunity the meeting is about
GUARDED_LINKS = frozenset({'sop_lead_id', 'partner_ids', 'user_id'})


class CalendarEvent(models.Model):
    """A meeting of our own people about the solution for a customer (S3.3).

    It is not a meeting with the customer: ``opportunity_id`` stays empty.
    """

    _name = 'calendar.event'
    _inherit = ['calendar.event', 'sop.guarded.mixin']
    _sop_server_fields = frozenset({'sop_done_date', 'sop_done_by_id', 'sop_expert_ids'})

    sop_lead_id = fields.Many2one(
        'crm.lead', string="Workshop On", index='btree_not_null', ondelete='set null', copy=False,
        groups='sales_sop.group_sop_participant', help="The opportunity this internal workshop is about.")
    sop_option_ids = fields.One2many(
        'sop.workshop.option', 'event_id', string="Options", groups='sales_sop.group_sop_participant')
    sop_activity_ids = fields.One2many(
        'mail.activity', 'sop_workshop_id', string="Actions", context={'active_test': False},
        groups='sales_sop.group_sop_participant')
    sop_done_date = fields.Datetime(
        string="Concluded On", readonly=True, copy=False, groups='sales_sop.group_sop_participant')
    sop_done_by_id = fields.Many2one(
        'res.users', string="Concluded By", readonly=True, copy=False, ondelete='restrict',
        groups='sales_sop.group_sop_participant')
    sop_expert_ids = fields.Many2many(
        'res.users', 'sop_workshop_expert_rel', 'event_id', 'user_id', string="Experts", readonly=True, copy=False,
        groups='sales_sop.group_sop_participant',
        help="Pre-sales engineers and product experts who took part, as of the day it was concluded.")
    sop_workshop_state = fields.Selection(
        [('planned', "Planned"), ('open', "To Be Concluded"), ('done', "Done")], string="Workshop State",
        compute='_compute_sop_workshop_state', search='_search_sop_workshop_state', compute_sudo=True,
        groups='sales_sop.group_sop_participant')
    sop_workshop_missing = fields.Text(
        string="Before It Is Done", compute='_compute_sop_workshop_missing', compute_sudo=True,
        groups='sales_sop.group_sop_participant')

    @api.depends('sop_lead_id', 'sop_done_date', 'start')
    def _compute_sop_workshop_state(self):
        now = fields.Datetime.now()
        for event in self:
            coming = 'planned' if event.start and event.start > now else 'open'
            event.sop_workshop_state = event.sop_lead_id and ('done' if event.sop_done_date else coming)

    def _search_sop_workshop_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        workshop = Domain('sop_lead_id', '!=', False)
        done, coming = Domain('sop_done_date', '!=', False), Domain('start', '>', fields.Datetime.now())
        domains = {
            'planned': workshop & ~done & coming, 'open': workshop & ~done & ~coming, 'done': workshop & done,
            False: ~workshop}
        return Domain.OR(domains[state] for state in value if state in domains)

    @api.depends('sop_lead_id', 'sop_done_date', 'partner_ids', 'sop_option_ids.is_chosen', 'sop_option_ids.conclusion')
    def _compute_sop_workshop_missing(self):
        for event in self:
            is_open = event.sop_lead_id and not event.sop_done_date
            event.sop_workshop_missing = '\n'.join(event._get_sop_missing()) if is_open else False

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        events._check_sop_workshop_lead()
        return events

    def write(self, vals):
        if not GUARDED_LINKS.isdisjoint(vals):
            self._check_sop_workshop_open(vals)
        result = super().write(vals)
        if 'sop_lead_id' in vals:
            self._check_sop_workshop_lead()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_concluded(self):
        # sudo: a concluded workshop is kept, whoever deletes the meeting.
        if done := self.sudo().filtered('sop_done_date')[:1]:
            raise UserError(self.env._(
                "%s is concluded: it is part of the opportunity and is kept.", done.display_name))

    def _check_sop_workshop_lead(self):
        """A workshop is planned by who works on the lead."""
        # sudo: the link is read to ask for the rights on the lead it leads to.
        leads = self.sudo().sop_lead_id
        if leads and not self.env.su:
            leads.sudo(False).check_access('write')

    def _check_sop_workshop_open(self, vals):
        if is_engine(self.env):
            return
        # sudo: whether these are workshops does not depend on who writes them.
        workshops = self.sudo().filtered('sop_lead_id')
        if 'sop_lead_id' in vals and (done := workshops.filtered('sop_done_date')[:1]):
            raise UserError(self.env._("%s is concluded: it stays with its opportunity.", done.display_name))
        for workshop in workshops if not self.env.su else ():
            if not workshop._is_sop_taking_part(self.env.user) and not workshop.sop_lead_id.sudo(False).has_access(
                    'write'):
                raise AccessError(self.env._(
                    "%s is an internal workshop: who takes part in it, or works on its opportunity, invites others.",
                    workshop.display_name))

    @api.model
    def _get_sop_taking_part_domain(self):
        """Meetings the user is invited to or has called."""
        return Domain('partner_ids', 'in', self.env.user.partner_id.ids) | Domain('user_id', '=', self.env.uid)

    def _is_sop_taking_part(self, user):
        return user == self.user_id or user.partner_id in self.partner_ids

    # ------------------------------------------------------------
    # CONCLUSION
    # ------------------------------------------------------------

    def action_sop_conclude(self):
        """Close the workshop: somebody who knows the product was there, and an option is chosen."""
        self.ensure_one()
        self._check_sop_may_conclude()
        # sudo: the experts and the options of a workshop the user takes part in.
        workshop = self.sudo()
        workshop.lock_for_update(allow_referencing=True)
        if missing := workshop._get_sop_missing():
            raise UserError(self.env._(
                "%(workshop)s is not done yet.\n%(missing)s",
                workshop=self.display_name, missing='\n'.join(missing)))
        as_engine(self).write({
            'sop_done_date': fields.Datetime.now(),
            'sop_done_by_id': self.env.uid,
            'sop_expert_ids': [fields.Command.set(workshop._get_sop_present_experts().ids)],
        })
        return True

    def action_sop_open_lead(self):
        """Open the opportunity this workshop is about."""
        self.ensure_one()
        self.sop_lead_id.check_access('read')
        return self.sop_lead_id.get_formview_action()

    def _check_sop_may_conclude(self):
        self.check_access('write')
        # sudo: the link is read to ask for the rights on the lead it leads to.
        workshop = self.sudo()
        if not workshop.sop_lead_id:
            raise UserError(self.env._("%s is not a workshop on an opportunity.", self.display_name))
        if not workshop._is_sop_taking_part(self.env.user):
            workshop.sop_lead_id.sudo(False).check_access('write')
        if workshop.sop_done_date:
            raise UserError(self.env._("%s is concluded already.", self.display_name))
        if workshop.start > fields.Datetime.now():
            raise UserError(self.env._(
                "%s has not taken place yet. Change its time if it was held earlier.", self.display_name))

    def _get_sop_missing(self):
        """What a workshop needs before it is done, in words."""
        chosen = self.sop_option_ids.filtered('is_chosen')
        missing = {
            self.env._("Write down the options and mark the chosen one."): not chosen,
            self.env._("Write the conclusion of the chosen option."): chosen and not (chosen.conclusion or '').strip(),
        }
        texts = [text for text, is_missing in missing.items() if is_missing]
        return texts if self._get_sop_present_experts() else [self._get_sop_expert_text(), *texts]

    def _get_sop_expert_text(self):
        names = ', '.join(self._get_sop_experts()[:5].mapped('name'))
        if not names:
            return self.env._(
                "Nobody holds the position of a pre-sales engineer or product expert: have the administrator name one.")
        return self.env._("Invite a pre-sales engineer or a product expert: %s.", names)

    def _get_sop_experts(self):
        """Who could bring in what the product can do: never the salesperson alone."""
        lead = self.sop_lead_id
        return self.env['sop.position']._get_sop_holders(
            TECHNICAL_POSITIONS, lead._get_sop_company(), but=lead.user_id)

    def _get_sop_present_experts(self):
        declined = self.attendee_ids.filtered(lambda attendee: attendee.state == 'declined').partner_id
        present = (self.partner_ids - declined)._origin
        return self._get_sop_experts().filtered(lambda user: user.sudo().partner_id in present)

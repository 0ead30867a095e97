from markupsafe import Markup

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, UserError, ValidationError

from ..engine import as_engine, with_cause

LOST_REASON = 'sales_sop.crm_lost_reason_no_bid'
NO_BID_REASONS = [
    ('infeasible', "Not feasible"),
    ('risk', "Too risky"),
    ('strategy', "Not our business"),
    ('capacity', "No capacity"),
]
NO_BID_FIELDS = frozenset({'sop_no_bid_reason', 'sop_no_bid_text', 'sop_no_bid_by_id', 'sop_no_bid_date'})


class CrmLead(models.Model):
    """Not offering anything is a decision of the sales manager, with its reason (S3.3)."""

    _inherit = 'crm.lead'

    sop_no_bid_reason = fields.Selection(NO_BID_REASONS, string="No Bid", readonly=True, copy=False, prefetch='sop')
    sop_no_bid_text = fields.Text(string="Why No Bid", readonly=True, copy=False, prefetch='sop')
    sop_no_bid_by_id = fields.Many2one(
        'res.users', string="No Bid Decided By", readonly=True, copy=False, ondelete='restrict', prefetch='sop')
    sop_no_bid_date = fields.Datetime(string="No Bid Decided On", readonly=True, copy=False, prefetch='sop')

    @api.model
    @tools.ormcache()
    def _get_sop_protected_fields(self):
        return super()._get_sop_protected_fields() | NO_BID_FIELDS

    @api.constrains('lost_reason_id')
    def _check_sop_no_bid(self):
        """The reason cannot be chosen like the others."""
        chosen = self.filtered(lambda lead: lead.sop_process_id and lead.lost_reason_id)
        reason = chosen and self.env.ref(LOST_REASON, raise_if_not_found=False)
        if reason and (forged := chosen.filtered(
                lambda lead: lead.lost_reason_id == reason and not lead.sop_no_bid_reason)[:1]):
            raise ValidationError(self.env._(
                "%s: that we do not bid is decided by a manager of Sales SOP with the button No Bid.",
                forged.display_name))

    def action_sop_open_no_bid(self):
        """Ask for the reason."""
        self.ensure_one()
        self._check_sop_may_decline()
        return {
            **self.env['ir.actions.act_window']._for_xml_id('sales_sop.sop_no_bid_action'),
            'context': {'default_lead_id': self.id},
        }

    def _check_sop_may_decline(self):
        self.check_access('write')
        if not self.env.user.has_group('sales_sop.group_sop_manager'):
            raise AccessError(self.env._("Only a manager of Sales SOP decides not to bid."))
        for lead in self:
            if not lead.sop_process_id or lead.sop_outcome != 'open':
                raise UserError(self.env._("%s is not running in the procedure.", lead.display_name))

    def _sop_decline(self, reason, text):
        """Give up this opportunity."""
        self.ensure_one()
        self._check_sop_may_decline()
        lost_reason = self.env.ref(LOST_REASON, raise_if_not_found=False)
        if not lost_reason:
            raise UserError(self.env._(
                "The lost reason \"No bid\" was deleted. Upgrade Sales SOP to have it back."))
        as_engine(self).write({
            'sop_no_bid_reason': reason, 'sop_no_bid_text': text, 'sop_no_bid_by_id': self.env.uid,
            'sop_no_bid_date': fields.Datetime.now()})
        label = dict(self._fields['sop_no_bid_reason']._description_selection(self.env))[reason]
        # sudo: solutions nobody needs any more are closed, whoever wrote them.
        self.sudo().sop_solution_ids.filtered(
            lambda solution: solution.state in ('draft', 'review'))._outdate(self.env._("No bid: %s", label))
        self.sudo()._sop_close_solution_task()
        with_cause(self, f"{label}: {text}").action_set_lost(lost_reason_id=lost_reason.id)
        self._sop_tell_no_bid(label, text)

    def _sop_tell_no_bid(self, label, text):
        told = self.user_id - self.env.user
        self.message_post(
            body=Markup('<p>%s</p><p style="white-space: pre-line">%s</p>') % (
                self.env._("We do not bid: %s", label), text),
            partner_ids=told.partner_id.ids, subtype_xmlid='mail.mt_note')

    @api.model
    def _sop_settle(self, moves):
        """A lead that is taken up again is not declined any more; the log keeps that it was."""
        result = super()._sop_settle(moves)
        # What was running was not declined.
        taken_up = self.browse([
            move.document.id for move in moves
            if move.outcome != 'lost' and move.kind not in ('enter', 'forward', 'backward')])
        declined = taken_up.sudo().filtered('sop_no_bid_reason')
        if declined:
            as_engine(declined).write(dict.fromkeys(NO_BID_FIELDS, False))
        return result

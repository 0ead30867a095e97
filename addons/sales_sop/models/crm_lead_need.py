from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..engine import as_engine
from .sop_need import CUSTOMER_ORIGINS

# What was told to the customer or answered by him
TOLD = ('restated', 'confirmed')
LIVE = Domain('state', '!=', 'withdrawn')
CUSTOMERS = LIVE & Domain('origin', 'in', CUSTOMER_ORIGINS)


class CrmLead(models.Model):
    """What the customer needs, how we found out and how he confirmed it (S3.1, S3.2, S3.5)."""

    _inherit = 'crm.lead'

    sop_interview_ids = fields.One2many('sop.interview', 'lead_id', string="Interviews", copy=False)
    sop_need_ids = fields.One2many('sop.need', 'lead_id', string="Needs", copy=False)
    sop_restatement_ids = fields.One2many('sop.restatement', 'lead_id', string="Restatements", copy=False)
    sop_need_state = fields.Selection(
        [('none', "No needs yet"), ('open', "To be restated"), ('prohibited', "Product not allowed"),
         ('restated', "Restated"), ('confirmed', "Confirmed")],
        string="Status of the Needs", compute='_compute_sop_need_state', search='_search_sop_need_state',
        compute_sudo=True,
        help="Restated: the customer was told every need that he stated or we inferred. Confirmed: he confirmed them, "
             "every “must” is confirmed, and no two of those contradict each other.")
    sop_need_summary = fields.Char(
        string="Needs at a Glance", compute='_compute_sop_need_state', compute_sudo=True)

    @api.depends(
        'sop_need_ids.state', 'sop_need_ids.origin', 'sop_need_ids.priority', 'sop_need_ids.has_conflict',
        'sop_need_ids.has_must_conflict', 'sop_need_ids.is_stop')
    @api.depends_context('lang')
    def _compute_sop_need_state(self):
        groups = self.env['sop.need']._read_group(
            LIVE & Domain('lead_id', 'in', self._origin.ids),
            ['lead_id', 'state', 'origin', 'priority', 'has_conflict', 'has_must_conflict', 'is_stop'], ['__count'])
        rows = {}
        for lead, *row in groups:
            rows.setdefault(lead.id, []).append(row)
        for lead in self:
            own = rows.get(lead._origin.id, ())
            lead.sop_need_state = self._get_sop_need_state(own)
            lead.sop_need_summary = self._get_sop_need_summary(own)

    @api.model
    def _get_sop_need_state(self, rows):
        """What these groups of live needs of one lead amount to; :meth:`_search_sop_need_state` says the same."""
        if not rows or any(is_stop for *__, is_stop, count in rows):
            return 'prohibited' if rows else 'none'
        of_customer = [state for state, origin, *__ in rows if origin in CUSTOMER_ORIGINS]
        if not of_customer or not set(of_customer) <= set(TOLD):
            return 'open'
        is_settled = 'confirmed' in of_customer and all(
            state == 'confirmed' and not clashes
            for state, __, priority, __, clashes, *__ in rows if priority == 'must')
        return 'confirmed' if is_settled else 'restated'

    def _get_sop_need_summary(self, rows):
        count = sum(row[-1] for row in rows)
        confirmed = sum(row[-1] for row in rows if row[0] == 'confirmed')
        clashing = sum(row[-1] for row in rows if row[3])
        parts = [
            self.env._("%s needs", count) if count != 1 else self.env._("1 need"),
            self.env._("%s confirmed", confirmed),
            clashing and self.env._("%s in contradiction", clashing),
        ]
        return ', '.join(filter(None, parts)) if count else ''

    def _search_sop_need_state(self, operator, value):
        if operator != 'in':
            return NotImplemented

        def having(domain):
            return Domain('sop_need_ids', 'any!', domain)

        must, confirmed = LIVE & Domain('priority', '=', 'must'), Domain('state', '=', 'confirmed')
        prohibited = having(Domain('is_stop', '=', True))
        told = ~prohibited & having(CUSTOMERS) & ~having(CUSTOMERS & Domain('state', 'not in', TOLD))
        settled = having(CUSTOMERS & confirmed) & ~having(must & ~confirmed) & ~having(
            must & Domain('has_must_conflict', '=', True))
        domains = {
            'none': ~having(LIVE),
            'prohibited': prohibited,
            'confirmed': told & settled,
            'restated': told & ~settled,
            'open': having(LIVE) & ~prohibited & ~told,
        }
        return Domain.OR(domains.get(state, Domain.FALSE) for state in value)

    def _get_sop_customer_needs(self):
        """What these leads restate to their customers, what they confirmed already included."""
        return self.sop_need_ids.filtered_domain(CUSTOMERS)

    def _sop_after_need_change(self, needs):
        """Called after ``needs`` of these leads were changed or withdrawn: what was built on them is outdated."""

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.ondelete(at_uninstall=False)
    def _unlink_except_needs(self):
        # sudo: what the user may not see is kept as well.
        done = self.env['sop.interview'].sudo().search(
            Domain('lead_id', 'in', self.ids) & Domain('state', '=', 'done'), limit=1)
        told = self.env['sop.need'].sudo().search(
            Domain('lead_id', 'in', self.ids) & Domain('state', '!=', 'draft'), limit=1)
        if kept := (done.lead_id | told.lead_id)[:1]:
            raise UserError(self.env._(
                "%s has interviews or needs that are kept and cannot be deleted. Archive it or mark it as lost.",
                kept.display_name))

    def _merge_dependences(self, opportunities):
        """What was found out about merged leads is kept with the one that stays."""
        result = super()._merge_dependences(opportunities)
        # sudo: who may merge these leads sees them; what was written about them is kept.
        merged = (opportunities - self).sudo()
        as_engine(merged.sop_interview_ids).write({'lead_id': self.id})
        self._sop_take_numbered(merged.sop_need_ids.sorted('id'), 'number')
        self._sop_take_numbered(merged.sop_restatement_ids.sorted('id'), 'version')
        return result

    def _sop_take_numbered(self, records, name):
        """Take over records that are counted within a lead: they go on after those that are here."""
        if not records:
            return
        counted = (self | records.lead_id).sudo().ids
        (last,), = records._read_group([('lead_id', 'in', counted)], [], [f'{name}:max'])
        for number, record in enumerate(records, last + 1):
            as_engine(record).write({name: number})
        as_engine(records).write({'lead_id': self.id})

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sop_new_interview(self):
        """Open a new interview with the questions of the company."""
        self.ensure_one()
        self.check_access('write')
        self._check_sop_member()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Interview"),
            'res_model': 'sop.interview',
            'view_mode': 'form',
            'views': [(False, 'form')],
            'context': {'default_lead_id': self.id, 'default_stakeholder_ids': self._get_sop_spoken_to().ids},
        }

    def _get_sop_spoken_to(self):
        """Whom the next talk is probably with: those of the latest contact."""
        latest = self.sop_live_contact_ids.filtered(lambda log: log.state == 'done').sorted('date')[-1:]
        return latest.stakeholder_ids.filtered('active') or self.sop_stakeholder_ids[:1]

    def action_sop_restate(self):
        """Open the restatement that is not sent yet, or a new one with the needs of the customer."""
        self.ensure_one()
        self.check_access('write')
        self._check_sop_member()
        draft = self.sop_restatement_ids.filtered(lambda restatement: restatement.state == 'draft')[:1]
        if draft:
            as_engine(draft).need_ids |= self._get_sop_customer_needs()
        elif not self._get_sop_customer_needs():
            raise UserError(self.env._("%s: enter the needs of the customer first.", self.display_name))
        return (draft or draft.create({'lead_id': self.id}))._get_action()

    def _get_sop_planned(self, xmlid):
        """Those of these leads for which an activity of this type is open."""
        activity_type = self.env.ref(xmlid, raise_if_not_found=False)
        # sudo: it may be that of another person.
        planned = self.env['mail.activity'].sudo().search([
            ('res_model', '=', self._name), ('res_id', 'in', self.ids),
            ('activity_type_id', '=', activity_type and activity_type.id)])
        return self.browse(planned.mapped('res_id'))

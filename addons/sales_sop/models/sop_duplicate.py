from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..engine import as_engine, with_cause

ACTIVITY = 'sales_sop.mail_activity_type_duplicate'


class SopDuplicate(models.Model):
    """Two open leads of two salespersons that are the same prospect, and what was decided about them.

    A pair of one owner has a row only when it was ruled to be no duplicate.
    """

    _name = 'sop.duplicate'
    _description = "Duplicate of Two Owners"
    _inherit = ['sop.ledger.mixin']
    _order = 'ruled_date desc, due_date, id'
    _rec_name = 'lead_name'

    lead_id = fields.Many2one('crm.lead', index='btree_not_null', ondelete='set null')
    other_lead_id = fields.Many2one('crm.lead', index='btree_not_null', ondelete='set null')
    lead_name = fields.Char(string="Name", required=True)
    other_lead_name = fields.Char(string="Name of the Other", required=True)
    matched = fields.Selection(
        [('code', "Credit code"), ('phone', "Name and phone"), ('email', "E-mail")], string="Same", required=True)
    user_id = fields.Many2one('res.users', string="Owner", index='btree_not_null')
    other_user_id = fields.Many2one('res.users', string="Other Owner", index='btree_not_null')
    manager_id = fields.Many2one('res.users', string="Decided By", index='btree_not_null')
    company_id = fields.Many2one('res.company', index='btree_not_null')
    found_date = fields.Datetime(required=True, default=fields.Datetime.now)
    due_date = fields.Date(string="Decide Until")
    ruling = fields.Selection([
        ('owner', "Owner decided"),
        ('not_duplicate', "Not a duplicate"),
        ('merged', "Merged"),
        ('settled', "Settled itself"),
    ])
    kept_user_id = fields.Many2one('res.users', string="Owner Decided")
    ruled_by_id = fields.Many2one('res.users')
    ruled_date = fields.Datetime()
    reason = fields.Char()
    state = fields.Selection(
        [('open', "To be decided"), ('ruled', "Ruled")], compute='_compute_state', search='_search_state')

    _pair_uniq = models.UniqueIndex(
        "(lead_id, other_lead_id) WHERE ruling IS NULL OR ruling = 'not_duplicate'",
        "These two leads are on the list of duplicates already.")

    @api.depends('ruling')
    def _compute_state(self):
        for row in self:
            row.state = 'ruled' if row.ruling else 'open'

    def _search_state(self, operator, value):
        if operator != 'in':
            return NotImplemented
        is_open = Domain('ruling', '=', False)
        return Domain.OR(is_open if wanted == 'open' else ~is_open for wanted in value if wanted)

    # ------------------------------------------------------------
    # RULING
    # ------------------------------------------------------------

    def action_sop_keep_owner(self, user_id, reason, merge=True):
        """Decide whose prospect it is: his lead stays, and the other one goes into it or to him.

        :param int user_id: one of the two owners
        :param merge: False: both leads stay, and get the same salesperson
        """
        leads, reason = self._get_sop_ruled_leads(), self._check_sop_reason(reason)
        owner = leads.user_id.filtered(lambda user: user.id == user_id)
        if not owner:
            raise UserError(self.env._(
                "%(lead)s: choose one of its owners, %(owners)s.",
                lead=self.lead_name, owners=', '.join(leads.user_id.mapped('name'))))
        self._rule('owner', reason, owner)
        kept = leads.filtered(lambda lead: lead.user_id == owner)[:1]
        leads = with_cause(leads, reason)
        if not merge:
            (leads - kept).write({'user_id': owner.id, 'team_id': kept.team_id.id})
            return True
        merged = leads.merge_opportunity(user_id=owner.id, team_id=kept.team_id.id)
        return merged.with_env(self.env).redirect_lead_opportunity_view()

    def action_sop_not_duplicate(self, reason):
        """Decide that these are two prospects."""
        self._get_sop_ruled_leads()
        self._rule('not_duplicate', self._check_sop_reason(reason))
        return True

    def action_sop_open_ruling(self):
        """The dialog in which the manager decides."""
        self._get_sop_ruled_leads()
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Decide"),
            'res_model': 'sop.duplicate.ruling',
            'view_mode': 'form',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'default_duplicate_id': self.id},
        }

    def _get_sop_ruled_leads(self):
        """The two leads, for somebody who may rule."""
        self.ensure_one()
        self.check_access('read')
        if not self.env.user.has_group('sales_sop.group_sop_manager'):
            raise AccessError(self.env._(
                "%s: only a sales manager decides which of two owners keeps a prospect.", self.lead_name))
        if self.ruling:
            raise UserError(self.env._(
                "%(lead)s was decided on already: %(ruling)s.", lead=self.lead_name,
                ruling=dict(self._fields['ruling']._description_selection(self.env))[self.ruling]))
        # sudo: the links are read to ask for the rights on the leads.
        leads = (self.sudo().lead_id | self.sudo().other_lead_id).sudo(False)
        leads.check_access('write')
        if len(leads) < 2:
            raise UserError(self.env._("%s: one of the two leads is gone, there is nothing to decide.", self.lead_name))
        return leads

    def _check_sop_reason(self, reason):
        reason = reason.strip() if isinstance(reason, str) else ''
        if not reason:
            raise UserError(self.env._("%s: say why you decide so.", self.lead_name))
        return reason

    def _rule(self, ruling, reason, owner=None):
        """Keep a decision, and take the activities that asked for it away."""
        if not self:
            return
        as_engine(self).write({
            'ruling': ruling, 'reason': reason, 'kept_user_id': owner.id if owner else False,
            'ruled_by_id': self.env.uid, 'ruled_date': fields.Datetime.now(),
        })
        # sudo: of leads the person who decides may not read.
        leads_sudo = self.sudo().lead_id | self.sudo().other_lead_id
        waiting = self.sudo().search([
            ('ruling', '=', False), '|', ('lead_id', 'in', leads_sudo.ids), ('other_lead_id', 'in', leads_sudo.ids)])
        (leads_sudo - waiting.lead_id).activity_unlink([ACTIVITY])

    @api.model
    def _dismiss(self, lead, others, reason):
        """These leads are no duplicates of ``lead``: rule what waits for it, and keep the other pairs as ruled."""
        pairs = {tuple(sorted((lead.id, other.id))) for other in others}
        # sudo: who may decide was checked by the caller.
        waiting_sudo = self.sudo().search([
            ('ruling', '=', False), ('lead_id', 'in', [pair[0] for pair in pairs]),
            ('other_lead_id', 'in', [pair[1] for pair in pairs])])
        waiting_sudo = waiting_sudo.filtered(lambda row: (row.lead_id.id, row.other_lead_id.id) in pairs)
        known = {(row.lead_id.id, row.other_lead_id.id) for row in waiting_sudo}
        kinds = lead._get_sop_duplicates().get(lead.id, {})
        as_engine(self).create([{
            **self._prepare_clash_values(lead.sudo().browse(pair), kinds[other_id]),
            'ruling': 'not_duplicate', 'reason': reason, 'ruled_by_id': self.env.uid,
            'ruled_date': fields.Datetime.now(), 'due_date': False,
        } for pair in pairs - known for other_id in set(pair) - {lead.id}])
        waiting_sudo.with_user(self.env.user)._rule('not_duplicate', reason)

    # ------------------------------------------------------------
    # WHAT THE ENGINE DOES
    # ------------------------------------------------------------

    @api.model
    def _get_ruled_pairs(self, lead_ids):
        """[(lead id, other lead id)] of pairs that are no duplicates."""
        # sudo: a ruling holds for everybody.
        rows_sudo = self.sudo().search_fetch([
            ('ruling', '=', 'not_duplicate'), '|', ('lead_id', 'in', lead_ids), ('other_lead_id', 'in', lead_ids),
        ], ['lead_id', 'other_lead_id'])
        return [(row.lead_id.id, row.other_lead_id.id) for row in rows_sudo]

    @api.model
    def _open_clashes(self, pairs):
        """Keep the pairs of two owners that are not known yet, and ask the managers to decide.

        :param dict pairs: ``{lead id: {id of another lead: kind of key}}``
        """
        kinds = {
            tuple(sorted((lead_id, other_id))): kind
            for lead_id, others in pairs.items() for other_id, kind in others.items()
        }
        leads = self.env['crm.lead'].sudo().browse({lead_id for pair in kinds for lead_id in pair})
        kinds = {
            pair: kind for pair, kind in kinds.items() if len({leads.browse(lead_id).user_id for lead_id in pair}) == 2
            and all(leads.browse(lead_id).user_id for lead_id in pair)
        }
        if not kinds:
            return self
        known = self._get_known_pairs(list(kinds))
        rows = as_engine(self).create([
            self._prepare_clash_values(leads.browse(pair), kind) for pair, kind in kinds.items() if pair not in known])
        rows._ask_managers()
        return rows

    @api.model
    def _get_known_pairs(self, pairs):
        # sudo: what is known already, whoever may read it.
        rows_sudo = self.sudo().search_fetch([
            ('ruling', 'in', [False, 'not_duplicate']),
            ('lead_id', 'in', [pair[0] for pair in pairs]), ('other_lead_id', 'in', [pair[1] for pair in pairs]),
        ], ['lead_id', 'other_lead_id'])
        return {(row.lead_id.id, row.other_lead_id.id) for row in rows_sudo}

    @api.model
    def _prepare_clash_values(self, leads, kind):
        lead, other = leads
        company = lead._get_sop_company()
        return {
            'lead_id': lead.id, 'lead_name': lead.name, 'user_id': lead.user_id.id,
            'other_lead_id': other.id, 'other_lead_name': other.name, 'other_user_id': other.user_id.id,
            'manager_id': (lead.sop_manager_id or other.sop_manager_id).id,
            'matched': kind,
            'company_id': (lead.company_id or other.company_id).id,
            'found_date': fields.Datetime.now(),
            'due_date': company._sop_add_workdays(fields.Datetime.now(), company.sop_duplicate_days),
        }

    def _ask_managers(self):
        for (manager, due), rows in self.grouped(lambda row: (row.manager_id, row.due_date)).items():
            if manager:
                as_engine(rows.lead_id).activity_schedule(ACTIVITY, date_deadline=due or None, user_id=manager.id)

    @api.model
    def _settle_gone(self):
        """Rulings nobody has to give any more: a lead was closed, has another key or another owner by now."""
        # sudo: the engine's own list.
        rows_sudo = self.sudo().search([('ruling', '=', False)])
        pairs = rows_sudo.lead_id._get_sop_duplicates()
        gone = rows_sudo.filtered(
            lambda row: row.other_lead_id.id not in pairs.get(row.lead_id.id, {})
            or row.lead_id.user_id == row.other_lead_id.user_id
            or not (row.lead_id.user_id and row.other_lead_id.user_id))
        gone._rule('settled', self.env._("The leads are no duplicates of two owners any more."))

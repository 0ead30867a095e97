from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..engine import MET, as_engine, is_engine, with_cause
from .sop_gate_mixin import SopMove


class SopMixin(models.AbstractModel):
    """Makes a model a document that follows a procedure.

    A model says how its stage is stored (``_sop_stage_field``, a many2one to
    ``sop.stage`` or, with :meth:`_get_sop_target_stages`, to a stage of its
    own), adds a many2one to itself on ``sop.check`` and ``sop.transition``
    (``_sop_document_field``) and the two one2many fields back. The gate, the
    log, the checklist and the assignment of a process come with the mixin.
    """

    _name = 'sop.mixin'
    _description = "Document That Follows a Procedure"
    _inherit = ['sop.gate.mixin', 'sop.evidence.mixin', 'sop.checklist.mixin', 'sop.reminder.mixin']

    # many2one of the document to its own stage; a change of it is a move
    _sop_stage_field = 'stage_id'
    # many2one to this model on sop.check and sop.transition
    _sop_document_field = None
    # fields that decide which process applies
    _sop_scope_fields = frozenset({'company_id', 'team_id'})
    _sop_position_fields = (
        'sop_process_id', 'sop_stage_id', 'sop_entry_stage_id', 'sop_stage_date', 'sop_deadline', 'sop_outcome')

    sop_process_id = fields.Many2one(
        'sop.process', string="SOP Process", readonly=True, copy=False, index='btree_not_null', ondelete='set null')
    sop_stage_id = fields.Many2one(
        'sop.stage', string="SOP Stage", readonly=True, copy=False, index='btree_not_null', ondelete='set null',
        help="The last step the gate let this document into.")
    sop_entry_stage_id = fields.Many2one(
        'sop.stage', string="SOP Entry Stage", readonly=True, copy=False, ondelete='set null',
        help="Stages before this one are not asked of this document.")
    sop_stage_date = fields.Datetime(string="In SOP Stage Since", readonly=True, copy=False)
    sop_deadline = fields.Date(string="SOP Deadline", readonly=True, copy=False)
    sop_outcome = fields.Selection(
        [('open', "In progress"), ('won', "Won"), ('lost', "Lost"), ('released', "Taken out")],
        string="SOP Outcome", readonly=True, copy=False,
        help="Taken out: a manager decided that this document follows no procedure.")
    sop_phase = fields.Selection(related='sop_stage_id.phase', string="SOP Phase")
    sop_is_overdue = fields.Boolean(
        string="SOP Overdue", compute='_compute_sop_is_overdue', search='_search_sop_is_overdue')
    sop_has_open = fields.Boolean(
        string="Open SOP Items", compute='_compute_sop_has_open', search='_search_sop_has_open',
        help="Something mandatory is still open in the current stage.")

    # ------------------------------------------------------------
    # WHAT A MODEL MAY SAY ABOUT ITSELF
    # ------------------------------------------------------------

    @api.model
    def _get_sop_trigger_fields(self):
        """Fields whose change may be a move."""
        return [self._sop_stage_field]

    def _get_sop_target_stages(self, process=None):
        """``{document id: sop.stage}`` where each document stands by its own stage field.

        :param process: the process to look in, when it is not yet that of the documents
        """
        return {
            document.id: document[self._sop_stage_field].filtered(
                lambda stage, own=process or document.sop_process_id: stage.process_id == own)
            for document in self
        }

    def _get_sop_stage_value(self, stage):
        """The value of the document's own stage field that stands for ``stage``."""
        return stage

    @api.model
    def _get_sop_stage_problems(self, stage):
        """Why documents of this model could be trapped before ``stage``."""
        return []

    def _get_sop_outcomes(self):
        """``{document id: 'open' | 'won' | 'lost'}``"""
        return dict.fromkeys(self.ids, 'open')

    def _get_sop_lost_reason(self):
        """Why the document was lost; empty when nobody said so."""
        return ''

    @api.model
    def _get_sop_open_domain(self):
        return Domain.TRUE

    @api.model
    def _get_sop_company_domain(self, company):
        if 'company_id' not in self._fields:
            return Domain.TRUE
        return Domain('company_id', 'in', [company.id, False])

    def _get_sop_company(self):
        """Whose working days count, whoever asks: never the company somebody happens to work in."""
        own = self.company_id if 'company_id' in self._fields else self.env['res.company']
        user = self.user_id if 'user_id' in self._fields else self.env['res.users']
        return own or self.sop_process_id.company_id or user.sudo().company_id or self._get_sop_main_company()

    @api.model
    def _get_sop_main_company(self):
        # Without a query: asked once for each document that says nothing about its company.
        company_id = self.env['ir.model.data']._xmlid_to_res_id('base.main_company', raise_if_not_found=False)
        return self.env['res.company'].browse(company_id) or self.env.company

    def _get_sop_team(self):
        return self.team_id if 'team_id' in self._fields else self.env['crm.team']

    def _sop_finish(self):
        """Leave the last stage. Returns an action for the client, or True."""
        return True

    # ------------------------------------------------------------
    # COMPUTE / SEARCH
    # ------------------------------------------------------------

    def _get_sop_todays(self):
        """``{document id: today}`` where its company works, whatever time zone the caller claims."""
        now = fields.Datetime.now()
        return {
            document.id: today
            for company, documents in self.grouped(lambda document: document._get_sop_company()).items()
            for today in [company._get_sop_local_date(now)]
            for document in documents
        }

    def _get_sop_today(self):
        return self._get_sop_company()._get_sop_local_date(fields.Datetime.now())

    @api.depends('sop_deadline', 'sop_outcome')
    def _compute_sop_is_overdue(self):
        todays = self._get_sop_todays()
        for document in self:
            document.sop_is_overdue = bool(
                document.sop_outcome == 'open' and document.sop_deadline
                and document.sop_deadline < todays[document.id])

    def _search_sop_is_overdue(self, operator, value):
        if operator != 'in':
            return NotImplemented
        overdue = Domain('sop_outcome', '=', 'open') & Domain('sop_deadline', '<', 'today')
        return Domain.OR(overdue if wanted else ~overdue for wanted in value)

    @api.depends('sop_stage_id')
    def _compute_sop_has_open(self):
        holding = self._get_sop_holding()
        for document in self:
            document.sop_has_open = document.id in holding

    def _search_sop_has_open(self, operator, value):
        if operator != 'in':
            return NotImplemented
        # sudo: what is open is a fact; the caller's own domain and rules narrow the result.
        stages = self.env['sop.stage'].sudo().search(
            [('process_id.res_model', '=', self._name), ('process_id.state', '!=', 'draft')])
        holding = Domain('sop_outcome', '=', 'open') & Domain.OR(
            Domain('sop_stage_id', '=', stage.id) & Domain.OR(
                item._get_open_domain() for item in stage.requirement_ids if item.mandatory)
            for stage in stages)
        return Domain.OR(holding if wanted else ~holding for wanted in value)

    def _get_sop_holding(self):
        """Ids of the documents whose current stage still asks for something mandatory."""
        documents = self.sudo().filtered('sop_stage_id')
        documents.sop_process_id._sop_prime_items()
        holding = set()
        for stage, group in documents.grouped('sop_stage_id').items():
            mandatory = stage.requirement_ids.filtered('mandatory')
            statuses = group._get_sop_statuses(mandatory)
            holding |= {document_id for (document_id, __), status in statuses.items() if status not in MET}
        return holding

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        # No default of a user or of a context puts a document anywhere.
        protected = self._get_sop_protected_fields()
        return super().default_get([name for name in fields if name not in protected])

    @api.model_create_multi
    def create(self, vals_list):
        self._check_sop_protected(vals_list)
        documents = super().create(vals_list)
        if self._is_sop_in_use():
            newcomers = documents._get_sop_newcomers()
            if newcomers:
                newcomers._sop_enter()
        return documents

    def write(self, vals):
        self._check_sop_protected([vals])
        if self._sop_scope_fields.isdisjoint(vals) or not self._is_sop_in_use():
            return super().write(vals)
        documents = self
        if self._sop_stage_field not in vals:
            documents = with_cause(self, self.env._("The sales team or the company was changed."))
        result = super(SopMixin, documents).write(vals)
        # The stage follows the team: recomputed here, it moves for the reason given above.
        documents.mapped(self._sop_stage_field)
        documents._sop_reassign()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sop_evidence(self):
        for model_name in ('sop.check', 'sop.transition'):
            # sudo: evidence the user may not see is kept as well.
            row = self.env[model_name].sudo().search([(self._sop_document_field, 'in', self.ids)], limit=1)
            if row:
                raise UserError(self.env._(
                    "%s holds evidence of the procedure and cannot be deleted. Archive it or mark it as lost.",
                    row.document_name))

    def _is_sop_in_use(self):
        return self.env['sop.process']._is_in_use(self._name)

    @api.model
    @tools.ormcache()
    def _get_sop_protected_fields(self):
        """Names of the fields that only the engine writes."""
        return frozenset({*self._sop_position_fields, 'sop_check_ids', 'sop_transition_ids'})

    def _check_sop_protected(self, vals_list):
        if is_engine(self.env):
            return
        protected = self._get_sop_protected_fields()
        for vals in vals_list:
            forged = protected & vals.keys()
            if any(vals[name] for name in forged) or (self and forged):
                raise AccessError(self.env._(
                    "%(document)s: the position in the procedure and its evidence are not written directly. "
                    "Move the document by its own stage and use its checklist.",
                    document=self[:1].display_name or vals.get('name') or self._description))

    @api.constrains(lambda self: self._get_sop_trigger_fields())
    def _check_sop_gate(self):
        """The gate. Fires after every change of stage, whichever door was used."""
        if not self._is_sop_in_use():
            return
        newcomers = self._get_sop_newcomers()
        if newcomers:
            newcomers._sop_enter()
        documents = (self - newcomers).filtered('sop_process_id')
        if not documents:
            return
        documents.sop_process_id._sop_prime()
        targets, outcomes = documents._get_sop_target_stages(), documents._get_sop_outcomes()
        self._sop_pass_gate([
            move for document in documents
            if (move := document._get_sop_move(targets[document.id], outcomes[document.id]))
        ])

    def _sop_touch(self):
        """Rewrite the rows as they are, so that a simultaneous move of them is tried again."""
        if self:
            self.flush_recordset()
            self.env.cr.execute(SQL(
                "UPDATE %s SET id = id WHERE id IN %s", SQL.identifier(self._table), tuple(self.ids)))

    # ------------------------------------------------------------
    # ASSIGNMENT
    # ------------------------------------------------------------

    def _get_sop_newcomers(self):
        """The documents that follow no process so far, and were not taken out of one."""
        # Reading these recomputes them, which may fire the gate: afterwards it is known who has entered.
        self._get_sop_outcomes()
        return self.filtered(lambda document: not document.sop_process_id and document.sop_outcome != 'released')

    def _sop_enter(self, adopt=False):
        """Give documents the first process that fits, and ask for what they skipped.

        :param adopt: also those that ran already when the process was published
        """
        moves = []
        for process, documents in self.env['sop.process']._match_documents(self.sudo()).items():
            targets, outcomes = documents._get_sop_target_stages(process), documents._get_sop_outcomes()
            # Of those that ran already, the closed ones are history until they are taken up again.
            taken = adopt or process.adopts_running
            documents = documents.filtered(
                lambda document, last=process.last_document_id, outcomes=outcomes, taken=taken:
                document.sop_process_id or document.id > last or (taken and outcomes[document.id] == 'open'))
            moves += [
                document._get_sop_entry(process, targets[document.id], outcomes[document.id])
                for document in documents
            ]
        self._sop_pass_gate(moves)

    def _get_sop_entry(self, process, target, outcome, is_free=True):
        """The move into ``process``, from its beginning to where the document stands.

        Documents that ran free when the process was published are not asked for what lies behind them; nor is
        what was not asked of them in another process.

        :param is_free: whether nobody else's procedure comes with it
        """
        stages = process.stage_ids
        kind = 'migrated' if self.sop_process_id else 'enter'
        if outcome == 'lost' or not (target or outcome == 'won'):
            # Nothing is passed by being lost or nowhere: restoring it answers for the way.
            target = stages[:1]
        behind = stages if outcome == 'won' else self._get_stages_before(stages, target)
        target = target or stages[-1:]
        if self.sop_process_id:
            entry = stages.filtered(lambda stage: stage.code == self.sop_entry_stage_id.code)
        else:
            entry = target if is_free and self.id <= process.last_document_id else stages.browse()
        if entry:
            behind -= self._get_stages_before(stages, entry)
        return SopMove(
            self, process, 'won' if outcome == 'won' else kind, self.sop_stage_id, target, behind, outcome, entry)

    @api.model
    def _get_stages_before(self, stages, target):
        return stages[:stages.ids.index(target.id)] if target else stages

    def _sop_reassign(self):
        """After a change of company or team: the process of the new one, unless the pinned one still fits."""
        documents = self.sudo()
        leaving = documents._get_sop_newcomers() | documents.filtered(
            lambda document: document.sop_process_id and not document.sop_process_id._is_in_scope(document))
        for process, group in self.env['sop.process']._match_documents(leaving).items():
            group._sop_carry_checks(process)
        leaving._sop_enter(adopt=True)

    def _sop_carry_checks(self, process):
        """Copy live evidence to the items of ``process`` with the same key and kind.

        What it was copied from counts no longer: revoked later, it would otherwise be back after a way back.
        Returns the number of checks that were carried over.
        """
        by_key = {(item.code, item.kind): item for item in process.stage_ids.requirement_ids}
        vals_list, moved_ids = [], []
        present = {
            (check[self._sop_document_field].id, check.requirement_id.id)
            for check in self._search_sop_live_checks(process.stage_ids.requirement_ids)
        }
        for check in self._search_sop_live_checks(None):
            item = by_key.get((check.requirement_id.code, check.requirement_id.kind))
            document = check[self._sop_document_field]
            if not item or item == check.requirement_id:
                continue
            moved_ids.append(check.id)
            if (document.id, item.id) not in present:
                vals_list.append({**check._prepare_carried_values(), 'requirement_id': item.id})
                present.add((document.id, item.id))
        as_engine(self.env['sop.check']).create(vals_list)
        self.env['sop.check'].sudo().browse(moved_ids)._revoke(self.env._("Carried over to %s.", process.display_name))
        return len(vals_list)

    @api.model
    def _sop_bulk_update(self, domain, values):
        """Set position fields of any number of documents in one statement. Returns the number."""
        self.flush_model(list(values))
        # sudo: whole sets of documents are moved by the publisher of a process.
        query = self.sudo().with_context(active_test=False)._search(domain)
        assignments = SQL(", ").join(
            SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items())
        self.env.flush_all()
        self.env.cr.execute(SQL(
            "UPDATE %s SET %s WHERE id IN %s", SQL.identifier(self._table), assignments, query.subselect()))
        count = self.env.cr.rowcount
        self.invalidate_model(list(values), flush=False)
        return count

    @api.model
    def _sop_adopt(self, process, domain):
        """Running documents enter ``process`` where they are. Returns their number."""
        companies = self.env['res.company'].sudo().search(Domain.TRUE) if 'company_id' in self._fields else (
            self.env.company)
        count = 0
        for stage in process.stage_ids:
            at_stage = domain & self._get_sop_at_stage_domain(stage)
            for company in (*companies, companies.browse()):
                scope = Domain('company_id', '=', company.id) if 'company_id' in self._fields else Domain.TRUE
                adopted = self._sop_bulk_update(at_stage & scope, self._prepare_sop_adoption_values(stage, company))
                if adopted and not company:
                    # Their salespeople may work by other calendars: the scheduled job looks at each.
                    companies._sop_request_recompute(fields.Date.today())
                count += adopted
        return count

    @api.model
    def _get_sop_at_stage_domain(self, stage):
        return Domain(self._sop_stage_field, '=', stage.id)

    @api.model
    def _prepare_sop_adoption_values(self, stage, company):
        now = fields.Datetime.now()
        company = company or stage.process_id.company_id or self._get_sop_main_company()
        return {
            'sop_process_id': stage.process_id.id,
            'sop_stage_id': stage.id,
            'sop_entry_stage_id': stage.id,
            'sop_stage_date': now,
            'sop_deadline': company._sop_add_workdays(now, stage.day_limit) or None,
            'sop_outcome': 'open',
        }

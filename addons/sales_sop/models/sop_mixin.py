from collections import defaultdict
from typing import NamedTuple

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, groupby

from ..engine import MET, MOVE_KEY, SopMoveCause, as_engine, get_move_cause, is_engine
from ..exceptions import SopGateError

GATE_RANK = {'observe': 0, 'warn': 1, 'enforce': 2}
REFUSAL_LIMIT = 20


class SopMove(NamedTuple):
    """One document on its way through the gate."""

    document: models.BaseModel
    process: models.BaseModel
    kind: str
    from_stage: models.BaseModel
    to_stage: models.BaseModel
    stages: models.BaseModel  # stages it must answer for
    outcome: str = 'open'
    entry_stage: models.BaseModel | None = None


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
    _inherit = ['sop.checklist.mixin', 'sop.reminder.mixin']

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
        [('open', "Open"), ('won', "Won"), ('lost', "Lost")], string="SOP Outcome", readonly=True, copy=False)
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
        own = self.company_id if 'company_id' in self._fields else self.env['res.company']
        return own or self.sop_process_id.company_id or self.env.company

    def _get_sop_team(self):
        return self.team_id if 'team_id' in self._fields else self.env['crm.team']

    def _sop_finish(self):
        """Leave the last stage. Returns an action for the client, or True."""
        return True

    # ------------------------------------------------------------
    # COMPUTE / SEARCH
    # ------------------------------------------------------------

    def _get_sop_today(self):
        """Today where the company works, whatever time zone the caller claims."""
        return self._get_sop_company()._get_sop_local_date(fields.Datetime.now())

    @api.depends('sop_deadline', 'sop_outcome')
    def _compute_sop_is_overdue(self):
        for document in self:
            document.sop_is_overdue = bool(
                document.sop_outcome == 'open' and document.sop_deadline
                and document.sop_deadline < document._get_sop_today())

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
        candidates = self.sudo().search(Domain('sop_outcome', '=', 'open'))
        holding = Domain('id', 'in', list(candidates._get_sop_holding()))
        return Domain.OR(holding if wanted else ~holding for wanted in value)

    def _get_sop_holding(self):
        """Ids of the documents whose current stage still asks for something mandatory."""
        documents = self.sudo().filtered('sop_stage_id')
        holding = set()
        for stage, group in documents.grouped('sop_stage_id').items():
            mandatory = stage.requirement_ids.filtered('mandatory')
            statuses = group._get_sop_statuses(mandatory)
            holding |= {document_id for (document_id, __), status in statuses.items() if status not in MET}
        return holding

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self._check_sop_protected(vals_list)
        if not is_engine(self.env):
            # A value given here wins over defaults of the user and of the context.
            vals_list = [{**vals, **dict.fromkeys(self._sop_position_fields, False)} for vals in vals_list]
        documents = super().create(vals_list)
        documents._sop_enter()
        return documents

    def write(self, vals):
        self._check_sop_protected([vals])
        if self._sop_scope_fields.isdisjoint(vals):
            return super().write(vals)
        documents = self
        if self._sop_stage_field not in vals:
            documents = self._with_sop_cause(self.env._("The sales team or the company was changed."))
        result = super(SopMixin, documents).write(vals)
        documents._sop_reassign()
        return result

    def unlink(self):
        # Rows about a document go with it; their files have no foreign key.
        checks = self.env['sop.check'].sudo().search([(self._sop_document_field, 'in', self.ids)])
        files = self.env['ir.attachment'].sudo().search(
            [('res_model', '=', 'sop.check'), ('res_id', 'in', checks.ids)])
        result = super().unlink()
        as_engine(files).unlink()
        return result

    def _check_sop_protected(self, vals_list):
        if is_engine(self.env):
            return
        protected = {*self._sop_position_fields, 'sop_check_ids', 'sop_transition_ids'}
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
        documents = self.filtered('sop_process_id')
        if documents:
            targets = documents._get_sop_target_stages()
            outcomes = documents._get_sop_outcomes()
            self._sop_pass_gate([
                move for document in documents
                if (move := document._get_sop_move(targets[document.id], outcomes[document.id]))
            ])

    def _with_sop_cause(self, reason, kind=None):
        """``self`` with the reason of the moves that follow. Only Python can hand it over."""
        return self.with_context(**{MOVE_KEY: SopMoveCause(reason, kind)})

    def _sop_touch(self):
        """Rewrite the rows as they are, so that a simultaneous move of them is tried again."""
        if self:
            self.flush_recordset()
            self.env.cr.execute(SQL(
                "UPDATE %s SET id = id WHERE id IN %s", SQL.identifier(self._table), tuple(self.ids)))

    # ------------------------------------------------------------
    # ASSIGNMENT
    # ------------------------------------------------------------

    def _sop_enter(self):
        """Give new documents the first process that fits, and ask for what they skipped."""
        moves = []
        for process, documents in self.env['sop.process']._match_documents(self.sudo()).items():
            targets, outcomes = documents._get_sop_target_stages(process), documents._get_sop_outcomes()
            moves += [
                document._get_sop_entry(process, targets[document.id], outcomes[document.id])
                for document in documents
            ]
        self._sop_pass_gate(moves)

    def _get_sop_entry(self, process, target, outcome, kind='enter'):
        stages = process.stage_ids
        predates = self.create_date and process.published_date and self.create_date < process.published_date
        if outcome == 'won':
            kind, behind = 'won', self._get_stages_before(stages, target)
            target = target or stages[-1:]
        else:
            behind = self._get_stages_before(stages, target) if target else stages.browse()
            target = target or stages[:1]
        return SopMove(
            self, process, kind, self.sop_stage_id, target, stages.browse() if predates else behind, outcome,
            target if predates else stages.browse())

    @api.model
    def _get_stages_before(self, stages, target):
        return stages[:stages.ids.index(target.id)] if target else stages

    def _sop_reassign(self):
        """After a change of company or team: the process of the new one, unless the pinned one still fits."""
        documents = self.sudo()
        leaving = documents.filtered(
            lambda document: not document.sop_process_id or not document.sop_process_id._is_in_scope(document))
        if not leaving:
            return
        moves = []
        for process, group in self.env['sop.process']._match_documents(leaving).items():
            targets, outcomes = group._get_sop_target_stages(process), group._get_sop_outcomes()
            group._sop_carry_checks(process)
            moves += [
                document._get_sop_entry(
                    process, targets[document.id], outcomes[document.id],
                    'migrated' if document.sop_process_id else 'enter')
                for document in group
            ]
        self._sop_pass_gate(moves)

    def _sop_carry_checks(self, process):
        """Copy live evidence to the items of ``process`` with the same key and kind.

        Returns the number of checks that were carried over.
        """
        by_key = {(item.code, item.kind): item for item in process.stage_ids.requirement_ids}
        vals_list = []
        present = {
            (check[self._sop_document_field].id, check.requirement_id.id)
            for check in self._search_sop_live_checks(process.stage_ids.requirement_ids)
        }
        for check in self._search_sop_live_checks(None):
            item = by_key.get((check.requirement_id.code, check.requirement_id.kind))
            document = check[self._sop_document_field]
            if item and item != check.requirement_id and (document.id, item.id) not in present:
                vals_list.append({**check._prepare_carried_values(), 'requirement_id': item.id})
                present.add((document.id, item.id))
        as_engine(self.env['sop.check']).create(vals_list)
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
        companies = self.env['res.company'].sudo().search([]) if 'company_id' in self._fields else self.env.company
        count = 0
        for stage in process.stage_ids:
            at_stage = domain & self._get_sop_at_stage_domain(stage)
            for company in (*companies, companies.browse()):
                scope = Domain('company_id', '=', company.id) if 'company_id' in self._fields else Domain.TRUE
                count += self._sop_bulk_update(
                    at_stage & scope, self._prepare_sop_adoption_values(stage, company))
        return count

    @api.model
    def _get_sop_at_stage_domain(self, stage):
        return Domain(self._sop_stage_field, '=', stage.id)

    @api.model
    def _prepare_sop_adoption_values(self, stage, company):
        now = fields.Datetime.now()
        company = company or stage.process_id.company_id or self.env.company
        return {
            'sop_process_id': stage.process_id.id,
            'sop_stage_id': stage.id,
            'sop_entry_stage_id': stage.id,
            'sop_stage_date': now,
            'sop_deadline': company._sop_add_workdays(now, stage.day_limit) or None,
            'sop_outcome': 'open',
        }

    # ------------------------------------------------------------
    # MOVES
    # ------------------------------------------------------------

    def _get_sop_move(self, target, outcome):
        """The move this document has made since the last one logged, or None."""
        logged, was = self.sop_stage_id, self.sop_outcome or 'open'
        process = self.sop_process_id
        if outcome == 'lost':
            return None if was == 'lost' else SopMove(
                self, process, 'lost', logged, logged, logged.browse(), 'lost')
        if outcome == 'won':
            if was == 'won':
                return None
            behind = self._get_sop_stages_behind(target)
            return SopMove(self, process, 'won', logged, target or process.stage_ids[-1:], behind, 'won')
        to_stage = target or logged or process.stage_ids[:1]
        ranks = {stage_id: rank for rank, stage_id in enumerate(process.stage_ids.ids)}
        step = ranks.get(to_stage.id, 0) - ranks.get(logged.id, 0)
        kind = {'lost': 'restored', 'won': 'reopened'}.get(was)
        if not kind and not step:
            return None
        behind = self._get_sop_stages_behind(to_stage) if step > 0 else logged.browse()
        return SopMove(
            self, process, kind or ('forward' if step > 0 else 'backward'), logged, to_stage, behind)

    def _get_sop_stages_behind(self, target):
        """Stages this document answers for when it enters ``target`` (or, without it, leaves the process)."""
        stages = self.sop_process_id.stage_ids
        behind = self._get_stages_before(stages, target)
        entry = self.sop_entry_stage_id
        return behind - stages[:stages.ids.index(entry.id)] if entry else behind

    @api.model
    def _sop_pass_gate(self, moves):
        """Refuse the whole batch helpfully, or log it."""
        if not moves:
            return
        open_items, waived = self._get_sop_gate_items(moves)
        cause = get_move_cause(self.env)
        refusals = []
        for index, move in enumerate(moves):
            enforced = open_items[index].filtered(lambda item: item.stage_id.gate == 'enforce')
            if enforced:
                refusals.append((move, 'missing', enforced))
            elif error := self._get_sop_reason_error(move, cause):
                refusals.append((move, error, enforced))
        if refusals:
            raise self._prepare_sop_refusal(refusals)
        self._sop_log(moves, open_items, waived, cause)
        self._sop_settle(moves)
        self._sop_warn(moves, open_items)
        self.browse(move.document.id for move in moves)._sop_close_reminders()
        self._sop_start_plans(moves)

    @api.model
    def _get_sop_reason_error(self, move, cause):
        if move.from_stage.gate != 'enforce':
            return ''
        if move.kind in ('backward', 'reopened') and not cause.reason:
            return 'backward'
        if move.kind == 'lost' and not move.document._get_sop_lost_reason():
            return 'lost'
        return ''

    @api.model
    def _get_sop_gate_items(self, moves):
        """What each move leaves open and what it leaves waived, evaluated for all at once."""
        open_items, waived = {}, {}
        for process, group in groupby(enumerate(moves), lambda pair: pair[1].process):
            documents = self.browse(move.document.id for __, move in group if move.stages).sudo()
            stages = process.stage_ids.browse({stage_id for __, move in group for stage_id in move.stages.ids})
            mandatory = stages.requirement_ids.filtered('mandatory')
            statuses = documents._get_sop_statuses(mandatory)
            by_stages = {}
            for index, move in group:
                key = move.stages._ids
                if key not in by_stages:
                    by_stages[key] = [item.id for item in mandatory if item.stage_id in move.stages]
                found = [(item_id, statuses[move.document.id, item_id]) for item_id in by_stages[key]]
                open_items[index] = mandatory.browse(item_id for item_id, status in found if status not in MET)
                waived[index] = mandatory.browse(item_id for item_id, status in found if status == 'waived')
        return open_items, waived

    @api.model
    def _sop_log(self, moves, open_items, waived, cause):
        """One row per move, in one batch."""
        logged = [
            (index, move) for index, move in enumerate(moves)
            if move.kind != 'enter' or move.to_stage != move.process.stage_ids[:1]
        ]
        now = fields.Datetime.now()
        days = self._get_sop_days([move.document for __, move in logged], now)
        as_engine(self.env['sop.transition']).create([
            {**self._prepare_sop_transition_values(move, cause, now),
             **self._prepare_sop_gap_values(open_items[index], waived[index]),
             'days': days[move.document.id]}
            for index, move in logged
        ])

    @api.model
    def _prepare_sop_transition_values(self, move, cause, now):
        document = move.document
        company = document._get_sop_company()
        return {
            self._sop_document_field: document.id,
            'process_id': move.process.id,
            'from_stage_id': move.from_stage.id,
            'to_stage_id': move.to_stage.id,
            'kind': cause.kind or move.kind,
            'user_id': self.env.uid,
            'date': now,
            'reason': cause.reason or (document._get_sop_lost_reason() if move.kind == 'lost' else False),
            'was_late': bool(document.sop_outcome == 'open' and document.sop_is_overdue),
            'company_id': company.id,
            'team_id': document._get_sop_team().id,
        }

    @api.model
    def _prepare_sop_gap_values(self, missing, waived):
        gates = sorted(missing.stage_id.mapped('gate'), key=GATE_RANK.get)
        return {
            'gate': gates[-1] if gates else False,
            'missing_ids': [fields.Command.set(missing.ids)] if missing else [],
            'waived_ids': [fields.Command.set(waived.ids)] if waived else [],
            'missing_count': len(missing),
            'waived_count': len(waived),
        }

    @api.model
    def _sop_settle(self, moves):
        """Write the new position, once per set of equal values."""
        now = fields.Datetime.now()
        deadlines = self._get_sop_deadlines(
            (move.document, now, move.to_stage.day_limit) for move in moves)
        groups = defaultdict(list)
        for move in moves:
            values = {'sop_outcome': move.outcome}
            if move.outcome == 'open' or move.to_stage != move.from_stage:
                values.update(
                    sop_stage_id=move.to_stage.id,
                    sop_stage_date=now,
                    sop_deadline=deadlines[move.document.id])
            if move.entry_stage is not None:
                values.update(sop_process_id=move.process.id, sop_entry_stage_id=move.entry_stage.id)
            groups[tuple(values.items())].append(move.document.id)
        for values, ids in groups.items():
            as_engine(self.browse(ids)).with_context(tracking_disable=True).write(dict(values))

    @api.model
    def _sop_warn(self, moves, open_items):
        """Tell the user what he leaves open behind a gate that only warns."""
        lines = [
            self.env._("%(document)s: %(items)s", document=move.document.display_name, items=', '.join(
                warned.mapped('display_name')))
            for index, move in enumerate(moves)
            if (warned := open_items[index].filtered(lambda item: item.stage_id.gate == 'warn'))
        ]
        if lines:
            self.env.user._bus_send('simple_notification', {
                'type': 'warning',
                'title': self.env._("Moved on with open items"),
                'message': '\n'.join(lines[:REFUSAL_LIMIT]),
                'sticky': len(lines) > 1,
            })

    @api.model
    def _sop_start_plans(self, moves):
        entering = [move for move in moves if move.to_stage != move.from_stage and move.outcome == 'open']
        for plan, group in groupby(entering, lambda move: move.to_stage.activity_plan_id):
            if plan:
                self.env['mail.activity.schedule'].with_context(
                    active_model=self._name, active_ids=[move.document.id for move in group],
                ).create({'plan_id': plan.id}).action_schedule_plan()

    # ------------------------------------------------------------
    # TIME
    # ------------------------------------------------------------

    @api.model
    def _get_sop_deadlines(self, entries):
        """``{document id: date}`` for triples of document, start (UTC) and working days; 0 is no limit."""
        by_company = defaultdict(list)
        for document, start, limit in entries:
            by_company[document._get_sop_company()].append((document.id, (start, limit)))
        return {
            document_id: dates.get(pair, False)
            for company, rows in by_company.items()
            for dates in [company._sop_add_workdays_batch(pair for __, pair in rows if all(pair))]
            for document_id, pair in rows
        }

    @api.model
    def _get_sop_days(self, documents, end):
        """``{document id: working days}`` the current stage has taken until ``end``."""
        by_company = defaultdict(list)
        for document in documents:
            by_company[document._get_sop_company()].append((document.id, (document.sop_stage_date, end)))
        return {
            document_id: counts.get(pair, 0.0)
            for company, rows in by_company.items()
            for counts in [company._sop_count_workdays_batch(pair for __, pair in rows if pair[0])]
            for document_id, pair in rows
        }

    def _sop_update_deadline(self):
        """Compute the deadlines again, after the working days of a company have changed."""
        deadlines = self._get_sop_deadlines(
            (document, document.sop_stage_date, document.sop_stage_id.day_limit) for document in self.sudo())
        changed = self.sudo().filtered(lambda document: document.sop_deadline != deadlines[document.id])
        before = {document: document.sop_deadline for document in changed}
        for deadline, group in groupby(changed, lambda document: deadlines[document.id]):
            documents = self.browse(document.id for document in group)
            as_engine(documents).with_context(tracking_disable=True).write({'sop_deadline': deadline})
        changed._sop_run_missed_rules(before)

    # ------------------------------------------------------------
    # REFUSAL
    # ------------------------------------------------------------

    @api.model
    def _prepare_sop_refusal(self, refusals):
        kinds = {kind for __, kind, __ in refusals}
        kind = next(kind for kind in ('missing', 'lost', 'backward') if kind in kinds)
        title = {
            'missing': self.env._("Not yet: something is still open"),
            'lost': self.env._("Why was it lost?"),
            'backward': self.env._("Why is it moved back?"),
        }[kind]
        target = refusals[0][0].document[self._sop_stage_field]
        payload = {
            'title': title,
            'kind': kind,
            'target': {'stage_id': target.id, 'name': target.display_name},
            'documents': [
                self._prepare_sop_refused_document(move, items) for move, __, items in refusals[:REFUSAL_LIMIT]
            ],
            'more': max(len(refusals) - REFUSAL_LIMIT, 0),
        }
        lines = [self._get_sop_refusal_text(*refusal) for refusal in refusals[:REFUSAL_LIMIT]]
        if payload['more']:
            lines.append(self.env._("… and %s more.", payload['more']))
        return SopGateError('\n'.join(lines), payload)

    @api.model
    def _prepare_sop_refused_document(self, move, items):
        is_manager = self.env.user.has_group('sales_sop.group_sop_manager')
        return {
            'res_model': self._name,
            'res_id': move.document.id,
            'name': move.document.display_name,
            'items': [{
                'id': item.id,
                'code': item.code,
                'name': item.name,
                'kind': item.kind,
                'stage': item.stage_id.name,
                'who': item._get_who(),
                'waivable': item.waivable,
                'can_waive': item.waivable and is_manager,
                'link': False,
            } for item in items],
        }

    @api.model
    def _get_sop_refusal_text(self, move, kind, items):
        document = move.document.display_name
        if kind == 'backward':
            return self.env._(
                "%(document)s moves back from %(stage)s: say why. Open it, choose Move back and give the reason.",
                document=document, stage=move.from_stage.name)
        if kind == 'lost':
            return self.env._("%s: a lost document needs a reason. Use the Lost button and choose one.", document)
        target = self.env._("the end of the procedure") if move.outcome == 'won' else move.to_stage.name
        missing = '\n'.join(self.env._(
            "• %(item)s (%(stage)s) – %(who)s", item=item.display_name, stage=item.stage_id.name, who=item._get_who(),
        ) for item in items)
        return self.env._(
            "%(document)s cannot enter %(target)s yet. Still open:\n%(missing)s\n"
            "Open the checklist of the document to do them.",
            document=document, target=target, missing=missing)

    # ------------------------------------------------------------
    # STATUS OF THE ITEMS
    # ------------------------------------------------------------

    def _search_sop_live_checks(self, requirements):
        """Live evidence of these documents, for some requirements or for all."""
        domain = Domain(self._sop_document_field, 'in', self.ids) & Domain('revoked_date', '=', False)
        if requirements is not None:
            domain &= Domain('requirement_id', 'in', requirements.ids)
        # sudo: whether an item is met does not depend on who looks.
        return self.env['sop.check'].sudo().search(domain)

    def _get_sop_live_checks(self, requirements):
        """``{(document id, requirement id): check}``"""
        return {
            (check[self._sop_document_field].id, check.requirement_id.id): check
            for check in self._search_sop_live_checks(requirements)
        }

    def _get_sop_statuses(self, requirements):
        """``{(document id, requirement id): status}`` for the whole batch.

        Status: off (not asked), open, done, na, waived, to_verify, lapsed.
        """
        # sudo: facts are facts, whatever the caller may see of them.
        documents = self.sudo()
        statuses = {}
        checks = documents._get_sop_live_checks(requirements)
        today = {document.id: document._get_sop_today() for document in documents} if checks else {}
        for item in requirements.sudo():
            asked = item._get_applicable(documents)
            met = set(item._get_met(asked)._ids) if item.is_fact else ()
            asked_ids = set(asked._ids)
            for document_id in documents._ids:
                check = checks.get((document_id, item.id))
                if document_id not in asked_ids:
                    status = 'off'
                elif document_id in met:
                    status = 'done'
                else:
                    status = check._get_status(today[document_id]) if check else 'open'
                statuses[document_id, item.id] = status
        return statuses

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sop_tick(self, requirement_id, remark=None, attachment_ids=None, valid_until=None):
        """Say that a requirement is met, in the user's own name and now.

        :param int requirement_id: an item of the process of these documents
        :param list attachment_ids: files the user may read; they are copied and kept with the evidence
        :param valid_until: date until which a document is valid
        :raise UserError: the item is a fact, is done already, or asks for more
        """
        requirement = self._get_sop_requirement(requirement_id)
        valid_until = fields.Date.to_date(valid_until)
        # An empty list is a set of files as well: none.
        files = self.env['ir.attachment'].browse(attachment_ids or ()).exists()
        files.check_access('read')
        self._check_sop_can_tick(requirement)
        self._check_sop_evidence(requirement, files, valid_until)
        self._sop_record(requirement, 'done', remark=remark, valid_until=valid_until, files=files)
        return True

    def action_sop_not_applicable(self, requirement_id, reason):
        """Say that a requirement does not apply to these documents, and why."""
        requirement = self._get_sop_requirement(requirement_id)
        self._check_sop_can_tick(requirement, fact_too=True)
        if not requirement.allow_na:
            raise UserError(self.env._(
                "%s always applies. Ask a manager to waive it.", requirement.display_name))
        self._sop_record(requirement, 'na', remark=self._get_sop_reason(reason))
        return True

    def action_sop_waive(self, requirement_id, reason, valid_until):
        """Let one requirement go until a date: a manager's exception, counted as such.

        :param valid_until: last day of the waiver; afterwards the item is open again
        """
        self.check_access('write')
        requirement = self._get_sop_requirement(requirement_id)
        if not self.env.user.has_group('sales_sop.group_sop_manager'):
            raise AccessError(self.env._("Only a Sales SOP manager may waive %s.", requirement.display_name))
        if not requirement.waivable:
            raise UserError(self.env._("%s cannot be waived by anybody.", requirement.display_name))
        valid_until = fields.Date.to_date(valid_until)
        if not valid_until or valid_until < self[:1]._get_sop_today():
            raise UserError(self.env._(
                "Waiver of %s: give the date until which it is valid, today or later.", requirement.display_name))
        self._sop_record(requirement, 'waived', remark=self._get_sop_reason(reason), valid_until=valid_until)
        return True

    def action_sop_complete_stage(self):
        """Move on to the next stage, through the same gate as everybody."""
        self.check_access('write')
        result = True
        for stage, documents in self.grouped('sop_stage_id').items():
            following = documents._get_sop_next_stage(stage)
            if not stage:
                raise UserError(self.env._("%s follows no procedure.", documents[0].display_name))
            if following:
                documents._sop_move_to(following)
            else:
                result = documents._sop_finish()
        return result

    def action_sop_move_back(self, stage_id, reason):
        """Go back to an earlier stage; what was done stays done.

        :param int stage_id: a value of the document's own stage field
        """
        self.check_access('write')
        reason = self._get_sop_reason(reason)
        self._with_sop_cause(reason).write({self._sop_stage_field: stage_id})
        return True

    def action_sop_fast_track(self, stage_id, reason):
        """Enter a late stage at once; items before it are stored as not applicable – fast track.

        :param int stage_id: a ``sop.stage`` marked as entry of the fast track
        """
        self.check_access('write')
        reason = self._get_sop_reason(reason)
        stage = self.env['sop.stage'].browse(stage_id).exists().sudo()
        for document in self.sudo():
            if error := document._get_sop_fast_track_error(stage):
                raise UserError(error)
        self._sop_skip_to(stage, reason)
        self._with_sop_cause(reason, 'fast_track')._sop_move_to(stage)
        return True

    def _get_sop_fast_track_error(self, stage):
        process = self.sop_process_id
        if not process.fast_track_domain or not self.filtered_domain(
                process._parse_domain(process.fast_track_domain)):
            return self.env._("%s does not qualify for the fast track.", self.display_name)
        if stage not in process.stage_ids.filtered('fast_track_entry'):
            return self.env._(
                "%(document)s: %(stage)s is no entry of the fast track.",
                document=self.display_name, stage=stage.name or '')
        if process.stage_ids.ids.index(stage.id) <= process.stage_ids.ids.index(self.sop_stage_id.id):
            return self.env._("%(document)s is past %(stage)s already.", document=self.display_name, stage=stage.name)
        return ''

    def _sop_skip_to(self, stage, reason):
        behind = self.sudo()._get_stages_before(stage.process_id.stage_ids, stage)
        mandatory = behind.requirement_ids.filtered('mandatory')
        statuses = self._get_sop_statuses(mandatory)
        remark = self.env._("Not applicable – fast track: %s", reason)
        for item in mandatory:
            skipped = self.filtered(lambda document, item=item: statuses[document.id, item.id] not in MET)
            skipped._sop_record(item, 'na', remark=remark, fast_track=True)

    def _sop_move_to(self, stage):
        for value, documents in groupby(self, lambda document: document._get_sop_stage_value(stage)):
            self.browse(document.id for document in documents).write({self._sop_stage_field: value.id})

    def _get_sop_next_stage(self, stage):
        following = stage.sudo().process_id.stage_ids
        return following[following.ids.index(stage.id) + 1:][:1] if stage else following.browse()

    def action_sop_explain_deadline(self):
        """Why the deadline is the day it is: a dialog."""
        self.ensure_one()
        self.check_access('read')
        return self.env['sop.deadline.explain']._action_for_document(self)

    def _get_sop_form_action(self):
        self.ensure_one()
        return {
            'type': 'ir.actions.act_window',
            'name': self.display_name,
            'res_model': self._name,
            'res_id': self.id,
            'views': [(False, 'form')],
        }

    @api.model
    def _get_sop_list_action(self, name, records):
        return {
            'type': 'ir.actions.act_window',
            'name': name,
            'res_model': records._name,
            'views': [(False, 'list'), (False, 'form')],
            'domain': [('id', 'in', records.ids)],
        }

    # ------------------------------------------------------------
    # EVIDENCE
    # ------------------------------------------------------------

    def _get_sop_requirement(self, requirement_id):
        """The item ``requirement_id``, when all these documents are asked for it."""
        self.check_access('read')
        requirement = self.env['sop.requirement'].sudo().browse(requirement_id).exists()
        for document in self.sudo():
            if not requirement or requirement.process_id != document.sop_process_id:
                raise UserError(self.env._(
                    "%s is not asked for this item: it may follow another version by now. Reload the page.",
                    document.display_name))
        return requirement

    def _get_sop_reason(self, reason):
        reason = (reason or '').strip()
        if not reason:
            raise UserError(self.env._("%s: give a reason.", self[:1].display_name))
        return reason

    def _check_sop_can_tick(self, requirement, fact_too=False):
        for document in self:
            if error := document._get_sop_tick_error(requirement, fact_too):
                raise AccessError(self.env._(
                    "%(item)s of %(document)s: %(error)s",
                    item=requirement.display_name, document=document.display_name, error=error))

    def _get_sop_tick_error(self, requirement, fact_too=False):
        """Why the user cannot do this item on this document, or an empty string."""
        if not self.env.user.has_group('sales_sop.group_sop_user'):
            return self.env._("only members of the procedure may do it.")
        group = requirement.group_id
        if group and group not in self.env.user.all_group_ids:
            return self.env._("only members of %s may do it.", group.display_name)
        # Whoever is named for an item may do it on every document he can read.
        if not self.has_access('read' if group else 'write'):
            return self.env._("you may not change this document.")
        if requirement.is_fact and not fact_too:
            return self.env._("it is checked by the system, nobody ticks it. Do what it says instead.")
        return ''

    def _check_sop_evidence(self, requirement, files, valid_until):
        if requirement.kind == 'document' and len(files) < requirement.min_count:
            raise UserError(self.env._(
                "%(item)s: attach at least %(count)s file(s): %(kind)s.",
                item=requirement.display_name, count=requirement.min_count,
                kind=requirement.document_kind or requirement.name))
        if requirement.valid_required and not valid_until:
            raise UserError(self.env._(
                "%s: say until when the document is valid.", requirement.display_name))
        if valid_until and valid_until < self[:1]._get_sop_today():
            raise UserError(self.env._(
                "%(item)s: the document was valid until %(date)s only. Attach a valid one.",
                item=requirement.display_name, date=valid_until))

    def _sop_record(self, requirement, state, remark=None, valid_until=None, files=None, fast_track=False):
        """Write the evidence for each document; what lapsed or was waived makes room for it."""
        live = self._get_sop_live_checks(requirement)
        for document in self:
            if check := live.get((document.id, requirement.id)):
                if check.state != 'waived' and check._get_status(document._get_sop_today()) != 'lapsed':
                    raise UserError(self.env._(
                        "%(item)s of %(document)s was done by %(user)s already.",
                        item=requirement.display_name, document=document.display_name, user=check.done_by_id.name))
                check._revoke(self.env._("Replaced by newer evidence."))
        checks = self._sop_create_checks([{
            'requirement_id': requirement.id,
            self._sop_document_field: document.id,
            'state': state,
            'done_by_id': self.env.uid,
            'done_date': fields.Datetime.now(),
            'remark': remark,
            'valid_until': valid_until,
            'fast_track': fast_track,
        } for document in self])
        for check in checks if files else ():
            # sudo: the user may read these files; a copy of its own cannot be changed by anybody.
            as_engine(files).copy({'res_model': 'sop.check', 'res_id': check.id, 'res_field': False})
        return checks

    def _sop_create_checks(self, vals_list):
        try:
            with self.env.cr.savepoint():
                checks = as_engine(self.env['sop.check']).create(vals_list)
                checks.flush_recordset()
                return checks
        except psycopg2.errors.UniqueViolation:
            raise UserError(self.env._(
                "%s: this item has just been done by someone else. Reload the page to see who.",
                self[:1].display_name)) from None

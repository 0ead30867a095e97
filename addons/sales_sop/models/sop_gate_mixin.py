from collections import defaultdict
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import groupby

from ..engine import MET, as_engine, get_move_cause
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


class SopGateMixin(models.AbstractModel):
    """The gate: which moves documents made, what is missing, refuse or log."""

    _name = 'sop.gate.mixin'
    _description = "Gate of a Procedure"

    # ------------------------------------------------------------
    # MOVES
    # ------------------------------------------------------------

    def _get_sop_move(self, target, outcome):
        """The move this document has made since the last one logged, or None."""
        logged, was = self.sop_stage_id, self.sop_outcome or 'open'
        if outcome == was and (outcome != 'open' or (target or logged) == logged):
            return None
        process = self.sop_process_id
        if outcome == 'lost':
            return SopMove(self, process, 'lost', logged, logged, logged.browse(), 'lost')
        if outcome == 'won':
            # Won ends the procedure: it answers for all of it, the stage it stands for included.
            behind = self._get_sop_stages_behind(target.browse())
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
        if leaving := [move.document.id for move in moves if move.from_stage]:
            self.browse(leaving)._sop_close_reminders()
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
            asked = {stage_id for __, move in group for stage_id in move.stages._ids}
            if not asked:
                nothing = dict.fromkeys((index for index, __ in group), self.env['sop.requirement'])
                open_items.update(nothing)
                waived.update(nothing)
                continue
            process._sop_prime_items()
            stages = process.stage_ids.filtered(lambda stage, asked=asked: stage.id in asked)
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
        if not logged:
            return
        if not logged:
            return
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
        more = self._get_sop_step_values(moves)
        groups = defaultdict(list)
        for move in moves:
            values = {'sop_outcome': move.outcome, **more.get(move.document.id, {})}
            if move.outcome == 'open' or move.to_stage != move.from_stage:
                values.update(
                    sop_stage_id=move.to_stage.id,
                    sop_stage_date=now,
                    sop_deadline=deadlines[move.document.id])
            if move.entry_stage is not None:
                values.update(sop_process_id=move.process.id, sop_entry_stage_id=move.entry_stage.id)
            groups[tuple(values.items())].append(move.document.id)
        for values, ids in groups.items():
            as_engine(self.browse(ids), tracking_disable=True).write(dict(values))

    @api.model
    def _get_sop_step_values(self, moves):
        """``{document id: values}`` to write together with the new position."""
        return {}

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
        """Have the plans of the entered stages started once the documents are complete."""
        self._sop_wait_for_plans({
            move.document.id: move.to_stage.id for move in moves
            if move.to_stage.activity_plan_id and move.to_stage != move.from_stage and move.outcome == 'open'
        })

    @api.model
    def _sop_wait_for_plans(self, stages):
        """:param dict stages: ``{document id: id of the stage whose plan is started}``"""
        waiting = self.env.cr.precommit.data.setdefault(f'sop.plans.{self._name}', {})
        waiting.update(stages)
        if waiting:
            self.env.cr.precommit.add(self._sop_run_plans)

    def _get_sop_workable(self):
        """Those of the documents somebody may be asked to work on."""
        return self

    @api.model
    def _sop_run_plans(self):
        waiting = self.env.cr.precommit.data.pop(f'sop.plans.{self._name}', {})
        documents = self.browse(waiting).exists().filtered(
            lambda document: document.sudo().sop_stage_id.id == waiting[document.id])._get_sop_workable()
        groups = documents.grouped(lambda document: (
            document.sudo().sop_stage_id.activity_plan_id, document._get_sop_plan_user()))
        for (plan, user), group in groups.items():
            self.env['mail.activity.schedule'].with_context(
                active_model=self._name, active_ids=group.ids,
            ).create({'plan_id': plan.id, 'plan_on_demand_user_id': user.id}).action_schedule_plan()

    def _get_sop_plan_user(self):
        """Who gets the activities of a plan that names nobody: never a visitor of the website."""
        owner = self.sudo().user_id if 'user_id' in self._fields else self.env['res.users']
        user = owner or self.env.user
        return user if not user.share else self.sudo().sop_process_id.published_by_id

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
            as_engine(documents, tracking_disable=True).write({'sop_deadline': deadline})
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

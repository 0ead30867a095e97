from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_amount, format_date

from ..engine import MET, SOON
from .sop_stage import PHASES

ITEMS_LIMIT = 200


class SopFacts(NamedTuple):
    """What the checklists of a batch of documents are made of."""

    statuses: dict  # {(document id, requirement id): status}
    checks: dict  # {(document id, requirement id): live check}
    history: dict  # {(document id, requirement id): number of revoked checks}
    counts: dict  # {requirement id: {document id: number of related records}}
    days_left: dict  # {document id: working days}
    writable: frozenset  # ids of the documents the user may change


class SopChecklistMixin(models.AbstractModel):
    """What staff see of a procedure: the checklist, its summary on cards, the journey."""

    _name = 'sop.checklist.mixin'
    _description = "Checklist of a Document"

    # ------------------------------------------------------------
    # CHECKLIST
    # ------------------------------------------------------------

    def get_sop_checklist(self):
        """Everything the checklist widget shows of one document; False when it follows no process."""
        self.ensure_one()
        self._check_sop_reader()
        return self._prepare_sop_checklists().get(self.id, False)

    def _check_sop_reader(self):
        self.check_access('read')
        self._check_sop_internal()

    @api.model
    def _check_sop_internal(self):
        """How a company works is shown to its own people, not to customers and partners in the portal."""
        if self.env.user.share:
            raise AccessError(self.env._("The procedure is shown to members of the company only."))

    def _prepare_sop_checklists(self):
        """``{id: checklist}``; what is read from the database is read once for all."""
        # sudo: whoever may read the document sees its procedure; rights of the user are asked one by one.
        following = self.sudo().filtered('sop_process_id')
        following.sop_process_id._sop_prime_items()
        days_left = following._get_sop_days_left()
        checklists = {}
        for process, documents in following.grouped('sop_process_id').items():
            documents = documents.with_env(self.env)
            items = process.stage_ids.requirement_ids
            facts = SopFacts(
                statuses=documents._get_sop_statuses(items),
                checks=documents._get_sop_live_checks(items),
                history=documents._get_sop_history_counts(),
                counts={item.id: item._get_record_counts(documents.sudo()) for item in items if item.kind == 'record'},
                days_left=days_left,
                writable=frozenset(documents._filtered_access('write')._ids),
            )
            for document in documents:
                checklists[document.id] = document._prepare_sop_checklist(process, items, facts)
        return checklists

    def _prepare_sop_checklist(self, process, items, facts):
        entries = {
            item.id: self._prepare_sop_item(item, facts)
            for item in items if facts.statuses[self.id, item.id] != 'off'
        }
        current = self.sudo().sop_stage_id
        own = [entries[item.id] for item in current.requirement_ids if item.id in entries and item.mandatory]
        return {
            'res_model': self._name,
            'res_id': self.id,
            'display_name': self.display_name,
            'process': {
                'id': process.id, 'name': process.name, 'version': process.version, 'state': process.state},
            'outcome': self.sudo().sop_outcome or 'open',
            'current_stage_id': current.id,
            'next_stage': self._prepare_sop_next_stage(self._get_sop_next_stage(current)),
            'can_complete': not any(
                item.mandatory and facts.statuses[self.id, item.id] not in MET
                for item in self._get_sop_stages_asked(current).requirement_ids),
            **self._prepare_sop_rights(process),
            **self._prepare_sop_deadline(facts.days_left),
            'done': sum(entry['state'] in MET for entry in own),
            'total': len(own),
            'stages': [self._prepare_sop_stage(stage, entries) for stage in process.stage_ids],
        }

    def _prepare_sop_rights(self, process):
        return {
            'can_waive': self._can_sop_waive(),
            'can_edit': self.has_access('write') and self.env.user.has_group('sales_sop.group_sop_user'),
            'can_fast_track': any(
                not self.sudo()._get_sop_fast_track_error(stage) for stage in process.stage_ids),
        }

    def _get_sop_stages_asked(self, current):
        """The stages that are asked when the document leaves ``current``."""
        return self.sudo()._get_sop_stages_behind(current) | current

    def _prepare_sop_next_stage(self, following):
        if following:
            return {'id': following.id, 'name': following.name}
        return {'id': False, 'name': self._get_sop_finish_name()}

    def _get_sop_finish_name(self):
        """What the button says at the end of the process."""
        return self.env._("Finish")

    def _get_sop_days_left(self):
        """``{document id: working days until the deadline}``, negative when it is over; none without one."""
        dated = self.sudo().filtered(lambda document: document.sop_deadline and document.sop_outcome == 'open')
        days_left = {}
        for company, documents in dated.grouped(lambda document: document._get_sop_company()).items():
            today = company._get_sop_local_date(fields.Datetime.now())
            days = [today, *documents.mapped('sop_deadline')]
            working = [day for day, works in company._sop_is_workday_map(min(days), max(days)).items() if works]
            for document in documents:
                deadline = document.sop_deadline
                first, last = sorted((today, deadline))
                count = sum(first < day <= last for day in working)
                days_left[document.id] = count if today <= deadline else -max(count, 1)
        return days_left

    def _prepare_sop_deadline(self, days_left):
        if self.id not in days_left:
            return {'deadline': False, 'deadline_state': 'none', 'days_left': False}
        left = days_left[self.id]
        return {
            'deadline': fields.Date.to_string(self.sudo().sop_deadline),
            'deadline_state': 'late' if left < 0 else 'soon' if left <= SOON else 'ok',
            'days_left': left,
        }

    def _prepare_sop_stage(self, stage, entries):
        stages = stage.process_id.stage_ids.ids
        current = self.sudo().sop_stage_id
        rank, here = stages.index(stage.id), stages.index(current.id) if current else 0
        shown = [entries[item.id] for item in stage.requirement_ids if item.id in entries]
        mandatory = [entry for entry in shown if entry['mandatory']]
        value = self._get_sop_stage_value(stage)
        return {
            'id': stage.id,
            'name': stage.name,
            'code': stage.code,
            'phase': stage.phase,
            'gate': stage.gate,
            'guidance': stage.guidance or '',
            'state': 'current' if rank == here else 'past' if rank < here else 'future',
            'done': sum(entry['state'] in MET for entry in mandatory),
            'total': len(mandatory),
            'day_limit': stage.day_limit,
            'fast_track_entry': stage.fast_track_entry,
            'document_stage': {'id': value.id, 'name': value.display_name} if value else False,
            'requirements': shown,
        }

    def _prepare_sop_item(self, item, facts):
        status = facts.statuses[self.id, item.id]
        check = facts.checks.get((self.id, item.id), self.env['sop.check']).with_env(self.env)
        writable = self.id in facts.writable
        blocked = self._get_sop_tick_error(item, writable=writable)
        may = not blocked or (
            item.is_fact and not self._get_sop_tick_error(item, fact_too=True, writable=writable))
        is_open = status in ('open', 'lapsed')
        return {
            'id': item.id,
            'code': item.code,
            'name': item.name,
            'help': item.help or '',
            'kind': item.kind,
            'mandatory': item.mandatory,
            'role': self._get_sop_label(item, 'role'),
            'clause': item.clause or '',
            'document_kind': item.document_kind or '',
            'min_count': item.min_count,
            'valid_required': item.valid_required,
            'state': status,
            'applies': True,
            'fact': self._prepare_sop_fact(item, status, facts) if item.is_fact else False,
            'check': self._prepare_sop_check(check.sudo()) if check else False,
            'history': facts.history.get((self.id, item.id), 0),
            'can_tick': not blocked and (is_open or status == 'waived'),
            'can_na': may and item.allow_na and is_open,
            'can_waive': item.waivable and is_open and self._can_sop_waive(),
            'can_verify': bool(check and status == 'to_verify' and not check._get_verify_error()),
            'can_revoke': bool(check and not check._get_revoke_error()),
            'blocked_reason': blocked,
            'who': item._get_who(),
        }

    def _can_sop_waive(self):
        return self.env.user.has_group('sales_sop.group_sop_manager') and self.has_access('write')

    @api.model
    def _get_sop_label(self, record, name):
        return dict(record._fields[name]._description_selection(self.env)).get(record[name], '')

    def _prepare_sop_check(self, check):
        return {
            'id': check.id,
            'by': check.done_by_id.name,
            'date': fields.Datetime.to_string(check.done_date),
            'remark': check.remark or '',
            'valid_until': fields.Date.to_string(check.valid_until) or False,
            'verified_by': check.verified_by_id.name or False,
            'verified_date': fields.Datetime.to_string(check.verified_date) or False,
            'verify_remark': check.verify_remark or '',
            'fast_track': check.fast_track,
            'files': [
                {'id': file.id, 'name': file.name, 'mimetype': file.mimetype} for file in check.attachment_ids],
        }

    def _get_sop_history_counts(self):
        """``{(document id, requirement id): number of revoked checks}``"""
        name = self._sop_document_field
        domain = Domain(name, 'in', self.ids) & Domain('revoked_date', '!=', False)
        # sudo: the reader of a document sees its evidence.
        groups = self.env['sop.check'].sudo()._read_group(domain, [name, 'requirement_id'], ['__count'])
        return {(document.id, requirement.id): count for document, requirement, count in groups}

    # ------------------------------------------------------------
    # FACTS
    # ------------------------------------------------------------

    def _prepare_sop_fact(self, item, status, facts):
        # sudo: a fact shows the value it is about; it belongs to the document the user reads.
        fact = getattr(self.sudo(), f'_prepare_sop_fact_{item.kind}')(item, facts)
        return {
            'met': status == 'done', 'value': '', 'message': item.message or '', 'link': False, 'field': False, **fact}

    def _prepare_sop_fact_fields(self, item, facts):
        empty = [field.name for field in item.field_ids if not self._is_sop_filled(field.name)]
        values = [
            f'{field.field_description}: {self._format_sop_value(field.name)}'
            for field in item.field_ids.with_context(lang=self.env.lang) if field.name not in empty
        ]
        labels = [
            field.field_description for field in item.field_ids if field.name in empty]
        return {
            'value': ', '.join(values),
            'message': self.env._("Fill in: %s", ', '.join(labels)) if empty else '',
            'field': empty[0] if empty else item.field_ids[:1].name,
        }

    def _format_sop_value(self, name):
        field, value = self._fields[name], self[name]
        if field.groups and not self.env.user.has_groups(field.groups):
            return self.env._("filled in")
        if field.relational:
            return ', '.join(value.mapped('display_name'))
        match field.type:
            case 'selection':
                return self._get_sop_label(self, name)
            case 'date' | 'datetime':
                return format_date(self.env, value)
            case 'monetary':
                return format_amount(self.env, value, self[field.get_currency_field(self)])
            case 'boolean':
                return self.env._("Yes")
            case 'html':
                return self.env._("filled in")
        return str(value)

    def _prepare_sop_fact_condition(self, item, facts):
        condition = self.env['sop.process']._parse_domain(item.condition)
        first = next((leaf for leaf in condition.iter_conditions()), None)
        return {
            'message': item.message or item.help or '',
            'field': first and first.field_expr.split('.')[0],
        }

    def _prepare_sop_fact_record(self, item, facts):
        count = facts.counts[item.id].get(self.id, 0)
        return {
            'value': self.env._("%(count)s of %(needed)s", count=count, needed=item.min_count),
            'link': self._get_sop_records_action(item),
            'field': item.record_field_id.name,
        }

    def _get_sop_records_action(self, item):
        """The related records, where the missing one can be made."""
        field = self._fields[item.record_field_id.name]
        inverse = getattr(field, 'inverse_name', False)
        return {
            'type': 'ir.actions.act_window',
            'name': item.record_field_id.field_description,
            'res_model': field.comodel_name,
            'views': [(False, 'list'), (False, 'form')],
            'domain': [(inverse, '=', self.id)] if inverse else [('id', 'in', self[field.name].ids)],
            'context': {f'default_{inverse}': self.id} if inverse else {},
        }

    # ------------------------------------------------------------
    # CARDS
    # ------------------------------------------------------------

    def get_sop_summary(self):
        """``{id: {open, total, waived, deadline, deadline_state}}`` of the current stage, for many cards at once."""
        # A card may show a document that somebody else has deleted meanwhile.
        documents = self.exists()
        documents._check_sop_reader()
        documents = documents.sudo().filtered('sop_stage_id')
        documents.sop_process_id._sop_prime_items()
        days_left = documents._get_sop_days_left()
        summary = {}
        for stage, group in documents.grouped('sop_stage_id').items():
            mandatory = stage.requirement_ids.filtered('mandatory')
            statuses = group._get_sop_statuses(mandatory)
            for document in group:
                own = [statuses[document.id, item_id] for item_id in mandatory._ids]
                asked = [status for status in own if status != 'off']
                summary[document.id] = {
                    'open': sum(status not in MET for status in asked),
                    'total': len(asked),
                    'waived': asked.count('waived'),
                    **document._prepare_sop_deadline(days_left),
                }
        return summary

    # ------------------------------------------------------------
    # MY OPEN ITEMS
    # ------------------------------------------------------------

    @api.model
    def get_sop_my_items(self):
        """Open items the user can do now, over all his documents: ``{'items': […], 'total': n}``."""
        if not self.env.user.has_groups('sales_sop.group_sop_user,sales_sop.group_sop_auditor'):
            raise AccessError(self.env._("Only members of the procedure have open items in it."))
        if not self.has_access('read'):
            return {'items': [], 'total': 0}
        documents = self.search(self._get_sop_my_domain(), order='sop_deadline, id', limit=ITEMS_LIMIT)
        checklists = documents._prepare_sop_checklists()
        items = [
            entry for document in documents for entry in document._prepare_sop_my_entries(checklists[document.id])
        ]
        items.sort(key=lambda entry: (entry['deadline'] or '9999', entry['res_id']))
        return {'items': items[:ITEMS_LIMIT], 'total': len(items)}

    @api.model
    def _get_sop_my_domain(self):
        """Documents of the user, and those on which something waits for one of his groups."""
        groups = self.env.user.all_group_ids.ids
        # sudo: what waits for a group is searched in all processes; the documents are searched as the user.
        stages = self.env['sop.requirement'].sudo()._search([('group_id', 'in', groups), ('mandatory', '=', True)])
        waiting = self.env['sop.check'].sudo()._search([
            ('revoked_date', '=', False), ('state', '=', 'done'), ('verified_by_id', '=', False),
            ('requirement_id.verify', '=', True), ('done_by_id', '!=', self.env.uid),
            '|', ('requirement_id.verify_group_id', '=', False), ('requirement_id.verify_group_id', 'in', groups),
        ])
        mine = Domain('user_id', '=', self.env.uid) if 'user_id' in self._fields else Domain.TRUE
        return Domain('sop_outcome', '=', 'open') & (
            mine
            | Domain('sop_stage_id.requirement_ids', 'any!', Domain('id', 'in', stages))
            | Domain('sop_check_ids', 'any!', Domain('id', 'in', waiting))
        )

    def _prepare_sop_my_entries(self, checklist):
        is_mine = 'user_id' not in self._fields or self.user_id == self.env.user
        named = self.sudo().sop_stage_id.requirement_ids.filtered('group_id')._ids
        return [
            {
                'res_model': self._name, 'res_id': self.id, 'display_name': self.display_name,
                'stage': stage['name'], 'deadline': checklist['deadline'],
                'deadline_state': checklist['deadline_state'],
                'why': 'verify' if item['can_verify'] else 'tick',
                'requirement': item,
            }
            for stage in checklist['stages'] if stage['state'] != 'future'
            for item in stage['requirements']
            if item['can_verify'] or (
                stage['state'] == 'current' and item['mandatory'] and item['state'] in ('open', 'lapsed')
                and (is_mine or item['id'] in named) and (item['can_tick'] or item['fact'])
            )
        ]

    # ------------------------------------------------------------
    # JOURNEY
    # ------------------------------------------------------------

    def get_sop_journey(self):
        """The seven phases, each with its state and where it leads."""
        self.ensure_one()
        self._check_sop_reader()
        return self._prepare_sop_journey(self._get_sop_journey_phases())

    def _get_sop_journey_phases(self):
        """``{phase: (state, detail, action)}`` as far as this document knows; other add-ons add theirs."""
        document_sudo = self.sudo()
        stages = document_sudo.sop_process_id.stage_ids
        current = document_sudo.sop_stage_id
        phases = {}
        for stage in stages:
            if document_sudo.sop_outcome == 'won' or stage in self._get_stages_before(stages, current):
                state = 'done'
            else:
                state = 'current' if stage == current else 'todo'
            if phases.get(stage.phase, ('',))[0] != 'current':
                phases[stage.phase] = (state, stage.name, self.get_formview_action())
        return phases

    @api.model
    def _prepare_sop_journey(self, phases):
        labels = dict(self.env['sop.stage']._fields['phase']._description_selection(self.env))
        return [
            {
                'phase': phase, 'label': labels[phase], 'state': state, 'action': action,
                'label_detail': detail if detail != labels[phase] else '',
            }
            for phase, __ in PHASES
            for state, detail, action in [phases.get(phase, ('none', '', False))]
        ]

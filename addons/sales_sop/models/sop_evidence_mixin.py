import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import groupby, is_html_empty

from ..engine import MET, as_engine, with_cause


class SopEvidenceMixin(models.AbstractModel):
    """The status of each item on a document, and the acts that leave evidence."""

    _name = 'sop.evidence.mixin'
    _description = "Evidence of a Procedure"

    # ------------------------------------------------------------
    # STATUS OF THE ITEMS
    # ------------------------------------------------------------

    def _search_sop_live_checks(self, requirements):
        """Live evidence of these documents, for some requirements or for all."""
        domain = Domain(self._sop_document_field, 'in', self.ids) & Domain('revoked_date', '=', False)
        if requirements is not None:
            domain &= Domain('requirement_id', 'in', requirements.ids)
        # sudo: whether an item is met does not depend on who looks.
        return self.env['sop.check'].sudo().search_fetch(domain, [
            self._sop_document_field, 'requirement_id', 'state', 'valid_until', 'verified_by_id'])

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
        if not (self and requirements):
            return {}
        # sudo: facts are facts, whatever the caller may see of them.
        documents = self.sudo()
        statuses = {}
        checks = documents._get_sop_live_checks(requirements)
        today = documents._get_sop_todays() if checks else {}
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

    def _is_sop_filled(self, name):
        """Whether somebody put something into a field; blanks and an emptied editor are nothing."""
        value = self[name]
        if self._fields[name].type == 'html':
            return not is_html_empty(value)
        return bool(value.strip() if isinstance(value, str) else value)

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
        valid_until = self._get_sop_date(valid_until)
        given = attachment_ids if isinstance(attachment_ids, list | tuple) else filter(None, [attachment_ids])
        file_ids = [self._get_sop_id(file_id) for file_id in given]
        files = self.env['ir.attachment'].browse(dict.fromkeys(file_ids)).exists()
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
        valid_until = self._get_sop_date(valid_until)
        if not valid_until or valid_until < self[:1]._get_sop_today():
            raise UserError(self.env._(
                "Waiver of %s: give the date until which it is valid, today or later.", requirement.display_name))
        self._sop_record(requirement, 'waived', remark=self._get_sop_reason(reason), valid_until=valid_until)
        return True

    def action_sop_complete_stage(self):
        """Move on to the next stage, through the same gate as everybody."""
        self.check_access('write')
        result = True
        for document in self:
            if error := document._get_sop_standing_error():
                raise UserError(error)
        for stage, documents in self.grouped('sop_stage_id').items():
            if following := documents._get_sop_next_stage(stage):
                documents._sop_move_to(following)
            else:
                result = documents._sop_finish()
        return result

    def action_sop_move_back(self, stage_id, reason):
        """Go back to an earlier stage; what was done stays done. The gate judges this move like any other.

        :param int stage_id: a value of the document's own stage field
        """
        self.check_access('write')
        reason = self._get_sop_reason(reason)
        with_cause(self, reason).write({self._sop_stage_field: self._get_sop_id(stage_id)})
        return True

    def action_sop_fast_track(self, stage_id, reason):
        """Enter a late stage at once; items before it are stored as not applicable – fast track.

        :param int stage_id: a ``sop.stage`` marked as entry of the fast track
        """
        self.check_access('write')
        self._check_sop_member()
        reason = self._get_sop_reason(reason)
        stage = self.env['sop.stage'].browse(self._get_sop_id(stage_id)).exists().sudo()
        for document in self.sudo():
            if error := document._get_sop_fast_track_error(stage):
                raise UserError(error)
        self._sop_skip_to(stage, reason)
        with_cause(self, reason, 'fast_track')._sop_move_to(stage)
        return True

    def _get_sop_standing_error(self):
        """Why this document cannot go on, or an empty string."""
        if not self.sop_stage_id:
            return self.env._("%s follows no procedure.", self.display_name)
        if self.sop_outcome != 'open':
            return self.env._(
                "%(document)s is closed (%(outcome)s). Restore or reopen it first.",
                document=self.display_name, outcome=self._get_sop_label(self, 'sop_outcome'))
        return ''

    def _get_sop_fast_track_error(self, stage):
        process = self.sop_process_id
        if error := self._get_sop_standing_error():
            return error
        if not process._is_fast_track(self):
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
        stranded = self.filtered(lambda document: not document._get_sop_stage_value(stage))
        if stranded:
            raise UserError(self.env._(
                "%(document)s: its sales team has no stage of the pipeline that stands for %(stage)s. "
                "Move it to another team, or have that stage added to the procedure.",
                document=stranded[0].display_name, stage=stage.sudo().name))
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
        requirement = self.env['sop.requirement'].sudo().browse(self._get_sop_id(requirement_id)).exists()
        for document in self.sudo():
            if not requirement or requirement.process_id != document.sop_process_id:
                raise UserError(self.env._(
                    "%s is not asked for this item: it may follow another version by now. Reload the page.",
                    document.display_name))
        return requirement

    @api.model
    def _get_sop_id(self, value):
        """A number of a record, from a caller who may send anything."""
        if type(value) is not int:
            raise UserError(self.env._("%s is no number of a record.", value))
        return value

    @api.model
    def _get_sop_date(self, value):
        """A date, from a caller who may send anything."""
        try:
            return fields.Date.to_date(value)
        except (ValueError, TypeError, AttributeError):
            raise UserError(self.env._("%s is no date. Write it as YYYY-MM-DD.", value)) from None

    def _get_sop_reason(self, reason):
        reason = str(reason or '').strip()
        if not reason:
            raise UserError(self.env._("%s: give a reason.", self[:1].display_name))
        return reason

    def _check_sop_member(self):
        if not self.env.user.has_group('sales_sop.group_sop_user'):
            raise AccessError(self.env._("Only members of the procedure may do this: ask for the role Sales SOP User."))

    def _check_sop_can_tick(self, requirement, fact_too=False):
        for document in self:
            if error := document._get_sop_tick_error(requirement, fact_too):
                raise (UserError if requirement.is_fact else AccessError)(self.env._(
                    "%(item)s of %(document)s: %(error)s",
                    item=requirement.display_name, document=document.display_name, error=error))

    def _get_sop_tick_error(self, requirement, fact_too=False, writable=None):
        """Why the user cannot do this item on this document, or an empty string.

        :param writable: whether the user may change the document, where that is known already
        """
        if not self.env.user.has_group('sales_sop.group_sop_user'):
            return self.env._("only members of the procedure may do it.")
        group = requirement.group_id
        if group and group not in self.env.user.all_group_ids:
            return self.env._("only members of %s may do it.", group.display_name)
        # Whoever is named for an item may do it on every document he can read.
        if group or writable is None:
            writable = self.has_access('read' if group else 'write')
        if not writable:
            return self.env._("you may not change this document.")
        if requirement.is_fact and not fact_too:
            return self.env._("it is checked by the system, nobody ticks it. Do what it says instead.")
        return ''

    def _check_sop_evidence(self, requirement, files, valid_until):
        hollow = files.filtered(lambda file: file.type != 'binary' or not file.file_size)
        if hollow:
            raise UserError(self.env._(
                "%(item)s: %(file)s is empty or only a link. Attach the file itself.",
                item=requirement.display_name, file=hollow[0].name))
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
                status = check._get_status(document._get_sop_today())
                if status not in ('waived', 'lapsed') and not (fast_track and status == 'to_verify'):
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
            as_engine(files).copy({
                'res_model': 'sop.check', 'res_id': check.id, 'res_field': False,
                'public': False, 'access_token': False,
            })
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

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import as_engine


class SopCheck(models.Model):
    """Evidence that one requirement is met on one document.

    Written by the checklist of the document, never edited: revoked and made anew.
    """

    _name = 'sop.check'
    _description = "SOP Check"
    _inherit = ['sop.ledger.mixin']
    _order = 'id desc'
    _rec_name = 'requirement_id'

    requirement_id = fields.Many2one('sop.requirement', required=True, index=True, ondelete='restrict')
    stage_id = fields.Many2one(related='requirement_id.stage_id', store=True)
    process_id = fields.Many2one(related='requirement_id.process_id', store=True, index=True)
    lead_id = fields.Many2one('crm.lead', string="Opportunity", index='btree_not_null', ondelete='cascade')
    document_name = fields.Char(string="Document", compute='_compute_document_name')
    state = fields.Selection(
        [('done', "Done"), ('na', "Not applicable"), ('waived', "Waived")], required=True, default='done')
    done_by_id = fields.Many2one('res.users', required=True, ondelete='restrict')
    done_date = fields.Datetime(required=True)
    remark = fields.Text()
    attachment_ids = fields.Many2many('ir.attachment', string="Files", compute='_compute_attachment_ids')
    valid_until = fields.Date(help="After this date the evidence no longer counts.")
    verified_by_id = fields.Many2one('res.users', ondelete='restrict')
    verified_date = fields.Datetime()
    verify_remark = fields.Text()
    fast_track = fields.Boolean(help="Skipped by the fast track.")
    source_check_id = fields.Many2one(
        'sop.check', string="Carried Over From", index='btree_not_null',
        help="The check of another version of the process this one was carried over from.")
    revoked_by_id = fields.Many2one('res.users', ondelete='restrict')
    revoked_date = fields.Datetime()
    revoke_reason = fields.Text()

    _live_lead_uniq = models.UniqueIndex(
        '(lead_id, requirement_id) WHERE revoked_date IS NULL AND lead_id IS NOT NULL',
        "This item has just been done by someone else. Reload the page to see who.")

    @api.depends(lambda self: self._get_sop_document_fields())
    def _compute_document_name(self):
        for check in self:
            document = check._get_sop_document()
            check.document_name = document.display_name if document else ''

    def _compute_attachment_ids(self):
        evidence = self._get_evidence_ids()
        # sudo: whoever may read the check may read its files.
        groups = self.env['ir.attachment'].sudo()._read_group(
            [('res_model', '=', self._name), ('res_id', 'in', list(evidence.values()))],
            ['res_id'], ['id:recordset'])
        files = dict(groups)
        for check in self:
            check.attachment_ids = files.get(evidence[check.id])

    def _get_evidence_ids(self):
        """``{check id: id of the check that holds the files}``"""
        return {check.id: (check.source_check_id or check).id for check in self}

    # ------------------------------------------------------------
    # STATUS
    # ------------------------------------------------------------

    def _get_status(self, today):
        """What this live check is worth on ``today``."""
        self.ensure_one()
        if self.valid_until and self.valid_until < today:
            return 'lapsed'
        if self.state == 'done' and self.requirement_id.verify and not self.verified_by_id:
            return 'to_verify'
        return self.state

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_verify(self, remark=None):
        """The second person confirms what somebody else did."""
        self.check_access('read')
        for check in self:
            if error := check._get_verify_error():
                raise UserError(self.env._(
                    "%(item)s of %(document)s: %(error)s",
                    item=check.requirement_id.display_name, document=check.document_name, error=error))
        self._lock_documents()
        as_engine(self).write({
            'verified_by_id': self.env.uid,
            'verified_date': fields.Datetime.now(),
            'verify_remark': remark,
        })
        return True

    def _get_verify_error(self):
        """Why the user may not verify this check, or an empty string."""
        requirement = self.requirement_id
        group = requirement.verify_group_id
        if not self.env.user.has_group('sales_sop.group_sop_user'):
            return self.env._("only members of the procedure may verify.")
        if not requirement.verify or self.state != 'done':
            return self.env._("it needs no second person.")
        if self.revoked_date:
            return self.env._("it was revoked.")
        if self.verified_by_id:
            return self.env._("it was verified by %s already.", self.verified_by_id.name)
        if self.done_by_id == self.env.user:
            return self.env._("who did it cannot verify it. Ask a second person.")
        if group and group not in self.env.user.all_group_ids:
            return self.env._("only members of %s may verify it.", group.display_name)
        return ''

    def action_revoke(self, reason):
        """Withdraw the evidence: the requirement is open again.

        :param str reason: why; kept with the check
        """
        self.check_access('read')
        reason = str(reason or '').strip()
        if not reason:
            raise UserError(self.env._("Say why %s is revoked.", self[:1].requirement_id.display_name))
        for check in self:
            if error := check._get_revoke_error():
                raise AccessError(self.env._(
                    "%(item)s of %(document)s: %(error)s",
                    item=check.requirement_id.display_name, document=check.document_name, error=error))
        self._revoke(reason)
        return True

    def _get_revoke_error(self):
        """Why the user may not revoke this check, or an empty string."""
        user = self.env.user
        if not user.has_group('sales_sop.group_sop_user'):
            return self.env._("only members of the procedure may revoke.")
        if user.has_group('sales_sop.group_sop_manager'):
            return ''
        if self.state == 'waived':
            return self.env._("only a manager may revoke a waiver.")
        if self.done_by_id != user:
            return self.env._("only %s or a manager may revoke it.", self.done_by_id.name)
        return ''

    def _revoke(self, reason):
        live = self.filtered(lambda check: not check.revoked_date)
        live._lock_documents()
        live_checks = as_engine(live)
        live_checks.write({
            'revoked_by_id': self.env.uid,
            'revoked_date': fields.Datetime.now(),
            'revoke_reason': reason,
        })
        # The next INSERT may follow at once; the unique index must see these revoked.
        live_checks.flush_recordset()

    def _lock_documents(self):
        """Make a simultaneous move of the same documents fail and be tried again.

        A move reads the evidence in its own snapshot. It writes the document,
        so an UPDATE here (not a mere lock) makes the database refuse the later
        of the two.
        """
        for name in self._get_sop_document_fields():
            self.sudo()[name]._sop_touch()

    def action_open_document(self):
        """Open the document the check is about."""
        self.ensure_one()
        self.check_access('read')
        return self._get_sop_document().get_formview_action()

    def _prepare_carried_values(self):
        """The same evidence for another version of the process."""
        self.ensure_one()
        names = [
            'state', 'done_date', 'remark', 'valid_until', 'verified_date', 'verify_remark', 'fast_track',
        ]
        return {
            **{name: self[name] for name in names},
            **{name: self[name].id for name in [
                'done_by_id', 'verified_by_id', *self._get_sop_document_fields()]},
            'source_check_id': (self.source_check_id or self).id,
        }

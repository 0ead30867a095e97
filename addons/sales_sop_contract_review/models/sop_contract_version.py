from difflib import SequenceMatcher

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..text_diff import diff_html, plain_text


class SopContractVersion(models.Model):
    """A text of a contract as it was when its review was requested; never changed, never deleted."""

    _name = 'sop.contract.version'
    _description = "Version of a Contract"
    _inherit = ['sop.child.mixin']
    _order = 'contract_id desc, version desc'

    _sop_child_of = ('contract_id',)
    _sop_server_fields = frozenset({
        'contract_id', 'version', 'body_zh', 'body_en', 'body_both', 'fingerprint', 'fingerprints', 'user_id', 'date'})

    contract_id = fields.Many2one('sop.contract', required=True, index=True, readonly=True, ondelete='restrict')
    version = fields.Integer(required=True, readonly=True, aggregator=None)
    body_zh = fields.Html(string="Chinese", readonly=True, sanitize=False)
    body_en = fields.Html(string="English", readonly=True, sanitize=False)
    body_both = fields.Html(string="Both", readonly=True, sanitize=False)
    fingerprint = fields.Char(required=True, readonly=True, help="SHA-256 of this text.")
    fingerprints = fields.Json(readonly=True, help="SHA-256 by topic.")
    code = fields.Char(compute='_compute_code')
    user_id = fields.Many2one('res.users', string="Frozen By", required=True, readonly=True, ondelete='restrict')
    date = fields.Datetime(string="Frozen On", required=True, readonly=True)
    changes_zh = fields.Html(string="Changes in Chinese", compute='_compute_changes', sanitize=False)
    changes_en = fields.Html(string="Changes in English", compute='_compute_changes', sanitize=False)

    _version_uniq = models.UniqueIndex('(contract_id, version)', "This version exists already.")

    @api.depends('contract_id', 'version')
    @api.depends_context('lang')
    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._(
                "%(contract)s, version %(version)s", contract=version.contract_id.name, version=version.version)

    @api.depends('fingerprint')
    def _compute_code(self):
        for version in self:
            code = (version.fingerprint or '')[:8].upper()
            version.code = f'{code[:4]}-{code[4:]}' if code else False

    @api.depends('body_zh', 'body_en')
    def _compute_changes(self):
        for version in self:
            before = version._get_previous()
            for lang in ('zh', 'en'):
                name = f'body_{lang}'
                version[f'changes_{lang}'] = bool(before) and self._get_changes(before[name], version[name])

    def _get_previous(self):
        """The version before this one."""
        self.ensure_one()
        return self.search(
            [('contract_id', '=', self.contract_id.id), ('version', '<', self.version)], order='version desc', limit=1)

    @api.model
    def _get_changes(self, before, after):
        """Where the two texts differ, line by line and side by side; equal ones are left out."""
        old, new = (plain_text(text).split('\n') for text in (before, after))
        rows = Markup().join(
            Markup('<tr><td class="w-50">%s</td><td class="w-50">%s</td></tr>') % (
                Markup('<br/>').join(old[start:end]), diff_html('\n'.join(old[start:end]), '\n'.join(new[first:last])))
            for kind, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
            if kind != 'equal')
        return Markup('<table class="table table-sm align-top">%s</table>') % rows if rows else False

    @api.ondelete(at_uninstall=False)
    def _unlink_except_evidence(self):
        raise UserError(self.env._("What was reviewed is kept: %s.", self[:1].display_name))

from odoo import api, fields, models

from odoo.addons.sales_sop.engine import as_engine


class SopContract(models.Model):
    """Each text that is reviewed is kept as a version of its own."""

    _inherit = 'sop.contract'

    version_ids = fields.One2many('sop.contract.version', 'contract_id', string="Versions", readonly=True)
    changes = fields.Html(
        string="Changed Since the Last Version", compute='_compute_changes', compute_sudo=True, sanitize=False)

    @api.depends('version_ids', 'state', 'clause_ids.text_zh', 'clause_ids.text_en', 'line_ids.price_total',
                 'instalment_ids.amount')
    @api.depends_context('lang')
    def _compute_changes(self):
        lang = 'zh' if (self.env.lang or '').startswith('zh') else 'en'
        for contract in self:
            last = contract.is_editable and contract.version_ids.sorted('version')[-1:]
            contract.changes = bool(last) and last._get_changes(
                last[f'body_{lang}'], contract._render_sop_body((lang,)))

    def _get_sop_frozen_version(self):
        """The kept text of the version at hand; empty while nobody was asked to review it."""
        self.ensure_one()
        # sudo: what was frozen is the same for everybody.
        return self.sudo().version_ids.filtered(lambda version: version.version == self.version)

    def _get_sop_review_snapshot(self):
        bodies = self._get_sop_bodies()
        return {
            'html': {'zh_CN': bodies['zh'], 'en_US': bodies['en']}, 'version': self.version,
            'code': self._get_sop_fingerprint_code()}

    def _sop_create_reviews(self, message, fingerprints, plans):
        reviews = super()._sop_create_reviews(message, fingerprints, plans)
        self._sop_freeze_versions()
        return reviews

    def _sop_freeze_versions(self):
        """Keep what these contracts say now as their version at hand."""
        as_engine(self.env['sop.contract.version']).create([
            contract._prepare_sop_version() for contract in self if not contract._get_sop_frozen_version()])

    def _prepare_sop_version(self):
        return {
            'contract_id': self.id, 'version': self.version, 'fingerprint': self._get_sop_live_fingerprint(),
            'fingerprints': self._get_sop_review_fingerprints()[self.id], 'user_id': self.env.uid,
            'date': fields.Datetime.now(), **{f'body_{name}': body for name, body in self._get_sop_bodies().items()}}

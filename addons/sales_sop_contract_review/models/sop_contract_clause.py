import hashlib
import re

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.sales_sop.engine import as_engine, is_engine

from ..placeholders import fill, find_unknown
from ..text_diff import diff_html, is_same_text, plain_text

LANGUAGES = ('en', 'zh')
# Characters of a text in a list
EXCERPT = 120
# What stands in a text that is not finished (C11), and how much of what stands before it is shown
BLANKS = re.compile(
    r'[_\uff3f]{2,}|\bto be (?:agreed|determined|confirmed)\b|\bTB[ADC]\b'
    r'|另行商定|另行约定|另行协商|待定|待补充|【\s*】|\[\s*\]', re.IGNORECASE)
BEFORE = 25


class SopContractClause(models.Model):
    """A clause of one contract: its text in both languages, and whether it is the company's own wording (S5.2)."""

    _name = 'sop.contract.clause'
    _description = "Clause of a Contract"
    _inherit = ['sop.contract.child.mixin']
    _order = 'sequence, id'

    _sop_is_text = True

    contract_id = fields.Many2one('sop.contract', required=True, index=True, ondelete='cascade')
    contract_state = fields.Selection(related='contract_id.state')
    is_editable = fields.Boolean(related='contract_id.is_editable')
    non_standard = fields.Boolean(related='contract_id.non_standard')
    company_id = fields.Many2one(related='contract_id.company_id')
    sequence = fields.Integer(compute='_compute_sequence', store=True, readonly=False, precompute=True)
    clause_id = fields.Many2one('sop.clause', required=True, index=True, ondelete='restrict')
    topic = fields.Selection(related='clause_id.topic')
    is_required = fields.Boolean(string="Required", compute='_compute_is_required')
    status = fields.Selection(
        [('present', "Present"), ('absent', "Absent"), ('na', "Not Applicable")], required=True, default='present')
    na_reason = fields.Char(string="Why Not Applicable")
    reference = fields.Char(help="Where it stands in the customer's own text, e.g. Article 5.")
    wording_id = fields.Many2one(
        'sop.clause.wording', index='btree_not_null', ondelete='restrict',
        domain="[('clause_id', '=', clause_id), ('state', '=', 'active')]")
    instructions = fields.Text(related='wording_id.instructions')
    text_en = fields.Html(string="English Text", compute='_compute_texts', store=True, readonly=False, precompute=True)
    text_zh = fields.Html(string="Chinese Text", compute='_compute_texts', store=True, readonly=False, precompute=True)
    position = fields.Selection(
        [('standard', "Standard"), ('fallback', "Fallback"), ('own', "Own Wording"), ('none', "No Text")],
        compute='_compute_position', store=True)
    is_deviation = fields.Boolean(
        string="Deviation", compute='_compute_is_deviation', store=True,
        help="A text that is not from the library. Its approver has to agree before the review.")
    diff_en = fields.Html(string="English: Against the Library", compute='_compute_diffs', sanitize=False)
    diff_zh = fields.Html(string="Chinese: Against the Library", compute='_compute_diffs', sanitize=False)
    preview_en = fields.Html(string="English as Printed", compute='_compute_previews', sanitize=False)
    preview_zh = fields.Html(string="Chinese as Printed", compute='_compute_previews', sanitize=False)
    excerpt = fields.Char(string="Text", compute='_compute_excerpt')
    newer_wording_id = fields.Many2one(
        'sop.clause.wording', string="Newer Version", compute='_compute_newer_wording_id')
    newer_diff_en = fields.Html(string="English Now", compute='_compute_newer_wording_id', sanitize=False)
    newer_diff_zh = fields.Html(string="Chinese Now", compute='_compute_newer_wording_id', sanitize=False)
    fallback_id = fields.Many2one(
        'sop.clause.wording', string="Next Fallback", compute='_compute_fallback_id')
    approval_ids = fields.One2many('sop.clause.approval', 'line_id', string="Approvals", readonly=True)
    approval_state = fields.Selection(
        [('none', "Not Needed"), ('needed', "Needed"), ('waiting', "Waiting"), ('approved', "Approved"),
         ('refused', "Refused")], string="Approval", compute='_compute_approval_state')

    _clause_uniq = models.UniqueIndex('(contract_id, clause_id)', "This clause is in the contract already.")

    # ------------------------------------------------------------
    # COMPUTE
    # ------------------------------------------------------------

    @api.depends('clause_id', 'contract_id')
    def _compute_display_name(self):
        for line in self:
            line.display_name = ', '.join(filter(None, (line.contract_id.name, line.clause_id.name)))

    @api.depends('clause_id')
    def _compute_sequence(self):
        for line in self:
            line.sequence = line.clause_id.sequence or 10

    @api.depends('clause_id', 'contract_id.template_id')
    def _compute_is_required(self):
        for contract, lines in self.grouped('contract_id').items():
            required = contract._get_sop_required_clauses()
            for line in lines:
                line.is_required = line.clause_id in required

    @api.depends('wording_id')
    def _compute_texts(self):
        for line in self:
            line.text_en = line.wording_id.text_en or line.text_en
            line.text_zh = line.wording_id.text_zh or line.text_zh

    @api.depends('text_en', 'text_zh', 'wording_id')
    def _compute_position(self):
        for line in self:
            line.position = line._get_sop_position()

    def _get_sop_position(self):
        if not (plain_text(self.text_en) or plain_text(self.text_zh)):
            return 'none'
        wording = self.wording_id
        return wording.kind if wording and self._is_sop_text_of(wording) else 'own'

    def _is_sop_text_of(self, wording):
        """Whether this clause says what ``wording`` says, in each language it is written in."""
        return all(
            not plain_text(self[f'text_{lang}']) or is_same_text(self[f'text_{lang}'], wording[f'text_{lang}'])
            for lang in LANGUAGES)

    @api.depends('position', 'status')
    def _compute_is_deviation(self):
        for line in self:
            line.is_deviation = line.status == 'present' and line.position == 'own'

    @api.depends('text_en', 'text_zh', 'wording_id', 'clause_id')
    def _compute_diffs(self):
        for line in self:
            wording = line.wording_id or line._get_sop_standard()
            differs = line.position == 'own' and bool(wording)
            for lang in LANGUAGES:
                name = f'text_{lang}'
                line[f'diff_{lang}'] = differs and diff_html(wording[name], line[name])

    @api.depends('text_en', 'text_zh', 'contract_id')
    def _compute_previews(self):
        for contract, lines in self.grouped('contract_id').items():
            for lang in LANGUAGES:
                values = contract._get_sop_placeholder_values(lang)
                for line in lines:
                    line[f'preview_{lang}'] = line._get_sop_text(lang, values)

    @api.depends('preview_en', 'preview_zh', 'reference', 'na_reason', 'status')
    @api.depends_context('lang')
    def _compute_excerpt(self):
        chinese = (self.env.lang or '').startswith('zh')
        for line in self:
            texts = (line.preview_zh, line.preview_en) if chinese else (line.preview_en, line.preview_zh)
            said = ' '.join(next((text for text in map(plain_text, texts) if text), '').split())
            shown = {'present': said[:EXCERPT] or line.reference, 'na': line.na_reason, 'absent': False}
            line.excerpt = shown[line.status]

    @api.depends('wording_id', 'text_en', 'text_zh')
    def _compute_newer_wording_id(self):
        versions = self.wording_id._get_sop_active_versions()
        for line in self:
            old = line.wording_id
            newer = versions.get(old, old)
            line.newer_wording_id = newer if newer != old else False
            for lang in LANGUAGES:
                name = f'text_{lang}'
                line[f'newer_diff_{lang}'] = newer != old and diff_html(line[name], newer[name])

    @api.depends('wording_id', 'clause_id')
    def _compute_fallback_id(self):
        for line in self:
            line.fallback_id = line._get_sop_next_fallback()

    @api.depends('is_deviation', 'text_en', 'text_zh', 'approval_ids.state')
    def _compute_approval_state(self):
        for line in self:
            line.approval_state = line._get_sop_approval_state() if line.is_deviation else 'none'

    def _get_sop_approval_state(self):
        # sudo: whoever reads the clause sees whether it is approved.
        current = self.sudo().approval_ids.filtered(
            lambda approval: approval.text_hash == self._get_sop_text_hash()).sorted('id')[-1:]
        return current.state if current.state in ('waiting', 'approved', 'refused') else 'needed'

    def _get_sop_text_hash(self):
        """What an approval of this clause is about."""
        said = '\0'.join(plain_text(self[f'text_{lang}']) for lang in LANGUAGES)
        return hashlib.sha256(said.encode()).hexdigest()

    # ------------------------------------------------------------
    # WORDINGS
    # ------------------------------------------------------------

    def _get_sop_standard(self):
        return self.clause_id._get_sop_wording(self.contract_id)

    def _get_sop_next_fallback(self):
        """The fallback after the wording at hand, in the order of the library."""
        fallbacks = self.clause_id.wording_ids.filtered(
            lambda wording: wording.state == 'active' and wording.kind == 'fallback'
            and wording._is_sop_for(self.contract_id)).sorted(lambda wording: (wording.sequence, wording.id))
        if self.wording_id in fallbacks and self.position == 'fallback':
            fallbacks = fallbacks[fallbacks.ids.index(self.wording_id.id) + 1:]
        return fallbacks[:1]

    def _get_sop_text(self, lang, values=None):
        """The text in ``lang`` ('en' or 'zh') with the values of the contract in it: what is printed."""
        values = self.contract_id._get_sop_placeholder_values(lang) if values is None else values
        # The text is sanitized when it is written, and the values are escaped.
        return Markup(fill(self[f'text_{lang}'], values))

    def action_use_standard(self):
        """Back to the standard wording of the library."""
        for line in self:
            line._sop_use(line._get_sop_standard())

    def action_use_fallback(self):
        """The next fallback of the library."""
        for line in self:
            line._sop_use(line._get_sop_next_fallback())

    def action_use_newer(self):
        """The version of the library that took the place of the wording at hand."""
        for line in self:
            line._sop_use(line.newer_wording_id)

    def _sop_use(self, wording):
        self.check_access('write')
        if not wording:
            raise UserError(self.env._("%s: the library has no such wording.", self.display_name))
        self.write({
            'wording_id': wording.id, 'text_en': wording.text_en, 'text_zh': wording.text_zh, 'status': 'present'})

    # ------------------------------------------------------------
    # WHAT IS MISSING, WHAT DEVIATES
    # ------------------------------------------------------------

    def _get_sop_problem(self):
        """Why this clause cannot be reviewed, in words; False when it can."""
        name = self.clause_id.name
        if self.status != 'present':
            return False
        if self.position == 'none' and not self._is_sop_referred():
            return self.env._("%s: enter its text, or where it stands in the customer's own text.", name)
        if self.approval_state == 'waiting':
            return self.env._("%s: its approver has not answered yet.", name)
        if self.approval_state in ('needed', 'refused'):
            return self.env._("%s: own wording. Ask for its approval, or go back to the standard.", name)
        return False

    def _is_sop_referred(self):
        return bool(self.contract_id.non_standard and (self.reference or '').strip())

    def _get_sop_deviation(self):
        if self.is_deviation:
            text = self.env._("%s: own wording", self.clause_id.name)
            return {'clause': self.clause_id.code, 'kind': 'own', 'text': text}
        if self.status == 'na' and self.is_required:
            text = self.env._(
                "%(clause)s: not applicable, %(reason)s", clause=self.clause_id.name, reason=self.na_reason)
            return {'clause': self.clause_id.code, 'kind': 'na', 'text': text}
        return False

    def _get_sop_blanks(self):
        """Words that leave something open, with what stands before them."""
        texts = [plain_text(self[f'text_{lang}']) for lang in LANGUAGES]
        found = [
            (match.start() > BEFORE and "…" or "") + text[max(match.start() - BEFORE, 0):match.end()]
            for text in texts for match in BLANKS.finditer(text)]
        return [self.env._("%(clause)s: “%(text)s”", clause=self.clause_id.name, text=text) for text in found]

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    @api.constrains('wording_id', 'clause_id')
    def _check_wording(self):
        for line in self:
            if line.wording_id and line.wording_id.clause_id != line.clause_id:
                raise ValidationError(self.env._(
                    "%(line)s: %(wording)s is a wording of another clause.",
                    line=line.display_name, wording=line.wording_id.display_name))
            if line.wording_id.state in ('draft', 'approval'):
                raise ValidationError(self.env._(
                    "%(line)s: %(wording)s is not approved yet.",
                    line=line.display_name, wording=line.wording_id.display_name))

    @api.constrains('text_en', 'text_zh')
    def _check_placeholders(self):
        for line in self:
            if unknown := find_unknown(line.text_en) + find_unknown(line.text_zh):
                raise ValidationError(self.env._(
                    "%(line)s: %(names)s stand for nothing. Write the value instead.",
                    line=line.display_name, names=', '.join(f'{{{name}}}' for name in unknown)))

    @api.constrains('status', 'na_reason')
    def _check_na_reason(self):
        for line in self:
            if line.status == 'na' and not (line.na_reason or '').strip():
                raise ValidationError(self.env._("%s: say why it is not applicable.", line.display_name))

    def write(self, vals):
        result = super().write(vals)
        if not is_engine(self.env) and not vals.keys().isdisjoint(('text_en', 'text_zh', 'wording_id', 'status')):
            self._sop_lapse_approvals()
        return result

    def _sop_lapse_approvals(self):
        """What is not said any more waits for nobody."""
        for line in self:
            # sudo: approvals are written by the server.
            waiting = line.sudo().approval_ids.filtered(lambda approval: approval.state == 'waiting')
            stale = waiting.filtered(
                lambda approval, line=line: not line.is_deviation or approval.text_hash != line._get_sop_text_hash())
            stale._sop_lapse()

    # ------------------------------------------------------------
    # APPROVAL
    # ------------------------------------------------------------

    def action_request_approval(self, reason=None):
        """Ask the approvers of these clauses to agree to texts that are not from the library (G3)."""
        self.check_access('write')
        reason = reason.strip() if isinstance(reason, str) else ''
        if not reason:
            raise UserError(self.env._("%s: say why the library's wording does not do.", self[:1].display_name))
        self._check_sop_editable()
        if other := self.filtered(lambda line: line.approval_state not in ('needed', 'refused'))[:1]:
            raise UserError(self.env._("%s needs no approval now.", other.display_name))
        approvals = as_engine(self.env['sop.clause.approval']).create([
            line._prepare_approval_values(reason) for line in self])
        self.env['sop.clause.approval'].browse(approvals.ids)._sop_ask()
        return True

    def _prepare_approval_values(self, reason):
        approvers = self.clause_id._get_sop_approvers(
            self.contract_id.company_id, self.env.user | self.contract_id._get_sop_review_authors())
        if not approvers:
            raise UserError(self.env._(
                "%(line)s: nobody else may approve it. Name somebody for the position in charge of %(clause)s.",
                line=self.display_name, clause=self.clause_id.name))
        return {
            'line_id': self.id, 'contract_id': self.contract_id.id, 'clause_id': self.clause_id.id,
            'wording_id': (self.wording_id or self._get_sop_standard()).id, 'text_en': self.text_en,
            'text_zh': self.text_zh, 'text_hash': self._get_sop_text_hash(), 'requester_id': self.env.uid,
            'reason': reason, 'approver_ids': [(6, 0, approvers.ids)]}

from base64 import b64encode

from markupsafe import Markup

from odoo import models

from ..values import EDITABLE_STATES

QR_SIZE = 300


class SopContract(models.Model):
    """The contract on paper: the frozen text, with the code it is recognised by on every page."""

    _inherit = 'sop.contract'

    def action_sop_print(self):
        """Print these contracts, in the languages they are printed in."""
        self.check_access('read')
        return self.env.ref('sales_sop_contract_review.sop_contract_report_action').report_action(self, config=False)

    def _prepare_sop_printed(self):
        """What is printed of this contract, in the languages it is printed in."""
        self.ensure_one()
        # Odoo prints whatever ids it is asked for.
        self.check_access('read')
        # sudo: the text is the same whoever prints it.
        own = self.sudo()
        # No label of the text is in the language of whoever prints it.
        lang = 'en' if own.print_lang == 'en' else 'zh'
        labels = own._in_sop_lang(lang)
        draft = labels._get_sop_draft_mark()
        return {
            'number': own.name, 'version': labels.env._("Version %s", own.version), 'company': own.company_id.name,
            'code': own._get_sop_fingerprint_code(), 'page': labels.env._("Page"), 'mark': draft,
            'qr': self._get_sop_qr_image(), 'body': Markup(own._get_sop_printed_body()),
            'background': self._get_sop_watermark() if draft else '',
        }

    def _get_sop_printed_body(self):
        """What was frozen is printed as it was frozen; a draft as it is."""
        frozen = False if self.is_editable else self._get_sop_frozen_version()
        return frozen[f'body_{self.print_lang}'] if frozen else self._get_sop_bodies()[self.print_lang]

    def _get_sop_draft_mark(self):
        if self.state in (*EDITABLE_STATES, 'in_review'):
            return self.env._("Draft – not approved")
        return self.env._("Void") if self.state in ('void', 'terminated') else False

    def _get_sop_qr_image(self):
        code = self.env['ir.actions.report'].barcode(
            'QR', self._get_sop_qr_value(), width=QR_SIZE, height=QR_SIZE)
        return Markup('data:image/png;base64,%s') % b64encode(code).decode()

    def _get_sop_watermark(self):
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" width="520" height="420">'
            '<text x="40" y="330" font-size="88" font-family="sans-serif" fill="#cc0000" fill-opacity="0.09" '
            'transform="rotate(-32 260 210)">DRAFT 草稿</text></svg>')
        return f"background-image: url('data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}');"

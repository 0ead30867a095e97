from markupsafe import Markup

from odoo import models
from odoo.tools.misc import formatLang

# What is printed in which languages
PRINTED = {'zh': ('zh',), 'en': ('en',), 'both': ('zh', 'en')}


def join_texts(texts):
    """The same label in several languages; once where it is the same."""
    return ' '.join(dict.fromkeys(texts))


class SopContract(models.Model):
    """The text of a contract as it is read, printed and frozen: never anything internal (invariant 14)."""

    _inherit = 'sop.contract'

    def _get_sop_bodies(self):
        """The text as HTML in 'zh', in 'en', and in 'both' side by side."""
        self.ensure_one()
        return {name: self._render_sop_body(langs) for name, langs in PRINTED.items()}

    def _render_sop_body(self, langs):
        columns = [self._in_sop_lang(lang)._prepare_sop_column(lang) for lang in langs]
        return str(self.env['ir.qweb']._render('sales_sop_contract_review.sop_contract_body', {
            'columns': columns,
            'width': 100 // len(columns),
            # What stands there once carries the words of all languages.
            'heads': {name: join_texts(column['heads'][name] for column in columns) for name in columns[0]['heads']},
            'join': join_texts,
            'lines': columns[0]['lines'],
            'totals': columns[0]['totals'],
            'kinds': dict.fromkeys(column['kind'] for column in columns),
            'prevails': len(columns) > 1 and Markup('<br/>').join(
                dict.fromkeys(column['prevails'] for column in columns)),
        }))

    def _in_sop_lang(self, lang):
        # sudo: the text is the same whoever reads it.
        return self.with_env(self.env(su=True, context={'lang': self._get_sop_lang_code(lang)}))

    # ------------------------------------------------------------
    # ONE LANGUAGE
    # ------------------------------------------------------------

    def _prepare_sop_column(self, lang):
        """What the text says in one language, in which this record is."""
        return {
            'lang': lang,
            'title': self.title,
            'kind': self._get_sop_kind_title(),
            'parties': self._get_sop_party_lines(),
            'heads': self._get_sop_line_heads(),
            'lines': [self._prepare_sop_printed_line(line) for line in self.line_ids],
            'totals': self._get_sop_printed_totals(),
            'words': self._get_sop_words_line(lang),
            'dates': self._get_sop_date_lines(),
            'plan': self._get_sop_plan_lines(lang),
            'clauses': self._get_sop_printed_clauses(lang),
            'prevails': self._get_sop_prevailing_text(),
            'signatures': [self._get_sop_signature(self.partner_id, False), self._get_sop_signature(None, True)],
        }

    def _get_sop_kind_title(self):
        return {
            'sale': self.env._("Sales Contract"), 'service': self.env._("Service Contract"),
            'framework': self.env._("Framework Contract"), 'order': self.env._("Order Contract"),
        }[self.type]

    def _get_sop_party_lines(self):
        return [
            (self.env._("Party A (buyer)"), self.partner_id.commercial_partner_id.name),
            (self.env._("Party B (seller)"), self.company_id.name)]

    def _get_sop_line_heads(self):
        currency = self.currency_id.name
        return {
            'number': self.env._("No."), 'name': self.env._("Goods and specification"),
            'quantity': self.env._("Quantity"), 'unit': self.env._("Unit"),
            'price': self.env._("Unit price (%s)", currency), 'taxes': self.env._("Tax rate"),
            'amount': self.env._("Amount (%s)", currency)}

    def _prepare_sop_printed_line(self, line):
        net = line.price_unit * (1 - line.discount / 100)
        return {
            'name': line.name, 'specification': line.specification or '',
            'quantity': self._format_sop_number(line.quantity) if line.quantity else '–',
            'unit': line.uom_id.name or '',
            'price': formatLang(self.env, net, dp='Product Price'),
            'taxes': ', '.join(line.tax_ids.mapped(lambda tax: tax.invoice_label or tax.name)),
            'amount': self.currency_id.format(line.price_subtotal) if line.quantity else '–',
        }

    def _format_sop_number(self, number):
        text = formatLang(self.env, number, digits=3)
        mark = self.env['res.lang']._get_data(code=self.env.lang or 'en_US').decimal_point
        return text.rstrip('0').rstrip(mark) if mark in text else text

    def _get_sop_printed_totals(self):
        if not any(self.line_ids.mapped('quantity')):
            return {}
        return {
            name: formatLang(self.env, amount, currency_obj=self.currency_id)
            for name, amount in {
                'untaxed': self.amount_untaxed, 'tax': self.amount_tax, 'total': self.amount_total}.items()}

    def _get_sop_words_line(self, lang):
        labels = {
            'untaxed': self.env._("Total without tax"), 'tax': self.env._("Tax"),
            'total': self.env._("Total with tax"), 'words': self.env._("In words")}
        code = 'zh_CN' if lang == 'zh' else 'en_US'
        return {**labels, 'amount': self._get_sop_amount_words(code)}

    def _get_sop_date_lines(self):
        address = self.shipping_partner_id._get_sop_contract_address() if self.shipping_partner_id else False
        lines = [
            (self.env._("Delivery"), self.delivery or self._format_sop_date(self.delivery_date)),
            (self.env._("Place of delivery"), address),
            (self.env._("Valid"), self._get_sop_validity_text())]
        return [(label, text) for label, text in lines if text]

    def _get_sop_validity_text(self):
        dates = [self._format_sop_date(date) for date in (self.date_start, self.date_end)]
        return ' – '.join(date or '' for date in dates) if any(dates) else False

    def _get_sop_plan_lines(self, lang):
        """The instalments, unless a clause says them."""
        said = any('{payment_plan}' in (line[f'text_{lang}'] or '') for line in self._get_sop_present_clauses())
        return [] if said else [self._get_sop_instalment_text(line) for line in self.instalment_ids]

    def _get_sop_present_clauses(self):
        return self.clause_ids.filtered(lambda line: line.status == 'present')

    def _get_sop_printed_clauses(self, lang):
        values = self._get_sop_placeholder_values(lang)
        return [
            {'number': self.env._("Article %s", index), 'name': line.clause_id.name,
             'text': line._get_sop_text(lang, values) or (line.reference or '')}
            for index, line in enumerate(self._get_sop_present_clauses(), 1)]

    def _get_sop_prevailing_text(self):
        return {
            'zh': self.env._("This contract is made in Chinese and English. The Chinese text prevails."),
            'en': self.env._("This contract is made in Chinese and English. The English text prevails."),
            'both': self.env._("This contract is made in Chinese and English. Both texts are equally valid."),
        }[self.prevailing_lang]

    def _get_sop_signature(self, partner, is_ours):
        facts = (self.company_address, self.company_code, self.company_bank) if is_ours else (
            self.partner_address, self.partner_code, self.partner_bank)
        labels = (self.env._("Address"), self.env._("Credit code"), self.env._("Bank account"))
        return {
            'party': self.env._("Party B (seal)") if is_ours else self.env._("Party A (seal)"),
            'name': self.company_id.name if is_ours else partner.commercial_partner_id.name,
            'facts': [(label, fact) for label, fact in zip(labels, facts, strict=True) if fact],
            'signatory': self.env._("Authorised signatory"), 'date': self.env._("Date"),
        }

    # ------------------------------------------------------------
    # BY TOPIC
    # ------------------------------------------------------------

    def _get_sop_topic_texts(self):
        return {contract.id: contract._get_sop_readable_topics() for contract in self}

    def _get_sop_readable_topics(self):
        """What is reviewed, by topic, in lines for people."""
        lines = self.line_ids
        topics = {
            'party': [f'{label}: {name}' for label, name in self._get_sop_party_lines()],
            'spec': [' '.join(filter(None, (line.name, line.specification))) for line in lines],
            'quantity': [
                f'{line.name}: {self._format_sop_number(line.quantity)} {line.uom_id.name or ""}' for line in lines],
            'price': [
                *(f'{line.name}: {self._format_sop_terms(line._get_terms(), line._get_terms())}' for line in lines),
                self.env._("Total: %s", self.currency_id.format(self.amount_total))],
            'date': [f'{label}: {text}' for label, text in self._get_sop_date_lines()],
            'payment': [self._get_sop_instalment_text(line) for line in self.instalment_ids],
        }
        lang = 'zh' if (self.env.lang or '').startswith('zh') else 'en'
        for line in self._get_sop_present_clauses():
            text = f'{line.clause_id.name}: {Markup(line._get_sop_text(lang)).striptags()}'
            topics.setdefault(line.topic or 'legal', []).append(text)
        return topics

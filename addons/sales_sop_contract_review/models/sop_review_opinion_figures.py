from odoo import fields, models
from odoo.tools.misc import format_amount, formatLang

from odoo.addons.sales_sop.engine import as_engine

# Figures that only these departments see, whoever may see floors, and the final approver
SECRET_FIGURES = {
    'margin': ('fin', 'mgt'),
    'credit': ('fin', 'mgt', 'sal'),
    'overdue': ('fin', 'mgt', 'sal'),
}


class SopReviewOpinion(models.Model):
    """The figures behind an opinion: live for whoever decides, afterwards as he saw them."""

    _inherit = 'sop.review.opinion'

    figures = fields.Json(
        readonly=True, groups='sales_sop.group_sop_floor', help="What whoever decided saw when he opened it last.")
    figures_date = fields.Datetime(string="Figures Of", readonly=True)

    def _get_sop_shown_figures(self):
        """The figures the user may see, in his language: ``{'date', 'is_live', 'rows'}``.

        They are those of today for whoever decides, and those he saw afterwards.
        """
        self.ensure_one()
        # sudo: figures are kept for those who see floors; reviewers see those of their department.
        own = self.sudo()
        is_live = self.can_decide
        rows = own.review_id._get_sop_subject()._get_sop_review_figures() if is_live else own.figures or []
        secrets = self._get_sop_secret_keys()
        date = fields.Datetime.now() if is_live else own.figures_date
        return {
            'date': fields.Datetime.to_string(date) if date else False, 'is_live': is_live,
            'rows': [own._format_sop_figure(row) for row in rows if row['key'] not in secrets]}

    def _sop_keep_figures(self):
        """Keep what whoever decides sees now, and when he looked for the first time."""
        self.ensure_one()
        now = fields.Datetime.now()
        as_engine(self).write({
            'figures': self.sudo().review_id._get_sop_subject()._get_sop_review_figures(), 'figures_date': now,
            'opened_at': self.opened_at or now})

    def _get_sop_secret_keys(self):
        """Keys of the figures the user does not see: they follow the departments he decides for."""
        user = self.env.user
        if user.has_group('sales_sop.group_sop_floor'):
            return set()
        # sudo: for whom he decides is written on opinions.
        asked = self.sudo().review_id.opinion_ids.filtered(
            lambda opinion: opinion.reviewer_ids & self._get_sop_voices())
        if any(opinion.is_final for opinion in asked):
            return set()
        codes = set(asked.department_id.mapped('code'))
        return {key for key, departments in SECRET_FIGURES.items() if codes.isdisjoint(departments)}

    # ------------------------------------------------------------
    # IN WORDS
    # ------------------------------------------------------------

    def _format_sop_figure(self, row):
        """A figure in the language of the reader: ``{key, label, value, note, tone, lines}``."""
        self.ensure_one()
        values = getattr(self, f"_format_sop_{row['key']}")(row)
        return {'key': row['key'], 'note': False, 'tone': False, 'lines': [], **values}

    def _format_sop_money(self, amount):
        return format_amount(self.env, amount, self.review_id.company_id.currency_id)

    def _format_sop_number(self, number):
        return formatLang(self.env, number, digits=1)

    def _format_sop_margin(self, row):
        percent, label = row['percent'], self.env._("Margin")
        if percent is None:
            return {'label': label, 'value': self.env._("not known: no cost"), 'tone': 'warning'}
        return {
            'label': label, 'tone': 'danger' if percent < row['floor'] else 'success',
            'value': self.env._(
                "%(percent)s %%, %(amount)s", percent=self._format_sop_number(percent),
                amount=self._format_sop_money(row['amount'])),
            'note': row['unknown'] and self.env._("Without cost: %s", ', '.join(row['unknown']))}

    def _format_sop_credit(self, row):
        total, limit = row['used'] + row['own'], row['limit']
        value = self._format_sop_money(total)
        return {
            'label': self.env._("Credit used with this"), 'tone': limit and total > limit and 'danger',
            'value': self.env._(
                "%(total)s of %(limit)s", total=value, limit=self._format_sop_money(limit)) if limit else value,
            'note': self.env._("Without this: %s", self._format_sop_money(row['used']))}

    def _format_sop_overdue(self, row):
        value = self.env._(
            "%(amount)s, %(days)s days", amount=self._format_sop_money(row['amount']), days=row['days'])
        return {
            'label': self.env._("Overdue of the customer"), 'tone': 'danger' if row['days'] else 'success',
            'value': value if row['days'] else self.env._("nothing")}

    def _format_sop_payment(self, row):
        return {
            'label': self.env._("Payment"), 'note': ', '.join(row['terms']),
            'value': self.env._(
                "%(advance)s %% in advance, up to %(days)s days credit",
                advance=self._format_sop_number(row['advance']), days=row['days'])}

    def _format_sop_stock(self, row):
        short = [line for line in row['lines'] if line['free'] < line['wanted']]
        return {
            'label': self.env._("Stock"), 'tone': 'warning' if short else 'success',
            'value': self.env._("%s lines are not in stock", len(short)) if short else self.env._("all in stock"),
            'lines': [self.env._(
                "%(product)s: %(wanted)s %(unit)s needed, %(free)s free, %(forecast)s expected",
                product=line['product'], unit=line['unit'], wanted=self._format_sop_number(line['wanted']),
                free=self._format_sop_number(line['free']), forecast=self._format_sop_number(line['forecast']))
                for line in row['lines']]}

    def _format_sop_deviations(self, row):
        return {
            'label': self.env._("Terms that are not the standard"), 'value': str(len(row['texts'])), 'tone': 'warning',
            'lines': row['texts']}

    def _format_sop_approvals(self, row):
        return {
            'label': self.env._("Approvals of prices and terms"), 'tone': 'danger' if row['texts'] else 'success',
            'value': self.env._("missing") if row['texts'] else self.env._("all given"), 'lines': row['texts']}

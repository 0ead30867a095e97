from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

# A sentence stays readable; the table below it has every day.
MAX_SPANS = 6


class SopDeadlineExplain(models.TransientModel):
    """Why a deadline is the day it is, or what it would be."""

    _name = 'sop.deadline.explain'
    _description = "SOP Deadline Explanation"
    _rec_name = 'company_id'

    company_id = fields.Many2one(
        'res.company', required=True, default=lambda self: self.env.company,
        domain="[('id', 'in', allowed_company_ids)]")
    start_date = fields.Date(
        string="Day of Entry", required=True, default=fields.Date.context_today,
        help="The day the stage is entered. It does not count.")
    day_limit = fields.Integer(string="Working Days", default=3)
    res_model = fields.Char()
    res_id = fields.Many2oneReference(model_field='res_model')
    deadline = fields.Date(compute='_compute_explanation')
    explanation = fields.Text(compute='_compute_explanation')
    day_table = fields.Html(string="Day by Day", compute='_compute_explanation', sanitize=False)

    @api.depends('company_id', 'start_date', 'day_limit', 'res_model', 'res_id')
    @api.depends_context('lang', 'uid')
    def _compute_explanation(self):
        for wizard in self:
            if not (wizard.company_id and wizard.start_date):
                wizard.deadline = wizard.explanation = wizard.day_table = False
                continue
            wizard.company_id.check_access('read')
            document = wizard._get_document()
            rows = wizard.company_id._sop_explain_workdays(wizard.start_date, wizard.day_limit)
            found = wizard.day_limit > 0 and rows[-1]['number'] == wizard.day_limit
            wizard.deadline = found and rows[-1]['date']
            wizard.explanation = wizard._get_explanation(document, rows)
            wizard.day_table = wizard.day_limit > 0 and wizard._get_day_table(rows)

    @api.model
    def _action_for_document(self, document):
        """The dialog that explains the deadline of one document."""
        document.ensure_one()
        document.check_access('read')
        company = document._get_sop_company()
        entry = document.sop_stage_date or fields.Datetime.now()
        wizard = self.create({
            'company_id': company.id,
            'start_date': company._get_sop_local_date(entry),
            # sudo: the limit is part of what the document shows to its readers.
            'day_limit': document.sudo().sop_stage_id.day_limit,
            'res_model': document._name,
            'res_id': document.id,
        })
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Why This Deadline"),
            'res_model': self._name,
            'res_id': wizard.id,
            'view_mode': 'form',
            'views': [(False, 'form')],
            'target': 'new',
        }

    def _get_document(self):
        """The document of the dialog, if there is one and the user may read it."""
        if not (self.res_model and self.res_id):
            return None
        if self.res_model not in self.company_id._get_sop_document_models():
            raise UserError(self.env._(
                "%(model)s records do not follow procedures, so they have no deadline to explain.",
                model=self.res_model))
        document = self.env[self.res_model].browse(self.res_id)
        document.check_access('read')
        return document

    def _get_explanation(self, document, rows):
        if not self.deadline:
            return self._get_no_deadline_text(document)
        start, deadline = format_date(self.env, self.start_date), format_date(self.env, self.deadline)
        sentences = [self._get_deadline_text(document, start, deadline)]
        if skipped := self._get_spans(row for row in rows[1:] if not row['working']):
            sentences.append(self.env._("Not counted: %(days)s.", days=skipped))
        if made_up := self._get_spans(row for row in rows[1:] if row['kind'] == 'workday'):
            sentences.append(self.env._("Counted although it may be a weekend: %(days)s.", days=made_up))
        if document and document.sop_deadline != self.deadline:
            sentences.append(self._get_pending_text(document))
        return ' '.join(sentences)

    def _get_deadline_text(self, document, start, deadline):
        limit = self.env._("1 working day") if self.day_limit == 1 else self.env._(
            "%(number)s working days", number=self.day_limit)
        if document:
            return self.env._(
                "The deadline of %(document)s is %(deadline)s because the stage %(stage)s was entered on %(start)s, "
                "its limit is %(limit)s and the day of entry does not count.",
                document=document.display_name, deadline=deadline, start=start, limit=limit,
                stage=document.sudo().sop_stage_id.display_name)
        return self.env._(
            "The deadline is %(deadline)s because the stage is entered on %(start)s, "
            "its limit is %(limit)s and the day of entry does not count.",
            deadline=deadline, start=start, limit=limit)

    def _get_pending_text(self, document):
        if not document.sop_deadline:
            return self.env._(
                "%(document)s does not show it yet: the working days were changed, "
                "and a scheduled job enters the deadline.", document=document.display_name)
        return self.env._(
            "%(document)s still shows %(date)s: the working days were changed, "
            "and a scheduled job corrects the deadline.",
            document=document.display_name, date=format_date(self.env, document.sop_deadline))

    def _get_no_deadline_text(self, document):
        if self.day_limit > 0:
            return self.env._(
                "There is no deadline: %(company)s has no %(number)s working days in the three years after %(start)s. "
                "Check the working hours of the company and its holidays.",
                company=self.company_id.name, number=self.day_limit, start=format_date(self.env, self.start_date))
        if document and (stage_sudo := document.sudo().sop_stage_id):
            return self.env._(
                "%(document)s has no deadline because the stage %(stage)s has no time limit.",
                document=document.display_name, stage=stage_sudo.display_name)
        if document:
            return self.env._(
                "%(document)s has no deadline because it follows no procedure.", document=document.display_name)
        return self.env._("There is no deadline without a limit. Enter a number of working days.")

    def _get_spans(self, rows):
        """Text of days, those in a row for the same reason written as one span."""
        spans = []
        for row in rows:
            label = self._get_kind_label(row)
            if spans and spans[-1][2] == label and (row['date'] - spans[-1][1]).days == 1:
                spans[-1][1] = row['date']
            else:
                spans.append([row['date'], row['date'], label])
        texts = [self._get_span_text(*span) for span in spans[:MAX_SPANS]]
        if len(spans) > MAX_SPANS:
            texts.append(self.env._("%(number)s more, see the table", number=len(spans) - MAX_SPANS))
        return '; '.join(texts)

    def _get_span_text(self, first, last, label):
        if first == last:
            return self.env._("%(day)s (%(reason)s)", day=format_date(self.env, first), reason=label)
        return self.env._(
            "%(first)s to %(last)s (%(reason)s)",
            first=format_date(self.env, first), last=format_date(self.env, last), reason=label)

    def _get_kind_label(self, row):
        return self.env._("weekly day off") if row['kind'] == 'closed' else row['reason']

    def _get_day_table(self, rows):
        lines = Markup().join(
            Markup('<tr class="%s"><td>%s</td><td>%s</td><td>%s</td></tr>') % (
                'fw-bold' if row['date'] == self.deadline else '' if row['number'] else 'text-muted',
                format_date(self.env, row['date']),
                self.env._("The day of entry does not count") if not index else row['reason'],
                row['number'] or self.env._("not counted"),
            )
            for index, row in enumerate(rows)
        )
        return Markup(
            '<table class="table table-sm mb-0"><thead><tr><th>%s</th><th>%s</th><th>%s</th></tr></thead>'
            '<tbody>%s</tbody></table>'
        ) % (self.env._("Day"), self.env._("Why"), self.env._("Working Day No."), lines)

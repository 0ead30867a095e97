from odoo import api, models

from ..engine import forget_caches


class SopGradeConfigMixin(models.AbstractModel):
    """A part of the settings by which leads are graded.

    What was read of them is cached for all requests; a change forgets it and
    has the leads graded anew by the scheduled job.
    """

    _name = 'sop.grade.config.mixin'
    _description = "Setting of the Grading"

    # fields that change no grade
    _sop_grade_texts = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        if any(self._is_sop_grade_setting(vals) for vals in vals_list):
            records._sop_forget_grading()
        return records

    def write(self, vals):
        if not self._is_sop_grade_setting(vals):
            self._sop_forget_grading(are_stale=False)
            return super().write(vals)
        # Before and after: the setting may move from one company to another.
        companies = self._get_sop_grading_companies()
        result = super().write(vals)
        self._sop_forget_grading()
        (companies - self._get_sop_grading_companies())._sop_request_regrade()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_forget_grading(self):
        self._sop_forget_grading()

    @api.model
    def _is_sop_grade_setting(self, vals):
        """Whether writing ``vals`` may change a grade."""
        return not self._sop_grade_texts.issuperset(vals)

    def _sop_forget_grading(self, are_stale=True):
        forget_caches(self.env)
        if self and are_stale:
            self._get_sop_grading_companies()._sop_request_regrade()

    def _get_sop_grading_companies(self):
        """The companies whose leads are graded by these settings."""
        # sudo: a shared setting counts in companies the manager does not work in.
        own = self.sudo().company_id
        if all(record.company_id for record in self.sudo()):
            return own
        return own.search([])

    @api.model
    def _get_first_by_company(self, records, company, key):
        """``{key: record}``: that of the company itself before the shared one."""
        own = records.filtered(lambda record: record.company_id == company)
        shared = records.filtered(lambda record: not record.company_id)
        return {record[key]: record for record in (*shared, *own)}

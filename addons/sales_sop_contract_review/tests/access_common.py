from datetime import timedelta

from odoo import Command

from odoo.addons.sales_sop.engine import as_engine

from .amendment_common import AmendmentCommon
from .clause_common import ClauseCommon


class AccessCommon(AmendmentCommon, ClauseCommon):
    """One record of each model of this add-on, about documents of the salesperson.

    ``fin`` was asked in the review and in the rest; ``qua`` was asked nothing.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls.user_sales_salesman.copy({'login': 'user_sop_colleague'})
        cls.colleague.group_ids = [Command.link(cls.env.ref('sales_team.group_sale_salesman').id)]
        cls.user_ca.group_ids += cls.env.ref('sales_sop_contract_review.group_sop_contract_admin')

    def _create_records(self):
        """``{name of the model: record}``"""
        records = {
            **self._create_configuration(), **self._create_review_records(), **self._create_contract_records(),
            **self._create_amendment_records(), **self._create_archive_records(),
        }
        self.env.flush_all()
        return records

    def _create_configuration(self):
        condition = self.env['sop.review.level.department'].search([], limit=1)
        return {
            'sop.review.department': self.departments['leg'],
            'sop.review.topic': self.env['sop.review.topic'].search([], limit=1),
            'sop.review.item': self.env['sop.review.item'].search([], limit=1),
            'sop.review.level': condition.level_id,
            'sop.review.level.department': condition,
            'sop.review.rule': self.env['sop.review.rule'].search([], limit=1),
            'sop.review.flag': self.env['sop.review.flag'].search([], limit=1),
            'sop.signing.authority': self.env['sop.signing.authority'].search([], limit=1),
            'sop.seal': self.env['sop.seal'].search([], limit=1),
            'sop.payment.plan.line': self.env['sop.payment.plan.line'].search([], limit=1),
            'sop.amendment.task.type': self.env['sop.amendment.task.type'].search([], limit=1),
            'sop.clause': self.clause_payment,
            'sop.clause.wording': self._create_wording(self.clause_payment, "Draft", state='draft', author_id=1),
            'sop.contract.template': self.template.copy(),
            'sop.contract.template.line': self.template.copy().line_ids[:1],
        }

    def _create_review_records(self):
        review = self._request(self._create_order())
        self._decide(review, 'fin', 'agree_cond', "Not at once", {'C07': {
            'result': 'cond', 'comment': "Late", 'condition': {
                'name': "Advance payment", 'owner_id': self.user_sales_salesman.id, 'due_point': 'before_sign'}}})
        review.with_user(self.reviewers['fin']).action_comment("Why?")
        own = review.sudo()
        return {
            'sop.review': review,
            'sop.review.opinion': own.opinion_ids.filtered(lambda opinion: opinion.department_id.code == 'sal'),
            'sop.review.answer': own.answer_ids[:1], 'sop.review.condition': own.condition_ids,
            'sop.review.comment': own.comment_ids, 'sop.review.event': own.event_ids[:1],
            'sop.absence': self.env['sop.absence'].create({
                'user_id': self.user_sales_salesman.id, 'substitute_id': self.reviewers['fin'].id,
                'date_start': '2020-01-01', 'date_end': '2020-01-02'}),
        }

    def _create_contract_records(self):
        contract = self._create_contract(self._create_order())
        clause = self._get_line(contract, self.clause_payment)
        clause.text_en = "<p>Whenever you like.</p>"
        clause.action_request_approval("The customer wants it")
        return {
            'sop.contract': contract, 'sop.contract.clause': clause, 'sop.contract.line': contract.line_ids[:1],
            'sop.contract.instalment': contract.instalment_ids[:1], 'sop.clause.approval': clause.approval_ids,
            'sop.contract.version': as_engine(self.env['sop.contract.version']).create(contract._prepare_sop_version()),
            'sop.contract.resolution': as_engine(self.env['sop.contract.resolution']).create({
                'contract_id': contract.id, 'key': 'x', 'label': "Price", 'values': ['1', '2', ''], 'text': "Agreed",
                'user_id': self.env.uid, 'date': '2026-01-01'}),
        }

    def _create_amendment_records(self):
        amendment = self._amend()
        return {
            'sop.amendment.line': amendment.amendment_line_ids[:1],
            'sop.amendment.order': amendment.amendment_order_ids[:1],
            'sop.amendment.task': as_engine(self.env['sop.amendment.task']).create({
                'contract_id': amendment.id, 'type_id': self.env['sop.amendment.task.type'].search([], limit=1).id}),
            'sop.change.notice': as_engine(self.env['sop.change.notice']).create({
                'contract_id': amendment.id, 'user_id': self.reviewers['fin'].id}),
        }

    def _create_archive_records(self):
        self.company.sop_confirm_on_effective = False
        contract = self._make_effective(self._create_contract(self._create_order()))
        kept, today = contract.with_user(self.user_ca), contract._get_sop_today()
        kept.write({'original_date': today, 'kept_count': 2, 'archive_location': "Room 204"})
        kept.action_sop_register()
        loan = kept.env['sop.archive.loan'].create({
            'contract_id': contract.id, 'borrower_id': self.reviewers['fin'].id, 'purpose': "Audit",
            'due_date': today})
        loan.action_return()
        termination = as_engine(self.env['sop.termination']).create({
            'contract_id': contract.id, 'reason': "x", 'requester_id': self.user_sales_manager.id,
            'decider_ids': [Command.set(self.reviewers['fin'].ids)]})
        as_engine(contract).write({'state': 'archived', 'retention_until': today - timedelta(days=1)})
        return {
            'sop.seal.request': contract.seal_request_ids, 'sop.seal.log': contract.sudo().seal_request_ids.log_ids,
            'sop.archive.item': contract.archive_item_ids[:1], 'sop.archive.loan': loan,
            'sop.archive.destruction': kept.env['sop.archive.destruction'].create({
                'contract_id': contract.id, 'reason': "Old"}),
            'sop.termination': termination,
        }

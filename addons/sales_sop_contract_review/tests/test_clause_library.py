from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.sales_sop.engine import as_engine

from ..placeholders import find_unknown
from ..text_diff import plain_text
from .clause_common import ClauseCommon


@tagged('post_install', '-at_install')
class TestClauseLibrary(ClauseCommon):

    def _write_draft(self, **values):
        return self.env(user=self.user_ca)['sop.clause.wording'].create({
            'clause_id': self.clause_force.id, 'name': "War too", 'text_en': "<p>War too.</p>",
            'text_zh': "<p>战争亦然。</p>", **values})

    def test_shipped_library(self):
        shipped = self.env['sop.clause'].search([]) - self.clause_payment - self.clause_force
        self.assertEqual(len(shipped), 17)
        for clause in shipped:
            wordings = clause.wording_ids.filtered(lambda wording: wording.state == 'active')
            self.assertTrue(wordings.filtered(lambda wording: wording.kind == 'standard' and not wording.condition))
            for wording in wordings:
                self.assertTrue(plain_text(wording.text_en) and plain_text(wording.text_zh))
                self.assertFalse(find_unknown(wording.text_en) or wording.is_translation_old)
        fallbacks = shipped.wording_ids.filtered(lambda wording: wording.kind == 'fallback').clause_id
        self.assertEqual(set(fallbacks.mapped('code')), {'payment', 'warranty', 'breach', 'disputes'})
        templates = self.env['sop.contract.template'].search([('state', '=', 'active')]) - self.template
        self.assertEqual(set(templates.mapped('type')), {'sale', 'service', 'framework', 'order'})

    def test_framework_has_its_own_wordings(self):
        contract = self.env['sop.contract'].create({
            'title': "Year", 'type': 'framework', 'partner_id': self.partner.id})
        price = contract.clause_ids.filtered(lambda line: line.clause_id.code == 'price')
        self.assertEqual(price.wording_id.condition, "[('type', '=', 'framework')]")

    def test_approved_by_another(self):
        wording = self._write_draft()
        wording.action_request()
        self.assertEqual((wording.state, wording.author_id), ('approval', self.user_ca))
        self.assertEqual(wording.activity_ids.user_id, self.reviewers['leg'])
        self.assertEqual(
            self.env(user=self.reviewers['leg'])['sop.clause.wording'].search([('can_decide', '=', True)]), wording)
        for user in (self.user_ca, self.reviewers['fin'], self.user_sales_manager):
            with self.subTest(user.login), self.assertRaises(AccessError):
                wording.with_user(user).action_approve()
        with self.assertRaises(AccessError):
            wording.with_user(self.user_portal).action_approve()
        wording.with_user(self.reviewers['leg']).action_approve()
        self.assertEqual((wording.state, wording.approved_by_id), ('active', self.reviewers['leg']))
        self.assertFalse(wording.activity_ids)

    def test_author_is_whoever_wrote_last(self):
        wording = self._write_draft()
        self.reviewers['leg'].group_ids += self.env.ref('sales_sop_contract_review.group_sop_contract_admin')
        wording.with_user(self.reviewers['leg']).text_en = "<p>War and peace.</p>"
        self.assertNotIn(self.reviewers['leg'], wording._get_sop_approvers())

    def test_refused(self):
        wording = self._write_draft()
        wording.action_request()
        for reason in (None, " ", 5):
            with self.assertRaises(UserError):
                wording.with_user(self.reviewers['leg']).action_refuse(reason)
        wording.with_user(self.reviewers['leg']).action_refuse("Too wide")
        self.assertEqual((wording.state, wording.refused_reason), ('draft', "Too wide"))
        wording.action_request()
        wording.action_recall()
        self.assertEqual(wording.state, 'draft')

    def test_what_was_approved_stays(self):
        for state in ('approval', 'active', 'archived'):
            wording = self._create_wording(
                self.clause_force, state, state=state, text_en="<p>a</p>", text_zh="<p>b</p>")
            for values in ({'text_en': "<p>x</p>"}, {'condition': "[]"}, {'clause_id': self.clause_payment.id}):
                for env in (self.env(user=self.user_ca), self.env):
                    with self.subTest(state=state, **values), self.assertRaises(UserError):
                        wording.with_env(env).write(values)
            with self.assertRaises(UserError):
                wording.with_user(self.user_ca).unlink()
        self._write_draft().unlink()

    def test_new_version(self):
        wording = self.payment_standard.with_user(self.user_ca)
        line = self.template.line_ids[0]
        as_engine(line).wording_id = wording
        new = wording.browse(wording.action_new_version()['res_id'])
        self.assertEqual(new, wording.browse(wording.action_new_version()['res_id']), "One draft at a time.")
        self.assertEqual((new.version, new.first_id, new.state), (2, wording, 'draft'))
        new.write({'text_en': "<p>{partner} pays at once.</p>", 'text_zh': "<p>{partner}立即付款。</p>"})
        self.assertIn('<ins', new.diff_en)
        new.action_request()
        self.assertEqual(wording.state, 'active', "The old one holds until the new one is approved.")
        new.with_user(self.reviewers['fin']).action_approve()
        self.assertEqual((wording.state, new.state), ('archived', 'active'))
        self.assertEqual(line.wording_id, new, "Templates follow.")
        self.assertEqual(new.version_ids, new | wording)
        self.assertEqual((new.template_count, wording.template_count), (1, 0))

    def test_translation_older_than_source(self):
        wording = self._write_draft()
        self.assertFalse(wording.is_translation_old)
        wording.text_zh = "<p>战争与瘟疫亦然。</p>"
        self.assertTrue(wording.is_translation_old)
        with self.assertRaises(UserError) as caught:
            wording.action_request()
        self.assertIn("translated", str(caught.exception))
        wording.text_en = "<p>War and plague too.</p>"
        self.assertFalse(wording.is_translation_old)
        wording.text_zh = "<p>战争、瘟疫亦然。</p>"
        wording.action_translation_ok()
        self.assertFalse(wording.is_translation_old)
        with self.assertRaises(UserError):
            self._write_draft(text_en=False).action_request()

    def test_what_is_refused_on_save(self):
        for values in (
                {'text_en': "<p>{salary}</p>"}, {'text_zh': "<p>{}</p>"}, {'condition': "[('nothing', '=', 1)]"},
                {'condition': "import os"}, {'condition': "5"}, {'kind': 'fallback'},
                {'kind': 'fallback', 'instructions': "  "}):
            with self.subTest(values), self.assertRaises(ValidationError):
                self._write_draft(**values)

    def test_who_writes_the_library(self):
        for user in (self.user_sales_salesman, self.reviewers['leg'], self.user_auditor):
            self.assertTrue(self.payment_standard.with_user(user).read(['text_en']))
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.env(user=user)['sop.clause.wording'].create({'clause_id': self.clause_force.id, 'name': "x"})
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.clause_force.with_user(user).write({'approver_code': 'sm'})
        with self.assertRaises(AccessError):
            self.payment_standard.with_user(self.user_portal).read(['text_en'])

    def test_state_is_not_written(self):
        wording = self._write_draft()
        for values in ({'state': 'active'}, {'approved_by_id': self.user_ca.id}, {'author_id': self.user_employee.id},
                       {'translated_hash': 'x'}, {'is_translation_old': False}):
            with self.subTest(values), self.assertRaises(AccessError):
                wording.write(values)
        with self.assertRaises(AccessError):
            self._write_draft(state='active')

    def test_template_in_use_stays(self):
        template = self.template.with_user(self.user_ca)
        for write in (
                lambda: template.write({'type': 'service'}),
                lambda: template.write({'line_ids': [Command.clear()]}),
                lambda: template.line_ids[0].write({'is_required': False}),
                lambda: template.line_ids[0].unlink(), template.unlink, template.action_activate):
            with self.assertRaises(UserError):
                write()
        new = template.browse(template.action_new_version()['res_id'])
        self.assertEqual((new.version, len(new.line_ids)), (2, 2))
        new.line_ids[1].unlink()
        new.action_activate()
        self.assertEqual((template.state, new.state), ('archived', 'active'))
        with self.assertRaises(AccessError):
            template.with_user(self.user_sales_salesman).action_new_version()

    def test_template_without_wording(self):
        clause = self._create_clause('t_new', "Brand new", 'leg', 'legal')
        template = self.env['sop.contract.template'].create({'name': "New", 'line_ids': [
            Command.create({'clause_id': clause.id})]})
        with self.assertRaises(UserError) as caught:
            template.action_activate()
        self.assertIn("Brand new", str(caught.exception))
        with self.assertRaises(ValidationError):
            template.line_ids.wording_id = self.payment_standard

    def test_template_of_the_company_comes_first(self):
        own = self.env['sop.contract.template'].create({
            'name': "Ours", 'type': 'sale', 'sequence': 99, 'company_id': self.company.id,
            'line_ids': [Command.create({'clause_id': self.clause_payment.id})]})
        own.action_activate()
        self.assertEqual(self._draft().template_id, own)

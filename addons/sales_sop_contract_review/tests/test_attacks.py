import base64

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged

from .access_common import AccessCommon
from .common import ContractReviewCommon


@tagged('post_install', '-at_install')
class TestAttacksOnReviews(ContractReviewCommon):
    """What a participant tries on reviews that are none of his business, or too much of it."""

    def _create_condition(self, review=None, owner=None):
        review = review or self._request(self._create_order())
        self._decide(review, 'fin', 'agree_cond', "Not at once", {'C07': {
            'result': 'cond', 'comment': "Late", 'condition': {
                'name': "Advance payment", 'owner_id': (owner or self.reviewers['ca']).id,
                'due_point': 'before_sign'}}})
        return review.sudo().condition_ids.sudo(False)

    def _stand_in(self, user, substitute):
        self.env['sop.absence'].create({
            'user_id': user.id, 'substitute_id': substitute.id, 'date_start': '2020-01-01', 'date_end': '2099-01-01'})

    def test_the_seller_stands_in_for_who_waives(self):
        """Standing in for the final approver does not let him waive what was asked of his own deal."""
        condition = self._create_condition()
        self._stand_in(self.reviewers['director'], self.user_sales_salesman)
        self.assertFalse(condition.with_user(self.user_sales_salesman).can_waive)
        with self.assertRaises(AccessError):
            condition.with_user(self.user_sales_salesman).action_waive("No need")
        condition.with_user(self.reviewers['director']).action_waive("No need")

    def test_the_seller_stands_in_for_who_verifies(self):
        condition = self._create_condition()
        self._stand_in(self.reviewers['fin'], self.user_sales_salesman)
        condition.with_user(self.reviewers['ca']).action_done("Paid")
        self.assertFalse(condition.with_user(self.user_sales_salesman).can_verify)
        for act in ('action_verify', 'action_reopen'):
            with self.subTest(act=act), self.assertRaises(AccessError):
                getattr(condition.with_user(self.user_sales_salesman), act)(*(["x"] if 'reopen' in act else []))
        self.assertNotIn(condition, self.env['sop.review.condition'].with_user(self.user_sales_salesman).search(
            [('can_verify', '=', True)]))
        condition.with_user(self.reviewers['fin']).action_verify()

    def test_the_owner_stands_in_for_who_verifies(self):
        condition = self._create_condition()
        self._stand_in(self.reviewers['fin'], self.reviewers['ca'])
        owner = condition.with_user(self.reviewers['ca'])
        owner.action_done("Paid")
        for call in (owner.action_verify, lambda: owner.action_reopen("x"), lambda: owner.action_waive("x")):
            with self.assertRaises(AccessError):
                call()

    def test_minutes_of_a_foreign_review(self):
        """The dialog looks up minutes for those who read the review, and for nobody else."""
        review = self._request(self._create_order(), self._create_level('meeting', 'gm'))
        review.with_user(self.reviewers['fin']).action_record_minutes("We sell below cost", self.reviewers['fin'].ids)
        dialog = self.env['sop.review.act'].with_user(self.reviewers['qua'])
        values = {'kind': 'minutes', 'review_id': review.id}
        with self.assertRaises(AccessError):
            dialog.onchange(values, ['kind'], {'minutes': {}, 'attendee_ids': {}})
        found = self.env['sop.review.act'].with_user(self.reviewers['fin']).onchange(
            values, ['kind'], {'minutes': {}})
        self.assertEqual(found['value']['minutes'], "We sell below cost")

    def test_forged_contexts(self):
        """No key of a context opens what the server keeps to itself."""
        order = self._create_order()
        review = self._request(order)
        forged = {
            'sop_engine': True, 'engine': True, 'default_state': 'approved', 'default_sop_review_id': review.id,
            'default_opinion': 'agree', 'active_test': False, 'bin_size': True, 'lang': 'zh_CN', 'install_mode': True,
            'sop_review_refusals': {}, 'default_author_ids': [], 'tracking_disable': True}
        for user in (self.user_sales_salesman, self.user_sales_manager, self.env.ref('base.user_admin')):
            env = self.env(user=user, context=forged)
            for model, record in (
                ('sop.review', review), ('sop.review.opinion', review.sudo().opinion_ids[:1]),
                ('sop.review.event', review.sudo().event_ids[:1]),
            ):
                for call in (
                    lambda env=env, record=record: record.with_env(env).write({'create_date': '2020-01-01'}),
                    lambda env=env, record=record: record.with_env(env).unlink(),
                    lambda env=env, record=record: record.with_env(env).copy(),
                    lambda env=env, model=model: env[model].create({'name': "x"}),
                ):
                    with self.subTest(user=user.login, model=model), self.assertRaises(UserError):
                        call()
            with self.subTest(user=user.login), self.assertRaises(UserError), self.cr.savepoint():
                order.with_env(env).action_confirm()
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                order.with_env(env).write({'sop_review_id': review.id})

    def test_import_of_reviews(self):
        for user in (self.user_sales_manager, self.env.ref('base.user_admin')):
            for model, fields, row in (
                ('sop.review', ['name', 'state'], ["PS-X", 'approved']),
                ('sop.review.answer', ['code', 'result'], ["C01", 'pass']),
                ('sop.review.condition', ['name', 'state'], ["x", 'verified']),
            ):
                with self.subTest(user=user.login, model=model):
                    try:
                        result = self.env[model].with_user(user).load(fields, [row])
                    except AccessError:
                        continue
                    self.assertFalse(result['ids'])

    def test_a_copy_has_no_review(self):
        order = self._create_order()
        self._give_review(order)
        copy = order.copy()
        self.assertFalse(copy.sudo().sop_review_id)
        with self.assertRaises(UserError):
            copy.action_confirm()

    def test_figures_are_for_those_who_see_them(self):
        review = self._request(self._create_order())
        opinion = self._opinion(review, 'fin')
        opinion.sudo()._sop_keep_figures()
        for user in (self.reviewers['sm'], self.reviewers['fin'], self.reviewers['ca']):
            own = opinion.with_user(user)
            for call in (
                lambda own=own: own.read(['figures']),
                lambda own=own: own.search([('figures', '!=', False)]),
                lambda own=own: own.search([], order='figures'),
                lambda own=own: own.formatted_read_group([], ['figures'], ['__count']),
                lambda own=own: own.web_read({'figures': {}}),
                lambda own=own: own.review_id.web_read({'opinion_ids': {'fields': {'figures': {}}}}),
                lambda own=own: own.review_id.search([('opinion_ids.figures', '!=', False)]),
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    call()
        rows = opinion.with_user(self.reviewers['sm'])._get_sop_shown_figures()['rows']
        self.assertNotIn('margin', [row['key'] for row in rows])

    def test_evidence_of_a_review(self):
        """Files of a condition that is done, and of an opinion, stay what they are."""
        condition = self._create_condition()
        owner = self.reviewers['ca']
        file = self.env['ir.attachment'].with_user(owner).create({'name': "slip.pdf", 'raw': b'%PDF-1.4 slip'})
        condition.with_user(owner).action_done("Paid", file.ids)
        kept = condition.sudo().evidence_ids
        self.assertNotEqual(kept, file)
        for user in (owner, self.reviewers['fin'], self.user_sales_salesman, self.user_sales_manager):
            self.env.invalidate_all()
            for call in (
                lambda user=user: kept.with_user(user).write({'raw': b'%PDF-1.4 other'}),
                lambda user=user: kept.with_user(user).unlink(),
                lambda user=user: kept.with_user(user).write({'res_id': 0, 'res_model': False}),
            ):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    call()
        for user in (self.user_employee, self.user_portal, self.reviewers['qua']):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                kept.with_user(user).read(['datas'])
        review = self._request(self._create_order())
        opinion = self._opinion(review, 'sal')
        opinion.action_attach('C01', self.env['ir.attachment'].with_env(opinion.env).create({
            'name': "mail.pdf", 'raw': b'%PDF-1.4 mail'}).ids)
        self._assert_kept(kept)
        self._assert_kept(opinion.sudo()._get_sop_evidence_files())

    def _assert_kept(self, files):
        """By the administrator and by code in sudo neither."""
        self.assertTrue(files)
        for env in (self.env(user=self.env.ref('base.user_admin')), self.env):
            for call in (
                lambda own: own.write({'raw': b'%PDF-1.4 other'}), lambda own: own.unlink(),
                lambda own: own.write({'res_id': 0}),
            ):
                with self.subTest(uid=env.uid), self.assertRaises(AccessError), self.cr.savepoint():
                    call(files.with_env(env))

    def test_talk_beside_a_condition_is_no_evidence(self):
        condition = self._create_condition()
        message = condition.with_user(self.reviewers['ca']).message_post(
            body="See this", attachments=[('x.pdf', b'x')])
        self.assertEqual(message.attachment_ids.res_id, condition.id)


@tagged('post_install', '-at_install')
class TestAttacksOnContracts(AccessCommon):
    """What salespersons, their colleagues and customers try on contracts."""

    def setUp(self):
        super().setUp()
        self.own = self._create_contract(self._create_order())

    def _create_foreign_file(self):
        return self.env['ir.attachment'].create({
            'name': "salaries.pdf", 'raw': b'%PDF-1.4 salaries', 'res_model': 'res.company',
            'res_id': self.env.company.id})

    def test_foreign_files_do_not_become_ours(self):
        """A file the user may not read is not shown to him, or to others, by way of a contract."""
        file = self._create_foreign_file()
        secret = self.env['ir.attachment'].create({
            'name': "mine.pdf", 'raw': b'%PDF-1.4 mine', 'res_model': False})
        own = self.own.with_user(self.user_sales_salesman)
        for name in ('customer_document_ids', 'scan_ids', 'customer_proof_ids', 'agreement_ids'):
            for attachment in (file, secret):
                with self.subTest(name=name), self.assertRaises(UserError), self.cr.savepoint():
                    own.write({name: [Command.link(attachment.id)]})
                with self.subTest(name=name, create=True), self.assertRaises(UserError), self.cr.savepoint():
                    own.copy({name: [Command.set(attachment.ids)]})

    def test_agreement_of_an_amendment_is_evidence(self):
        amendment = self._amend()
        self._change(amendment, quantity=8)
        self._carry_out(amendment)
        self._assert_file_kept(amendment.agreement_ids)

    def _assert_file_kept(self, files):
        for user in (self.user_sales_salesman, self.user_sales_manager, self.user_ca):
            for call in (
                lambda user=user: files.with_user(user).write({'raw': b'%PDF-1.4 other'}),
                lambda user=user: files.with_user(user).write({'datas': base64.b64encode(b'x')}),
                lambda user=user: files.with_user(user).write({'res_model': False, 'res_id': False}),
                lambda user=user: files.with_user(user).unlink(),
                lambda user=user: files.sudo().unlink(),
            ):
                with self.subTest(user=user.login), self.assertRaises(UserError), self.cr.savepoint():
                    call()

    def test_scan_is_evidence(self):
        self._make_effective(self.own)
        self._assert_file_kept(self.own.scan_ids)

    def test_scan_is_not_exchanged_after_the_first_look(self):
        """What the second person looks at is what the first one compared."""
        self.company.sop_second_look = True
        self._make_effective(self.own)
        self.assertEqual(self.own.state, 'signing')
        self._assert_file_kept(self.own.scan_ids)
        self.own.scan_ids = [Command.clear()]
        self.assertFalse(self.own.copy_checked_by_id, "Another scan is compared anew")

    def test_framework_of_a_colleague(self):
        """His prices are not shown to whoever links an order of his own."""
        framework = self._create_contract(
            self._create_order(), type='framework', date_start='2020-01-01', date_end='2099-01-01')
        framework.order_ids.sop_contract_id = False
        self._give_review(framework)
        self._put_in_force(framework)
        order = self._create_order(env=self.env(user=self.colleague))
        with self.assertRaises(AccessError):
            order.sop_contract_id = framework
        with self.assertRaises(AccessError):
            self._create_order(env=self.env(user=self.colleague), sop_contract_id=framework.id)
        mine = self._create_order()
        mine.sop_contract_id = framework
        self.assertEqual(mine.sop_contract_id, framework)

    def test_who_approves_deviations_is_not_up_to_the_library(self):
        clause = self.clause_payment.with_user(self.user_ca)
        for user in (self.user_ca, self.user_sales_manager):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                clause.with_user(user).approver_code = 'sm'
        clause.name = "Paying in time"

    def test_forged_contracts(self):
        """Neither values, nor defaults, nor an import make a contract that was never reviewed."""
        order = self._create_order()
        forged = {
            'state': 'effective', 'effective_date': '2026-01-01', 'sop_review_id': 1, 'version': 7,
            'parent_id': self.contract.id, 'match_state': 'matched', 'our_signed_date': '2026-01-01',
            'archive_number': 'DA-X', 'drafter_id': self.reviewers['leg'].id, 'authority_text': "x",
            'copy_checked_by_id': self.reviewers['ca'].id, 'access_token': 'x'}
        values = {'title': "x", 'partner_id': self.partner.id}
        for user in (self.user_sales_salesman, self.user_ca, self.user_sales_manager):
            model = self.env['sop.contract'].with_user(user)
            for name, value in forged.items():
                with self.subTest(user=user.login, name=name):
                    with self.assertRaises(AccessError):
                        model.create({**values, name: value})
                    with self.assertRaises(AccessError):
                        self.own.with_user(user).write({name: value})
                    made = model.with_context(**{f'default_{name}': value, 'sop_engine': True}).create(values)
                    self.assertNotEqual(made.state, 'effective')
                    self.assertFalse(made.effective_date or made.parent_id or made.archive_number)
                    self.assertEqual((made.version, made.drafter_id), (1, user))
            result = model.load(['title', 'partner_id/.id', 'state'], [["x", str(self.partner.id), 'effective']])
            self.assertFalse(result['ids'])
        self.assertTrue(order)

    def test_parts_of_an_approved_contract(self):
        self._make_approved(self.own)
        own = self.own.with_user(self.user_sales_salesman)
        line, clause, instalment = own.line_ids[0], own.clause_ids[0], own.instalment_ids[0]
        order = own.order_ids
        other = self._create_order()
        for vals in (
            {'line_ids': [Command.update(line.id, {'price_unit': 1})]},
            {'line_ids': [Command.delete(line.id)]}, {'line_ids': [Command.unlink(line.id)]},
            {'line_ids': [Command.clear()]}, {'line_ids': [Command.create({'name': "x"})]},
            {'clause_ids': [Command.update(clause.id, {'text_en': "x"})]},
            {'clause_ids': [Command.delete(clause.id)]},
            {'instalment_ids': [Command.update(instalment.id, {'percent': 1})]},
            {'instalment_ids': [Command.clear()]},
            {'order_ids': [Command.unlink(order.id)]}, {'order_ids': [Command.link(other.id)]},
            {'order_ids': [Command.clear()]}, {'order_ids': [Command.update(order.id, {'sop_contract_id': False})]},
            {'partner_id': self.contact_company_1.id}, {'company_id': self.env['res.company'].create({'name': "B"}).id},
            {'currency_id': self.env.ref('base.EUR').id}, {'type': 'framework'}, {'delivery': "at once"},
            {'customer_document_ids': [Command.create({'name': 'x'})]},
        ):
            for env in (own.env, own.sudo().env, self.env):
                with self.subTest(vals=vals, su=env.su), self.assertRaises(UserError), self.cr.savepoint():
                    own.with_env(env).write(vals)
                    self.env.flush_all()
                with self.subTest(vals=vals, su=env.su, web=True), self.assertRaises(UserError), self.cr.savepoint():
                    own.with_env(env).web_save(vals, {})
        for call in (order.unlink, line.unlink, own.unlink, lambda: order.write({'sop_contract_id': False}),
                     lambda: line.write({'contract_id': self.contract.id}),
                     lambda: own.write({'active': False}) if 'active' in own._fields else own.unlink()):
            with self.assertRaises(UserError), self.cr.savepoint():
                call()

    def test_a_copy_of_a_contract_is_a_draft(self):
        self._make_effective(self.own)
        copy = self.own.copy()
        self.assertEqual((copy.state, copy.version, copy.drafter_id), ('draft', 1, self.user_sales_salesman))
        for name in ('sop_review_id', 'effective_date', 'authority_id', 'signatory_id', 'scan_ids', 'order_ids',
                     'seal_request_ids', 'copy_checked_by_id', 'signing_date', 'access_token', 'version_ids',
                     'archive_number', 'our_sign_date', 'resolution_ids'):
            self.assertFalse(copy.sudo()[name], name)
        self.assertFalse(self.own.order_ids.copy().sop_contract_id)

    def test_merging_customers_does_not_open_a_review(self):
        """The customer of a reviewed contract is exchanged by SQL: it is noticed before anybody signs."""
        self._make_approved(self.own)
        other = self.partner.copy({'name': "Somebody else"})
        self.own.partner_id.flush_recordset()
        self.env['base.partner.merge.automatic.wizard']._merge((self.partner | other).ids, other)
        self.env.invalidate_all()
        self.assertEqual(self.own.partner_id, other)
        with self.assertRaises(UserError):
            self.own.with_user(self.user_sales_salesman).action_sop_start_signing()

    def test_a_contract_changes_hands(self):
        """Who drafted it does not decide on it, whoever sells it by then."""
        self.own.user_id = self.colleague
        self.reviewers['sm'].group_ids += self.env.ref('sales_team.group_sale_salesman')
        with self._route(self._create_level(), ('sal', 'fin')):
            self.own.with_user(self.colleague).action_sop_request_review()
        review = self.own.sudo().sop_review_id
        self.assertLessEqual(self.user_sales_salesman | self.colleague, review.author_ids)

    def test_nobody_reads_contracts_of_others(self):
        self._make_signing(self.own)
        for user in (self.colleague, self.user_employee, self.user_portal):
            self.env.invalidate_all()
            own = self.own.with_user(user)
            for call in (
                lambda own=own: own.read(['title']), lambda own=own: own.export_data(['title']),
                lambda own=own: own.web_read({'line_ids': {'fields': {'price_unit': {}}}}),
                lambda own=own: own.copy(), lambda own=own: own.message_post(body="x"),
                lambda own=own: own.activity_schedule('mail.mail_activity_data_todo'),
                lambda own=own: own.line_ids.read(['price_unit']),
            ):
                with self.subTest(user=user.login), self.assertRaises(UserError):
                    call()
        for model in ('sop.contract', 'sop.contract.line', 'sop.contract.version', 'sop.seal.request'):
            colleagues = self.env[model].with_user(self.colleague)
            with self.subTest(model=model):
                link = 'id' if model == 'sop.contract' else 'contract_id'
                self.assertFalse(colleagues.search([(link, '=', self.own.id)]))
                self.assertFalse(colleagues.name_search(self.own.name))
        self.assertFalse(self.env['sale.order'].with_user(self.colleague).search(
            [('sop_contract_id.title', 'ilike', 'pumps')]))

    def test_prints_are_for_those_who_read(self):
        """Odoo prints what it is asked for: each report looks itself who asks."""
        self._make_effective(self.own)
        records = {
            'sop.contract': self.own, 'sop.review': self._request(self._create_order()),
            'sop.seal.log': self.own.sudo().seal_request_ids.log_ids}
        amendment = self._amend()
        self._change(amendment, quantity=8)
        reports = self.env['ir.actions.report'].search([('report_name', '=like', 'sales_sop_contract_review.%')])
        self.assertGreater(len(reports), 2)
        for report in reports:
            record = amendment if 'amendment' in report.report_name else records[report.model]
            self.assertTrue(report.with_user(self.user_sales_salesman)._render_qweb_html(
                report.report_name, record.ids)[0])
            for user in (self.colleague, self.user_employee, self.user_portal, self.user_public,
                         self.reviewers['qua']):
                self.env.invalidate_all()
                with self.subTest(report=report.report_name, user=user.login), self.assertRaises(AccessError):
                    report.with_user(user)._render_qweb_html(report.report_name, record.ids)

    def test_a_dialog_of_somebody_else(self):
        dialog = self.env['sop.contract.difference.dialog'].with_user(self.colleague)
        with self.assertRaises(AccessError):
            dialog.create({
                'contract_id': self.own.id, 'line_ids': [Command.create({'key': 'x', 'text': "x"})]}).action_resolve()

    def test_customers_read_no_internal_fields(self):
        """What we add to documents that customers may read is for us."""
        for model in ('sale.order', 'res.partner', 'product.product', 'account.move'):
            for name, field in self.env[model]._fields.items():
                if name.startswith('sop_') and 'sales_sop_contract_review' in field._modules:
                    with self.subTest(model=model, name=name):
                        self.assertFalse(
                            self.env[model].with_user(self.user_portal)._has_field_access(field, 'read'))


@tagged('post_install', '-at_install')
class TestAttacksOverHttp(HttpCase, AccessCommon):
    """What a customer with a link, or with a login, gets by URL."""

    def setUp(self):
        super().setUp()
        self.own = self._make_signing(self._create_contract(self._create_order()))
        self.portal = new_test_user(
            self.env, 'portal_of_huaxin', groups='base.group_portal', password='portal_of_huaxin',
            partner_id=self.env['res.partner'].create({
                'name': "Li", 'email': 'l@x.example', 'parent_id': self.partner.id}).id)
        self.own.sudo().message_post(body="We would also take 500", subtype_xmlid='mail.mt_comment')
        self.token = self.own._portal_ensure_token()

    def test_thread_of_a_contract(self):
        """The link of a customer opens the text, and nothing that was said about it."""
        thread = {'thread_model': 'sop.contract', 'thread_id': self.own.id}
        for login in (None, 'portal_of_huaxin'):
            self.authenticate(login, login)
            for url, params in (
                ('/mail/thread/messages', {}), ('/mail/chatter_fetch', {'token': self.token, 'portal': True}),
                ('/portal/chatter_init', {'token': self.token}),
                ('/mail/message/post', {
                    'token': self.token, 'post_data': {'body': "Spam", 'message_type': 'comment'}}),
            ):
                with self.subTest(url=url, login=login):
                    try:
                        answer = str(self.make_jsonrpc_request(url, {**thread, **params}))
                    except JsonRpcException as error:
                        answer = str(error)
                    self.assertNotIn("We would also take", answer)
        self.assertFalse(self.own.sudo().message_ids.filtered(lambda message: "Spam" in message.body))

    def test_files(self):
        self._seal(self.own)
        self._enter_signatures(self.own)
        scan = self.own.scan_ids
        for login in (None, 'portal_of_huaxin'):
            self.authenticate(login, login)
            for url in (
                f'/web/content/{scan.id}', f'/web/content/sop.contract/{self.own.id}/message_main_attachment_id',
                f'/web/content?model=sop.contract&id={self.own.id}&field=scan_ids',
                f'/web/content/{scan.id}?access_token={self.token}', f'/web/image/{scan.id}',
                f'/report/pdf/sales_sop_contract_review.sop_contract_report/{self.own.id}',
                f'/report/html/sales_sop_contract_review.sop_contract_report/{self.own.id}',
            ):
                with self.subTest(url=url, login=login):
                    response = self.url_open(url, allow_redirects=False)
                    self.assertNotIn(b'signed', response.content)
                    if 'web/image' not in url:
                        self.assertNotEqual(response.status_code, 200)

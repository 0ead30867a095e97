from contextlib import suppress

from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SalesSopCommon


@tagged('post_install', '-at_install')
class TestProcessFoundation(SalesSopCommon):
    """What a published process stands on is not pulled away from under it: it would ask less, or ask others."""

    def _create_field(self, name, kind='char', **values):
        return self.env['ir.model.fields'].create({
            'name': name, 'model_id': self.env['ir.model']._get('crm.lead').id, 'ttype': kind,
            'field_description': name, 'state': 'manual', **values})

    def _publish_item(self, code, **values):
        """A published process whose first stage asks for one item."""
        stages = self._prepare_stages()
        stages[0]['requirement_ids'] = [self._item('D1', "The item", **values)]
        process = self._create_process(code, self.sales_team_1, stage_ids=[Command.create(stage) for stage in stages])
        self.process.action_unpublish()
        process.action_publish()
        self.process, self.items = process, {item.code: item for item in process.stage_ids.requirement_ids}
        return self.items['D1']

    def assertStillHeld(self, item):
        """Either the act was refused, or the item holds leads as before."""
        self.env.invalidate_all()
        self.assertTrue(item.exists())
        lead = self._create_lead(name="Still held")
        with self.assertRaises(UserError):
            lead.stage_id = self.stage_gen_1

    def test_archived_team(self):
        """Without its team the process is for nobody, not for all teams."""
        other = self.env['crm.team'].create({'name': "Never asked"})
        self.sales_team_1.action_archive()
        lead = self._create_lead(team_id=other.id, stage_id=self.stage_gen_1.id)
        self.assertFalse(lead.sop_process_id)
        self.assertFalse(self._create_lead(team_id=False, stage_id=self.stage_gen_1.id).sop_process_id)

    def test_deleted_team(self):
        other, doomed = self.env['crm.team'].create([{'name': "Never asked"}, {'name': "Doomed"}])
        process = self._create_process('doomed', doomed)
        for stage, crm_stage in zip(process.stage_ids, self.env['crm.stage'].create([
            {'name': f"For all {number}", 'sequence': 2 + number} for number in range(3)]), strict=True):
            stage.crm_stage_ids = crm_stage
        process.action_publish()
        with suppress(UserError, IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            doomed.unlink()
        self.env.invalidate_all()
        lead = self._create_lead(team_id=other.id, stage_id=process.stage_ids[0].crm_stage_ids.id)
        self.assertFalse(lead.sop_process_id)

    def test_deleted_group(self):
        """An item of the lawyers does not become everybody's because the group is gone."""
        group = self.env['res.groups'].create({
            'name': "Lawyers", 'user_ids': [Command.set(self.user_sales_manager.ids)]})
        item = self._publish_item('group', group_id=group.id, verify=True, verify_group_id=group.copy({
            'name': "Verifiers", 'user_ids': [Command.set(self.user_sales_leads.ids)]}).id)
        for doomed in (item.group_id, item.verify_group_id):
            with suppress(UserError, IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
                doomed.unlink()
        self.env.invalidate_all()
        self.assertEqual((item.group_id.name, item.verify_group_id.name), ("Lawyers", "Verifiers"))

    def test_deleted_field_that_is_asked_for(self):
        field = self._create_field('x_sop_asked')
        item = self._publish_item('fields', kind='fields', field_ids=[Command.set(field.ids)])
        try:
            with self.cr.savepoint():
                field.unlink()
        except UserError as error:
            self.assertIn("The item", str(error))
            return
        self.assertStillHeld(item)

    def test_deleted_field_of_a_condition(self):
        field = self._create_field('x_sop_condition')
        item = self._publish_item('condition', kind='condition', condition="[('x_sop_condition', '!=', False)]")
        try:
            with self.cr.savepoint():
                field.unlink()
        except UserError as error:
            self.assertIn("The item", str(error))
            return
        self.assertStillHeld(item)

    def test_deleted_field_of_records(self):
        field = self._create_field('x_sop_partner_ids', 'many2many', relation='res.partner')
        item = self._publish_item('record', kind='record', record_field_id=field.id)
        try:
            with self.cr.savepoint():
                field.unlink()
        except UserError as error:
            self.assertIn("The item", str(error))
            return
        self.assertStillHeld(item)

    def test_custom_field_that_leads_to_the_position(self):
        """A related field of an administrator writes through to what it leads to, and meets the same guard."""
        self._create_field(
            'x_sop_entry', 'many2one', relation='sop.stage', related='sop_entry_stage_id', readonly=False, store=False)
        self._create_field('x_outcome', 'selection', related='sop_outcome', readonly=False, store=False)
        for user in (self.user_sales_salesman, self.user_admin):
            lead = self.lead.with_user(user)
            for values in ({'x_sop_entry': self.stage_offer.id}, {'x_outcome': 'won'}):
                with self.subTest(user=user.login, values=values):
                    with suppress(AccessError), self.cr.savepoint():
                        lead.write(values)
                        self.env.flush_all()
                    self.env.invalidate_all()
                    self.assertEqual((lead.sop_entry_stage_id.id, lead.sop_outcome), (False, 'open'))

    def test_custom_field_that_leads_to_the_stage(self):
        self._create_field('x_stage', 'many2one', relation='crm.stage', related='stage_id', readonly=False, store=False)
        lead = self.lead.with_user(self.user_sales_salesman)
        with self.assertRefused(lead, 'D1'):
            lead.x_stage = self.stage_gen_1

    def test_deleted_user(self):
        """Who has left evidence stays on record."""
        self._do(self.lead, 'D1')
        self.lead.user_id = False
        with self.assertRaises(IntegrityError), mute_logger('odoo.sql_db'), self.cr.savepoint():
            self.user_sales_salesman.unlink()
        self.assertEqual(self._get_check(self.lead, 'D1').done_by_id, self.user_sales_salesman)

    def test_archived_user(self):
        self._do(self.lead, 'D1')
        self.user_sales_salesman.action_archive()
        self.lead.stage_id = self.stage_gen_1
        entry = self.lead.get_sop_checklist()['stages'][0]['requirements'][0]
        self.assertEqual(entry['check']['by'], "Orteil Sales Own")

    def test_process_with_evidence_is_not_deleted(self):
        self._do(self.lead, 'D1')
        for action in (lambda: None, self.process.action_unpublish):
            action()
            for record in (self.process, self.stage_discover, self.items['D1']):
                with self.subTest(state=self.process.state, model=record._name):
                    with self.assertRaises(UserError), self.cr.savepoint():
                        record.with_user(self.user_sales_manager).unlink()

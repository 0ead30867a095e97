from datetime import datetime

from odoo import Command

from ..engine import as_engine
from .common import SalesSopCommon

# A Monday
NOW = datetime(2026, 11, 23, 2, 0)


class OfferCommon(SalesSopCommon):
    """A lead with people of the customer, an approved solution and a competitor."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.resource_calendar_id.tz = 'UTC'
        cls.lead.partner_id = cls.contact_company_1
        cls.boss = cls._create_person(cls.lead, "Mr. Zhao", 'decision')
        cls.engineer = cls._create_person(cls.lead, "Ms. Qian", 'user')
        cls.solution = as_engine(cls.env['sop.solution']).create(
            {'lead_id': cls.lead.id, 'name': "Air station", 'state': 'approved'}).with_env(cls.env)
        cls.competitor = cls.env['sop.competitor'].create({
            'name': "Eastern Compressors", 'strengths': "Cheap", 'weaknesses': "Slow service", 'answer': "24 hours"})
        cls.foreign_lead = cls._create_lead(name="Another's", user_id=cls.user_sales_leads.id)
        cls.stranger = cls._create_person(cls.foreign_lead, "Mr. Sun", 'decision')
        cls.expert = cls._create_participant()

    @classmethod
    def _create_person(cls, lead, name, role):
        return cls.env['sop.stakeholder'].create({
            'lead_id': lead.id, 'name': name, 'role_id': cls.env.ref(f'sales_sop.sop_stakeholder_role_{role}').id})

    @classmethod
    def _create_participant(cls):
        """A product expert without Sales rights."""
        return cls.env['res.users'].create({
            'name': "Product Expert", 'login': 'user_sop_expert', 'group_ids': [
                Command.set([cls.env.ref('base.group_user').id, cls.env.ref('sales_sop.group_sop_participant').id])]})

    def _as(self, user, records):
        self.env.flush_all()
        self.env.invalidate_all()
        return records.with_env(self.env(user=user, su=False, context={}))

    def _get_activities(self, records, xmlid):
        return self.env['mail.activity'].search([
            ('res_model', '=', records._name), ('res_id', 'in', records.ids),
            ('activity_type_id', '=', self.env.ref(f'sales_sop.{xmlid}').id)])

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ..values import PURCHASE_HABITS, SIZE_BANDS

# Rows of a section that the customer file shows at once.
NEWEST = 5


class ResPartner(models.Model):
    """The customer file: one screen with what the company knows of a customer (X.2)."""

    _inherit = 'res.partner'

    sop_size_band = fields.Selection(SIZE_BANDS, string="Size", groups='base.group_user', prefetch='sop')
    sop_purchase_habit = fields.Selection(
        PURCHASE_HABITS, string="Purchasing Habits", groups='base.group_user', prefetch='sop')
    sop_has_file = fields.Boolean(
        string="Customer File", compute='_compute_sop_has_file', search='_search_sop_has_file',
        groups='base.group_user',
        help="An opportunity of this customer follows a procedure.")

    @api.depends_context('uid')
    def _compute_sop_has_file(self):
        customers = self.commercial_partner_id
        found = customers.search(Domain('id', 'in', customers.ids) & Domain('sop_has_file', '=', True))
        for partner in self:
            partner.sop_has_file = partner.commercial_partner_id in found

    def _search_sop_has_file(self, operator, value):
        if operator != 'in':
            return NotImplemented
        if not self.env['crm.lead'].has_access('read'):
            return Domain.OR(Domain.FALSE if wanted else Domain.TRUE for wanted in value)
        leads = self.env['crm.lead'].with_context(active_test=False)._search(
            Domain('sop_process_id', '!=', False) & Domain('partner_id', '!=', False))
        # sudo: the company of a contact, whoever may read the contact.
        contacts = self.sudo().with_context(active_test=False)._search(
            [('id', 'in', leads.subselect('partner_id'))])
        having = Domain('id', 'in', contacts.subselect('commercial_partner_id'))
        return Domain.OR(having if wanted else ~having for wanted in value)

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sop_customer_file(self):
        """Open the file of this customer."""
        self.ensure_one()
        self.check_access('read')
        self._check_sop_file_access()
        return {
            **self.env['ir.actions.actions']._for_xml_id('sales_sop.sop_customer_file_action'),
            'name': self.commercial_partner_id.display_name,
            'context': {'active_id': self.commercial_partner_id.id, 'active_model': self._name},
        }

    def get_sop_customer_file(self):
        """What the user may see of this customer: the header, its facts and the newest rows of each section."""
        self.ensure_one()
        self.check_access('read')
        self._check_sop_file_access()
        customer = self.commercial_partner_id
        customer.check_access('read')
        sections = sorted(customer._get_sop_file_sections(), key=lambda section: section['sequence'])
        return {
            'customer': customer._prepare_sop_file_header(),
            'facts': customer._get_sop_file_facts(),
            'journey': customer.get_sop_journey(),
            'sections': [
                customer._prepare_sop_file_section(section) for section in sections
                if self.env[section['model']].has_access('read')
            ],
        }

    def _check_sop_file_access(self):
        user = self.env.user
        if not (user.has_group('sales_sop.group_sop_user') or user.has_group('sales_sop.group_sop_auditor')):
            raise AccessError(self.env._("The customer file is shown to sales and to auditors of the procedure."))

    # ------------------------------------------------------------
    # WHAT THE FILE SHOWS
    # ------------------------------------------------------------

    def _get_sop_file_sections(self):
        """The sections of this customer's file; other add-ons append theirs.

        A list of dicts: ``key``, ``label``, ``sequence``, ``model``, ``domain``, ``fields`` and ``order``, and if
        need be ``open``, the many2one that a row opens instead of itself. The user sees those whose model and
        fields he may read, and in them what his access rules let through.
        """
        own, of_leads = self._get_sop_family_domain(), self._get_sop_family_domain('lead_id.partner_id.')
        contacts = self._get_sop_family_domain('') & Domain('id', '!=', self.id)
        newest, section = 'date desc, id desc', self._prepare_sop_file_definition
        return [
            section('leads', 10, self.env._("Opportunities"), 'crm.lead', own, 'id desc', [
                'name', 'sop_grade', 'stage_id', 'expected_revenue', 'user_id']),
            section('contacts', 20, self.env._("Contacts"), 'res.partner', contacts, 'id desc', [
                'name', 'function', 'phone', 'email']),
            section('stakeholders', 30, self.env._("Stakeholders"), 'sop.stakeholder', of_leads, 'id desc', [
                'name', 'role_id', 'attitude', 'influence', 'lead_id']),
            section('needs', 35, self.env._("Needs"), 'sop.need', of_leads, 'id desc', [
                'code', 'name', 'priority', 'state', 'lead_id']),
            section('contact_logs', 40, self.env._("Contact Log"), 'sop.contact.log', (
                own & Domain('state', '!=', 'superseded')), newest, [
                'date', 'method', 'outcome', 'next_step', 'user_id']),
            section('requests', 50, self.env._("Requests"), 'sop.request', own, 'received_at desc, id desc', [
                'subject', 'received_at', 'state', 'user_id']),
            section('materials', 60, self.env._("Material Sent"), 'sop.material.sending', of_leads, newest, [
                'material_id', 'version', 'date', 'recipients'], open='material_id'),
            section('grades', 70, self.env._("Grade History"), 'sop.grade.history', of_leads, newest, [
                'date', 'from_grade', 'to_grade', 'score', 'reason'], open='lead_id'),
            section('lifecycle', 80, self.env._("Life-cycle"), 'sop.lifecycle.change', own | of_leads, newest, [
                'date', 'from_state', 'to_state', 'state', 'reason']),
            section('notes', 90, self.env._("Market Notes"), 'sop.market.note', (
                self._get_sop_family_domain('lead_ids.partner_id.')), newest, ['name', 'date', 'finding']),
            section('solutions', 95, self.env._("Solutions"), 'sop.solution', of_leads, 'id desc', [
                'name', 'version', 'state', 'approved_date', 'user_id']),
            section('orders', 100, self.env._("Orders"), 'sale.order', own, 'id desc', [
                'name', 'date_order', 'amount_total', 'state']),
        ]

    @api.model
    def _prepare_sop_file_definition(self, key, sequence, label, model, domain, order, names, **options):
        return {
            'key': key, 'sequence': sequence, 'label': label, 'model': model, 'domain': domain, 'order': order,
            'fields': names, **options,
        }

    def _prepare_sop_file_header(self):
        self.ensure_one()
        names = [
            'sop_lifecycle', 'user_id', 'phone', 'email', 'city', 'country_id', 'industry_id', 'sop_size_band']
        columns = self._get_sop_file_columns(self._name, names)
        values = self.read([column['name'] for column in columns])[0]
        values['user_id'] = values['user_id'] or self._get_sop_file_salesperson()
        return {
            'id': self.id, 'name': self.display_name,
            'values': [
                {**column, 'value': values[column['name']]} for column in columns if values[column['name']]
            ],
            'tags': self.category_id.mapped('display_name'),
        }

    def _get_sop_file_salesperson(self):
        """Who works on this customer when nobody is in charge of it, as ``read`` gives it."""
        leads = self.env['crm.lead']
        if not leads.has_access('read'):
            return False
        domain = self._get_sop_family_domain() & leads._get_sop_open_domain() & Domain('user_id', '!=', False)
        user = leads.search(domain, order='id desc', limit=1).user_id
        return user and (user.id, user.display_name)

    def _get_sop_file_facts(self):
        """The numbers at the top, as ``[{label, type, value}]``; other add-ons append theirs."""
        leads = self.env['crm.lead']
        if not leads.has_access('read'):
            return []
        running = self._get_sop_family_domain() & leads._get_sop_open_domain()
        columns = self._get_sop_file_columns('crm.lead', ['sop_last_contact_date', 'sop_next_contact_date'])
        ways = {'sop_last_contact_date': 'max', 'sop_next_contact_date': 'min'}
        (count, revenue, *dates), = leads._read_group(running, [], [
            '__count', 'expected_revenue:sum', *(f"{column['name']}:{ways[column['name']]}" for column in columns)])
        best = leads.search(running & Domain('sop_grade', '!=', False), order='sop_grade, id desc', limit=1)
        return [
            *([self._prepare_sop_file_fact(best, 'sop_grade')] if best else []),
            {'label': self.env._("Open opportunities"), 'type': 'integer', 'value': count},
            {'label': self.env._("Expected revenue"), 'type': 'monetary', 'value': revenue or 0,
             'currency_id': self.env.company.currency_id.id},
            *({'label': column['string'], 'type': column['type'], 'value': fields.Datetime.to_string(value) if (
                column['type'] == 'datetime') else fields.Date.to_string(value)}
              for column, value in zip(columns, dates, strict=True) if value),
        ]

    @api.model
    def _prepare_sop_file_fact(self, record, name):
        column, = self._get_sop_file_columns(record._name, [name])
        return {'label': column['string'], 'type': column['type'], 'selection': column.get('selection'),
                'value': record[name]}

    @api.model
    def _get_sop_file_columns(self, model_name, names):
        """What the client has to know of those fields that exist and the user may read."""
        found = self.env[model_name].fields_get(names, ['string', 'type', 'selection', 'currency_field', 'digits'])
        return [{'name': name, **found[name]} for name in names if name in found]

    def _prepare_sop_file_section(self, section):
        records = self.env[section['model']]
        # What was lost or archived is part of the story.
        records = records.with_context(active_test=False)
        columns = self._get_sop_file_columns(section['model'], section['fields'])
        names = [column['name'] for column in columns]
        names += [column['currency_field'] for column in columns if column.get('currency_field')]
        names += [section['open']] if section.get('open') else []
        newest = records.search_fetch(section['domain'], names, order=section['order'], limit=NEWEST)
        return {
            **{key: section[key] for key in ('key', 'label', 'model')},
            'open': section.get('open', False),
            'open_model': section.get('open') and records._fields[section['open']].comodel_name,
            'columns': columns,
            'rows': newest.read(names),
            'count': records.search_count(section['domain']) if len(newest) == NEWEST else len(newest),
            'action': self._prepare_sop_file_action(section),
        }

    def _prepare_sop_file_action(self, section):
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("%(section)s of %(customer)s", section=section['label'], customer=self.display_name),
            'res_model': section['model'],
            'views': [(False, 'list'), (False, 'form')],
            'domain': list(section['domain']),
            'context': {'active_test': False, 'create': False},
        }

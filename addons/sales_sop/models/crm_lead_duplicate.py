from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..credit_code import SEPARATORS, STORED_CODE, get_code_error, normalize_code, normalize_name, read_code

KEY_FIELDS = frozenset({
    'sop_credit_code', 'partner_id', 'partner_name', 'contact_name', 'name', 'phone', 'email_from', 'user_id',
    'company_id',
})
# Of a key that many leads share, so many are looked at.
MATCH_LIMIT = 20


class CrmLead(models.Model):
    """The credit code, and the leads that are the same prospect."""

    _inherit = 'crm.lead'

    sop_credit_code = fields.Char(
        string="Credit Code", index='btree_not_null',
        help="Unified social credit code of the company: 18 characters, the last one is a check digit (GB 32100).",
        prefetch='sop')
    sop_duplicate_ids = fields.Many2many(
        'crm.lead', string="Duplicates", compute='_compute_sop_duplicates',
        help="Open leads with the same credit code, the same name and phone, or the same e-mail.")
    sop_duplicate_count = fields.Integer(string="Number of Duplicates", compute='_compute_sop_duplicates')
    sop_duplicate_note = fields.Text(string="Same Prospect", compute='_compute_sop_duplicates')
    sop_has_duplicate = fields.Boolean(
        string="Has Duplicates", compute='_compute_sop_duplicates', search='_search_sop_has_duplicate')

    @api.depends_context('uid', 'allowed_company_ids')
    @api.depends(
        'sop_credit_code', 'partner_id', 'partner_name', 'contact_name', 'phone_sanitized', 'email_normalized',
        'company_id', 'active', 'won_status')
    def _compute_sop_duplicates(self):
        pairs = self._get_sop_duplicates()
        # sudo: of a lead of somebody else its name, its owner and its age are told, and nothing more.
        others_sudo = self.sudo().browse({other_id for kinds in pairs.values() for other_id in kinds})
        readable = set(others_sudo.sudo(self.env.su)._filtered_access('read')._ids)
        for lead in self:
            kinds = pairs.get(lead._origin.id, {})
            lead.sop_duplicate_ids = self.browse([other_id for other_id in kinds if other_id in readable])
            lead.sop_duplicate_count = len(kinds)
            lead.sop_has_duplicate = bool(kinds)
            lead.sop_duplicate_note = '\n'.join(
                self._get_sop_duplicate_text(others_sudo.browse(other_id), kind) for other_id, kind in kinds.items())

    def _search_sop_has_duplicate(self, operator, value):
        if operator != 'in':
            return NotImplemented
        found = Domain('id', 'in', self._get_sop_duplicate_query())
        return Domain.OR(found if wanted else ~found for wanted in value)

    @api.constrains('sop_credit_code')
    def _check_sop_credit_code(self):
        for lead in self.filtered('sop_credit_code'):
            if message := self._get_sop_code_message(lead.sop_credit_code):
                raise ValidationError(self.env._("%(lead)s: %(message)s", lead=lead.display_name, message=message))

    @api.onchange('partner_id')
    def _onchange_sop_credit_code(self):
        self.sop_credit_code = self.sop_credit_code or next(iter(self._get_sop_partner_codes()), False)

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._prepare_sop_credit_code(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._prepare_sop_credit_code(vals))

    def web_save(self, vals, specification, next_id=None):
        result = super().web_save(vals, specification, next_id=next_id)
        if not KEY_FIELDS.isdisjoint(vals):
            (self or self.browse(result[0]['id']))._sop_detect_duplicates()
        return result

    @api.model
    def _prepare_sop_credit_code(self, vals):
        code = vals.get('sop_credit_code')
        return {**vals, 'sop_credit_code': normalize_code(code)} if isinstance(code, str) else vals

    def _prepare_customer_values(self, partner_name, is_company=False, parent_id=False):
        values = super()._prepare_customer_values(partner_name, is_company=is_company, parent_id=parent_id)
        if self.sop_credit_code and (is_company or not (parent_id or self.partner_name)):
            values['vat'] = self.sop_credit_code
        return values

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), 'sop_credit_code']

    def _merge_dependences(self, opportunities):
        result = super()._merge_dependences(opportunities)
        (self | opportunities)._sop_close_merged()
        return result

    def action_sop_open_duplicates(self):
        """The duplicates of this lead that the user may read, with itself, to be compared and merged."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Duplicates of %s", self.display_name),
            'res_model': 'crm.lead',
            'view_mode': 'list,form',
            'views': [(False, 'list'), (False, 'form')],
            'domain': [('id', 'in', (self | self.sop_duplicate_ids).ids)],
            'context': {'active_test': False, 'create': False},
        }

    def action_sop_merge_duplicates(self):
        """Odoo's merge wizard with this lead and its duplicates."""
        self.ensure_one()
        self.check_access('write')
        leads = self | self.sop_duplicate_ids._filtered_access('write')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Merge"),
            'res_model': 'crm.merge.opportunity',
            'view_mode': 'form',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {
                'active_model': 'crm.lead', 'active_ids': leads.ids, 'active_id': self.id,
                'default_user_id': self.user_id.id, 'default_team_id': self.team_id.id,
            },
        }

    def action_sop_open_dismissal(self):
        """The dialog in which the duplicates of this lead are told to be others."""
        self.ensure_one()
        self.check_access('write')
        return {
            'type': 'ir.actions.act_window',
            'name': self.env._("Not a Duplicate"),
            'res_model': 'sop.duplicate.ruling',
            'view_mode': 'form',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'default_lead_id': self.id, 'default_decision': 'not_duplicate'},
        }

    def action_sop_not_duplicate(self, other_ids, reason):
        """Say that these leads are other prospects than this one.

        Of two leads with two salespersons a manager says so, of the others whoever may change both.
        """
        self.ensure_one()
        self.check_access('write')
        reason = self.env['sop.duplicate']._check_sop_reason(reason)
        chosen = other_ids if isinstance(other_ids, list) else []
        others = self.sop_duplicate_ids.filtered(lambda lead: lead.id in chosen)
        if not others:
            raise UserError(self.env._("%s: choose which of its duplicates is none.", self.display_name))
        others.check_access('write')
        owners = (self | others).user_id
        if len(owners) > 1 and not self.env.user.has_group('sales_sop.group_sop_manager'):
            raise AccessError(self.env._(
                "%(lead)s: only a sales manager decides about a prospect of two salespersons (%(owners)s).",
                lead=self.display_name, owners=', '.join(owners.mapped('name'))))
        self.env['sop.duplicate']._dismiss(self, others, reason)
        return True

    # ------------------------------------------------------------
    # WHAT MAKES TWO LEADS THE SAME
    # ------------------------------------------------------------

    def _get_sop_duplicates(self):
        """``{lead id: {id of another lead: kind of key}}``: other open leads that are the same prospect.

        Several opportunities of one customer are no duplicates, nor are pairs that were ruled to be none.
        """
        # sudo: the lead of another salesperson is a duplicate as well.
        leads = self._origin.sudo().filtered(lambda lead: lead.active and lead.won_status == 'pending')
        keys = leads._get_sop_keys()
        matches = self._search_sop_matches({key for own in keys.values() for key in own})
        pairs = defaultdict(dict)
        for lead in leads:
            for key in keys[lead.id]:
                for other_id, company_id in matches.get(key, ()):
                    if other_id != lead.id and self._is_sop_same_company(lead.company_id.id, company_id):
                        pairs[lead.id].setdefault(other_id, key[0])
        leads._drop_sop_own_customer(pairs)
        if pairs:
            for lead_id, other_id in self.env['sop.duplicate']._get_ruled_pairs(list(pairs)):
                pairs.get(lead_id, {}).pop(other_id, None)
                pairs.get(other_id, {}).pop(lead_id, None)
        return pairs

    @api.model
    def _drop_sop_own_customer(self, pairs):
        """Leave out of ``pairs`` those that are two opportunities of one known customer."""
        leads = self.browse({*pairs, *(other_id for others in pairs.values() for other_id in others)})
        customers = {lead.id: lead.partner_id.commercial_partner_id for lead in leads}
        for lead_id, others in pairs.items():
            for other_id in list(others):
                if customers[lead_id] and customers[lead_id] == customers[other_id]:
                    del others[other_id]

    @api.model
    def _is_sop_same_company(self, company_id, other_id):
        return not company_id or not other_id or company_id == other_id

    def _get_sop_keys(self):
        """``{lead id: [(kind, value)]}``, the best key first."""
        return {
            lead.id: self._prepare_sop_keys(
                [lead.sop_credit_code, *lead._get_sop_partner_codes()], lead.phone_sanitized,
                lead.partner_name or lead.contact_name or lead.name, lead.email_normalized)
            for lead in self
        }

    @api.model
    def _prepare_sop_keys(self, codes, phone, name, email):
        keys = [('code', code) for code in dict.fromkeys(filter(None, codes))]
        name = phone and normalize_name(name)
        if name:
            keys.append(('phone', f'{phone} {name}'))
        if email:
            keys.append(('email', email))
        return keys

    def _get_sop_partner_codes(self):
        """The credit codes of the customer's company."""
        # sudo: what identifies the customer does not depend on who may read him.
        company_sudo = self.partner_id.sudo().commercial_partner_id
        return list(filter(None, (read_code(company_sudo.vat), read_code(company_sudo.company_registry))))

    @api.model
    def _get_sop_key_label(self, kind):
        return {
            'code': self.env._("same credit code"),
            'phone': self.env._("same name and phone"),
            'email': self.env._("same e-mail"),
        }[kind]

    @api.model
    def _get_sop_code_message(self, code):
        """What is wrong with a normalised credit code; None for a good one."""
        match get_code_error(code):
            case 'length':
                return self.env._(
                    "The credit code %(code)s has %(count)s characters. It must have 18.", code=code, count=len(code))
            case 'character':
                return self.env._(
                    "The credit code %s contains a character that cannot be there: the first eight are digits, "
                    "and the letters I, O, S, V, Z are not used.", code)
            case 'digit':
                return self.env._(
                    "The check digit of the credit code %s is wrong. Compare it with the business licence.", code)
        return None

    @api.model
    def _get_sop_duplicate_text(self, other, kind):
        return self.env._(
            "“%(lead)s”: %(owner)s, %(days)s days old, %(key)s", lead=other.name,
            owner=other.user_id.name or self.env._("no salesperson"),
            days=(fields.Datetime.now() - other.create_date).days, key=self._get_sop_key_label(kind))

    # ------------------------------------------------------------
    # LOOKING FOR THEM
    # ------------------------------------------------------------

    @api.model
    def _get_sop_open_sql(self):
        """Which leads are looked at: the open ones, of the companies the user works in."""
        self.flush_model([
            'active', 'won_status', 'company_id', 'sop_credit_code', 'partner_id', 'partner_name', 'contact_name',
            'name', 'phone_sanitized', 'email_normalized', 'email_domain_criterion', 'user_id'])
        self.env['res.partner'].flush_model(['vat', 'company_registry', 'commercial_partner_id'])
        sql = SQL("l.active AND l.won_status = 'pending'")
        if not self.env.su:
            sql = SQL("%s AND (l.company_id IS NULL OR l.company_id = ANY(%s))", sql, self.env.companies.ids)
        return sql

    @api.model
    def _get_sop_name_sql(self, value):
        return SQL(
            """lower(regexp_replace(normalize(%s, NFKC) COLLATE "C", %s, '', 'g') COLLATE "C")""", value, SEPARATORS)

    @api.model
    def _get_sop_lead_name_sql(self):
        return self._get_sop_name_sql(
            SQL("COALESCE(NULLIF(l.partner_name, ''), NULLIF(l.contact_name, ''), l.name)"))

    @api.model
    def _search_sop_matches(self, keys):
        """``{key: [(lead id, company id)]}`` of the open leads that have one of ``keys``, in one query."""
        if not keys:
            return {}
        values = defaultdict(list)
        for kind, value in keys:
            values[kind].append(value)
        is_open = self._get_sop_open_sql()
        parts = [
            SQL(
                "SELECT %s, %s, l.company_id, (array_agg(l.id ORDER BY l.id))[1:%s] FROM %s WHERE %s AND %s"
                " GROUP BY 2, 3", kind, key, MATCH_LIMIT, source, condition, is_open)
            for kind, key, source, condition in self._get_sop_match_sql(values)
        ]
        return self._run_sop_match_sql(parts, keys)

    @api.model
    def _run_sop_match_sql(self, parts, keys):
        matches = defaultdict(list)
        for kind, value, company_id, ids in self.env.execute_query(SQL(" UNION ALL ").join(parts)):
            if (kind, value) in keys:
                matches[kind, value] += [(match_id, company_id) for match_id in ids]
        return matches

    @api.model
    def _search_sop_customers(self, keys):
        """``{key: [(id of the customer, company id)]}`` of customers with a confirmed order in that company."""
        if not keys:
            return {}
        values = defaultdict(list)
        for kind, value in keys:
            values[kind].append(value)
        self.env['res.partner'].flush_model([
            'vat', 'company_registry', 'commercial_partner_id', 'phone_sanitized', 'email_normalized', 'name',
            'active'])
        self.env['sale.order'].flush_model(['partner_id', 'company_id', 'state'])
        parts = [
            SQL(
                """SELECT %s, %s, s.company_id, array_agg(DISTINCT c.id)
                     FROM res_partner p
                     JOIN res_partner c ON c.id = p.commercial_partner_id
                     JOIN res_partner b ON b.commercial_partner_id = c.id
                     JOIN sale_order s ON s.partner_id = b.id AND s.state = 'sale'
                    WHERE %s AND p.active
                    GROUP BY 2, 3""", kind, key, condition)
            for kind, key, condition in self._get_sop_customer_sql(values)
        ]
        return self._run_sop_match_sql(parts, keys)

    @api.model
    def _get_sop_customer_sql(self, values):
        if codes := values['code']:
            variants = [variant for code in codes for variant in (code, f'CN{code}')]
            for column in (SQL("c.vat"), SQL("c.company_registry")):
                yield 'code', SQL("right(%s, 18)", column), SQL("p.id = c.id AND %s = ANY(%s)", column, variants)
        if values['phone']:
            phones = list({value.partition(' ')[0] for value in values['phone']})
            key = SQL("p.phone_sanitized || ' ' || %s", self._get_sop_name_sql(SQL("c.name")))
            yield 'phone', key, SQL("p.phone_sanitized = ANY(%s)", phones)
        if values['email']:
            yield 'email', SQL("p.email_normalized"), SQL("p.email_normalized || '' = ANY(%s)", values['email'])

    @api.model
    def _get_sop_match_sql(self, values):
        """(kind, key, tables, condition) for each place where a key is found."""
        leads = SQL("crm_lead l")
        if codes := values['code']:
            yield 'code', SQL("l.sop_credit_code"), leads, SQL("l.sop_credit_code = ANY(%s)", codes)
            variants = [variant for code in codes for variant in (code, f'CN{code}')]
            for column in (SQL("c.vat"), SQL("c.company_registry")):
                source = SQL(
                    "res_partner c JOIN res_partner p ON p.commercial_partner_id = c.id"
                    " JOIN crm_lead l ON l.partner_id = p.id")
                yield 'code', SQL("right(%s, 18)", column), source, SQL("%s = ANY(%s)", column, variants)
        if values['phone']:
            phones = list({value.partition(' ')[0] for value in values['phone']})
            key = SQL("l.phone_sanitized || ' ' || %s", self._get_sop_lead_name_sql())
            yield 'phone', key, leads, SQL("l.phone_sanitized = ANY(%s)", phones)
        if emails := values['email']:
            # Odoo's index on the domain finds them; its trigram index would be searched once for each address.
            domains = list({domain for email in emails for domain in (email, f"@{email.partition('@')[2]}")})
            yield 'email', SQL("l.email_normalized"), leads, SQL(
                "l.email_domain_criterion = ANY(%s) AND l.email_normalized || '' = ANY(%s)", domains, emails)

    @api.model
    def _get_sop_duplicate_query(self):
        """The ids of all open leads that have a duplicate, as a query for a domain."""
        self.env['sop.duplicate'].flush_model(['lead_id', 'other_lead_id', 'ruling'])
        is_open = self._get_sop_open_sql()
        leads = SQL(
            "crm_lead l LEFT JOIN res_partner p ON p.id = l.partner_id"
            " LEFT JOIN res_partner c ON c.id = p.commercial_partner_id")
        partner_code = SQL(" UNION ").join(
            SQL(
                """SELECT l.id, l.company_id, c.id, 'code', right(%(column)s, 18)
                     FROM crm_lead l
                     JOIN res_partner p ON p.id = l.partner_id
                     JOIN res_partner c ON c.id = p.commercial_partner_id
                    WHERE %(column)s ~ %(code)s AND %(is_open)s""",
                column=column, code=f'^{STORED_CODE}$', is_open=is_open)
            for column in (SQL("c.vat"), SQL("c.company_registry")))
        return SQL(
            """(
            WITH own_key(id, company_id, customer_id, kind, value) AS MATERIALIZED (
                (SELECT l.id, l.company_id, c.id, 'code', l.sop_credit_code
                   FROM %(leads)s WHERE l.sop_credit_code IS NOT NULL AND %(is_open)s
                  UNION %(partner_code)s)
                UNION ALL
                SELECT l.id, l.company_id, c.id, 'phone', l.phone_sanitized || ' ' || %(name)s
                  FROM %(leads)s WHERE l.phone_sanitized IS NOT NULL AND %(is_open)s
                UNION ALL
                SELECT l.id, l.company_id, c.id, 'email', l.email_normalized
                  FROM %(leads)s WHERE l.email_normalized IS NOT NULL AND %(is_open)s
            ), shared_key AS MATERIALIZED (
                SELECT own_key.*
                  FROM own_key
                  JOIN (SELECT kind, value FROM own_key GROUP BY kind, value HAVING count(*) > 1) shared
                 USING (kind, value)
            ), counted AS (
                SELECT id, kind, value,
                       CASE WHEN company_id IS NULL THEN count(*) OVER same
                            ELSE count(*) FILTER (WHERE company_id IS NULL) OVER same
                                 + count(*) OVER (PARTITION BY kind, value, company_id) END
                     - CASE WHEN customer_id IS NULL THEN 1
                            WHEN company_id IS NULL THEN count(*) OVER own
                            ELSE count(*) FILTER (WHERE company_id IS NULL) OVER own
                                 + count(*) OVER (PARTITION BY kind, value, customer_id, company_id) END AS others
                  FROM shared_key
                WINDOW same AS (PARTITION BY kind, value), own AS (PARTITION BY kind, value, customer_id)
            ), ruled AS (
                SELECT a.id, a.kind, a.value, count(*) AS number
                  FROM (SELECT lead_id AS id, other_lead_id AS other_id FROM sop_duplicate
                         WHERE ruling = 'not_duplicate'
                         UNION SELECT other_lead_id, lead_id FROM sop_duplicate WHERE ruling = 'not_duplicate') pair
                  JOIN shared_key a ON a.id = pair.id
                  JOIN shared_key b ON b.id = pair.other_id AND b.kind = a.kind AND b.value = a.value
                   AND (a.customer_id = b.customer_id) IS NOT TRUE
                 GROUP BY a.id, a.kind, a.value
            )
            SELECT counted.id
              FROM counted LEFT JOIN ruled USING (id, kind, value)
             WHERE counted.others > COALESCE(ruled.number, 0)
            )""", is_open=is_open, leads=leads, partner_code=partner_code, name=self._get_sop_lead_name_sql())

    # ------------------------------------------------------------
    # TWO OWNERS
    # ------------------------------------------------------------

    def _sop_detect_duplicates(self):
        """Open a ruling for each pair of two salespersons among these leads and all others."""
        # sudo: whoever saves a lead tells the manager, not what the lead of the other person holds.
        leads_sudo = self.sudo().filtered(lambda lead: lead.sop_process_id or lead.sop_list_id)
        leads_sudo._sop_take_partner_code()
        pairs = leads_sudo._get_sop_duplicates()
        if pairs:
            self.env['sop.duplicate']._open_clashes(pairs)

    def _sop_take_partner_code(self):
        for lead in self:
            if not lead.sop_credit_code and lead.partner_id and (codes := lead._get_sop_partner_codes()):
                if not get_code_error(codes[0]):
                    lead.sop_credit_code = codes[0]

    def _sop_close_merged(self):
        """These leads become one: what was asked about two of them is settled."""
        # sudo: whoever may merge leads settles what was asked about them.
        rows_sudo = self.env['sop.duplicate'].sudo().search([
            ('ruling', '=', False), ('lead_id', 'in', self.ids), ('other_lead_id', 'in', self.ids)])
        rows_sudo._rule('merged', self.env._("Merged by %s.", self.env.user.name))

    @api.model
    def _cron_sop_detect_duplicates(self, batch_size=500):
        """Look at all leads once a night: what a form or an import did not see, and what has settled itself."""
        cron = self.env['ir.cron']
        self.env['sop.duplicate']._settle_gone()
        ids = self.search([
            ('sop_has_duplicate', '=', True), '|', ('sop_process_id', '!=', False), ('sop_list_id', '!=', False),
        ]).ids
        cron._commit_progress(remaining=len(ids))
        for start in range(0, len(ids), batch_size):
            batch = self.browse(ids[start:start + batch_size]).exists()
            batch._sop_detect_duplicates()
            if not cron._commit_progress(len(batch)):
                return

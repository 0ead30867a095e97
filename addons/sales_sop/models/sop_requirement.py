from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

ROLES = [
    ('rep', "Sales rep"),
    ('sm', "Sales manager"),
    ('mkt', "Market specialist"),
    ('pre', "Pre-sales engineer"),
    ('px', "Product expert"),
    ('leg', "Legal"),
    ('fin', "Finance"),
    ('prd', "Production and supply"),
    ('qua', "Quality"),
    ('sd', "Service dispatcher"),
    ('se', "Service engineer"),
    ('mgt', "Management"),
    ('ca', "Contract administrator"),
    ('cus', "Customer"),
]
FACT_KINDS = ('fields', 'condition', 'record')


class SopRequirement(models.Model):
    """One thing the exit of a stage asks for."""

    _name = 'sop.requirement'
    _description = "SOP Requirement"
    _inherit = ['sop.guarded.mixin', 'sop.frozen.mixin']
    _order = 'sequence, id'
    _sop_open_fields = frozenset({'name', 'help', 'message', 'document_kind', 'role', 'clause'})

    stage_id = fields.Many2one('sop.stage', required=True, index=True, ondelete='cascade')
    process_id = fields.Many2one(related='stage_id.process_id', store=True, index=True)
    process_state = fields.Selection(related='stage_id.process_id.state', string="Process State")
    res_model = fields.Selection(related='stage_id.process_id.res_model')
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True, help="Key of the item, the same in all versions: evidence is carried over by it.")
    help = fields.Text(translate=True, help="One or two sentences shown under the item.")
    kind = fields.Selection(
        [
            ('confirm', "Confirmation: a named person ticks"),
            ('document', "Document: files are attached"),
            ('fields', "Fields: they are set"),
            ('condition', "Condition: the document matches"),
            ('record', "Records: enough related records match"),
        ],
        required=True, default='confirm')
    mandatory = fields.Boolean(default=True, help="Not mandatory: recommended, never holds a document.")
    waivable = fields.Boolean(default=True, help="A manager may let it go, with a reason and an expiry date.")
    allow_na = fields.Boolean(
        string="May Be Not Applicable", help="Whoever may tick it may also say, with a reason, that it does not apply.")
    role = fields.Selection(ROLES)
    source = fields.Selection(
        [
            ('seed', "Written procedure"),
            ('scope', "Scope of the procedure"),
            ('practice', "Good practice"),
        ],
        help="Where the item comes from.")
    clause = fields.Char(help="Clause of a standard or law it serves, e.g. ISO 9001 8.2.3.")
    domain = fields.Char(string="Only For", default='[]', help="Asked only of documents that match.")
    group_id = fields.Many2one(
        'res.groups', string="Ticked By", ondelete='restrict', help="Only members of this group may tick it.")
    verify = fields.Boolean(string="Second Person", help="Counts only when a second person has verified it.")
    verify_group_id = fields.Many2one('res.groups', string="Verified By", ondelete='restrict')
    document_kind = fields.Char(translate=True, help="Which file is asked for, e.g. business licence.")
    min_count = fields.Integer(string="At Least", default=1)
    valid_required = fields.Boolean(string="With Validity", help="The date until which the file is valid is asked for.")
    field_ids = fields.Many2many(
        'ir.model.fields', 'sop_requirement_field_rel', 'requirement_id', 'field_id', string="Fields",
        domain="[('model', '=', res_model)]")
    condition = fields.Char(default='[]')
    message = fields.Char(translate=True, help="What to tell when the condition is not met.")
    record_field_id = fields.Many2one(
        'ir.model.fields', string="Related Records", ondelete='set null',
        domain="[('model', '=', res_model), ('ttype', 'in', ('one2many', 'many2many'))]")
    record_model = fields.Char(compute='_compute_record_model')
    record_domain = fields.Char(default='[]')
    is_fact = fields.Boolean(compute='_compute_is_fact')

    _code_uniq = models.UniqueIndex('(process_id, code)', "The code of an item is unique within its process.")
    _min_count_positive = models.Constraint('CHECK(min_count > 0)', "At least one file or record must be asked for.")

    @api.depends('kind')
    def _compute_is_fact(self):
        for requirement in self:
            requirement.is_fact = requirement.kind in FACT_KINDS

    @api.depends('record_field_id')
    def _compute_record_model(self):
        for requirement in self:
            # sudo: the manager chooses among fields without being an administrator.
            requirement.record_model = requirement.record_field_id.sudo().relation

    @api.depends('code', 'name')
    def _compute_display_name(self):
        for requirement in self:
            requirement.display_name = ' '.join(filter(None, (requirement.code, requirement.name)))

    @api.constrains('kind', 'field_ids', 'record_field_id')
    def _check_fields(self):
        for requirement in self:
            # sudo: names of fields, not values.
            chosen_sudo = requirement.sudo().field_ids | requirement.sudo().record_field_id
            foreign = chosen_sudo.filtered(lambda field, model=requirement.res_model: field.model != model)
            if foreign:
                raise ValidationError(self.env._(
                    "%(requirement)s: the field %(field)s is not one of the document. Choose another.",
                    requirement=requirement.display_name, field=foreign[0].name))

    @api.constrains('domain', 'condition', 'record_domain', 'kind', 'record_field_id')
    def _check_domains(self):
        for requirement in self:
            if error := requirement._get_domain_error():
                raise ValidationError(self.env._(
                    "%(requirement)s: %(error)s", requirement=requirement.display_name, error=error))

    def _get_domain_error(self):
        checked = [(self.res_model, self.domain)]
        if self.kind == 'condition':
            checked.append((self.res_model, self.condition))
        if self.kind == 'record' and self.record_field_id:
            checked.append((self.record_model, self.record_domain))
        for model_name, value in checked:
            if error := self.env['sop.process']._get_domain_error(model_name, value):
                return error
        return ''

    # ------------------------------------------------------------
    # PUBLISHING
    # ------------------------------------------------------------

    def _get_publish_problems(self):
        problems = []
        for requirement in self:
            problems += [
                self.env._("Item %(item)s: %(problem)s", item=requirement.display_name, problem=problem)
                for problem in requirement._get_own_problems()
            ]
        return problems

    def _get_own_problems(self):
        self.ensure_one()
        if error := self._get_domain_error():
            yield error
        if self.kind == 'fields' and not self.field_ids:
            yield self.env._("no field is chosen. Choose the fields that must be set.")
        if self.kind == 'record' and not self.record_field_id:
            yield self.env._("no related records are chosen. Choose which ones are counted.")
        if self.kind == 'condition' and self.env['sop.process']._parse_domain(self.condition).is_true():
            yield self.env._("the condition is empty, so it always holds. Say what must be true.")
        yield from self._get_people_problems()

    def _get_people_problems(self):
        doers = self._get_people(self.group_id)
        if not self.is_fact and not doers:
            yield self.env._(
                "nobody is in the group %s that may tick it. Add somebody, or choose another group.",
                self.group_id.display_name)
        if self.verify and not self.is_fact:
            verifiers = self._get_people(self.verify_group_id)
            if not verifiers:
                yield self.env._(
                    "nobody is in the group %s that verifies it. Add somebody, or choose another group.",
                    self.verify_group_id.display_name)
            elif len(verifiers) == 1 and doers == verifiers:
                yield self.env._(
                    "only %s could tick and verify it, and the two must differ. "
                    "Add a second user to Sales SOP, or switch off Second Person.", verifiers.name)

    def _get_people(self, group):
        """Active internal users of ``group``, or of the procedure when there is none."""
        group = group or self.env.ref('sales_sop.group_sop_user')
        return group.all_user_ids.filtered(lambda user: user.active and not user.share)

    # ------------------------------------------------------------
    # FACTS
    # ------------------------------------------------------------

    def _get_applicable(self, documents):
        self.ensure_one()
        return self.process_id._filter_domain(documents, self.domain)

    def _get_met(self, documents):
        """The documents for which this fact holds now; evaluated for the whole batch."""
        self.ensure_one()
        return getattr(self, f'_get_met_{self.kind}')(documents)

    def _get_met_fields(self, documents):
        # Fields that are gone with their module are not filled in.
        names = self.field_ids.mapped('name')
        return documents.filtered(lambda document: names and all(document._is_sop_filled(name) for name in names))

    def _get_met_condition(self, documents):
        return self.process_id._filter_domain(documents, self.condition)

    def _get_met_record(self, documents):
        counts = self._get_record_counts(documents)
        return documents.filtered(lambda document: counts.get(document.id, 0) >= self.min_count)

    def _get_record_counts(self, documents):
        """``{document id: number of related records that match}``"""
        if not self.record_field_id:
            return {}
        domain = self.env['sop.process']._parse_domain(self.record_domain)
        field = documents._fields[self.record_field_id.name]
        if field.type == 'one2many' and field.store is not None and field.inverse_name:
            inverse = self.env[field.comodel_name]._fields[field.inverse_name]
            if inverse.store and inverse.type == 'many2one':
                groups = self.env[field.comodel_name].sudo()._read_group(
                    domain & Domain(field.inverse_name, 'in', documents.ids), [field.inverse_name], ['__count'])
                return {document.id: count for document, count in groups}
        return {
            document.id: len(document[field.name].filtered_domain(domain)) for document in documents
        }

    # ------------------------------------------------------------
    # SEARCH
    # ------------------------------------------------------------

    def _get_open_domain(self):
        """Documents on which this item is asked and not met, for searches over any number of them."""
        self.ensure_one()
        parse = self.env['sop.process']._parse_domain
        met = getattr(self, f'_get_met_{self.kind}_domain')() if self.is_fact else Domain.FALSE
        domain = parse(self.domain) & ~met & ~Domain('sop_check_ids', 'any!', self._get_counting_domain())
        try:
            return domain.optimize(self.env[self.res_model])
        except ValueError:
            # What no longer evaluates is not met.
            return Domain.TRUE

    def _get_counting_domain(self):
        """Evidence of this item that counts today."""
        domain = Domain('requirement_id', '=', self.id) & Domain('revoked_date', '=', False)
        domain &= Domain('valid_until', '=', False) | Domain('valid_until', '>=', 'today')
        if self.verify:
            domain &= Domain('state', '!=', 'done') | Domain('verified_by_id', '!=', False)
        return domain

    def _get_met_fields_domain(self):
        names = self.field_ids.mapped('name')
        return Domain.AND(Domain(name, '!=', False) for name in names) if names else Domain.FALSE

    def _get_met_condition_domain(self):
        return self.env['sop.process']._parse_domain(self.condition)

    def _get_met_record_domain(self):
        domain = self.env['sop.process']._parse_domain(self.record_domain)
        name = self.record_field_id.name
        if not name:
            return Domain.FALSE
        if self.min_count == 1:
            return Domain(name, 'any!', domain)
        documents = self.env[self.res_model].sudo().search(Domain(name, 'any!', domain))
        return Domain('id', 'in', self._get_met_record(documents).ids)

    def _get_who(self):
        """Who can do this item, for messages."""
        self.ensure_one()
        if self.group_id:
            return self.group_id.display_name
        return dict(self._fields['role']._description_selection(self.env)).get(self.role) or self.env._("Salesperson")

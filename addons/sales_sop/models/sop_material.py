from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command, Domain

from ..engine import as_engine, is_engine

VALIDITIES = [
    ('ok', "Can be sent"),
    ('unchecked', "Not checked"),
    ('expired', "Expired"),
    ('superseded', "Superseded"),
    ('withdrawn', "Withdrawn"),
]
# What says where material is used and by whom it is kept, not what customers read in it.
OPEN_FIELDS = frozenset({'industry_ids', 'product_ids', 'responsible_id'})


def is_outside(partner):
    """Whether a partner, or nobody in particular, is not one of us."""
    return not partner or partner.partner_share


class SopMaterial(models.Model):
    """One version of a document for customers (S2.2). Once checked it is frozen: a change is a new version."""

    _name = 'sop.material'
    _description = "Sales Material"
    _inherit = ['sop.file.mixin', 'mail.thread', 'mail.activity.mixin']
    _order = 'kind, name, id desc'
    _check_company_auto = True
    _sop_server_fields = frozenset({'state', 'previous_id', 'is_reminded'})

    name = fields.Char(required=True)
    kind = fields.Selection([
        ('company', "Company profile"),
        ('product', "Product information"),
        ('case', "Success case"),
        ('cert', "Certificate"),
    ], required=True, default='product', group_expand=True)
    lang = fields.Selection(
        selection='_get_languages', string="Language", required=True, default=lambda self: self.env.user.lang)
    industry_ids = fields.Many2many('res.partner.industry', string="Industries", help="Empty: for all industries.")
    product_ids = fields.Many2many('product.product', string="Products", check_company=True)
    version = fields.Char(required=True, default="1", copy=False)
    valid_from = fields.Date(default=lambda self: self._get_today(), copy=False)
    valid_to = fields.Date(
        string="Valid Until", copy=False, help="Last day it may be sent. Certificates need one.")
    responsible_id = fields.Many2one(
        'res.users', string="Product Expert", tracking=True, check_company=True,
        domain="[('share', '=', False)]", default=lambda self: self._default_responsible_id(),
        help="Keeps it up to date and checks what others made.")
    state = fields.Selection([
        ('draft', "Draft"),
        ('checked', "Checked"),
        ('superseded', "Superseded"),
        ('withdrawn', "Withdrawn"),
    ], required=True, default='draft', readonly=True, copy=False, tracking=True, index=True)
    validity = fields.Selection(
        VALIDITIES, compute='_compute_validity', search='_search_validity',
        help="Only what can be sent is sent: the server refuses all else, whatever way a message takes.")
    previous_id = fields.Many2one(
        'sop.material', string="Previous Version", readonly=True, copy=False, index='btree_not_null',
        ondelete='restrict')
    next_ids = fields.One2many('sop.material', 'previous_id', string="Next Version", readonly=True)
    is_reminded = fields.Boolean(string="Renewal Asked For", readonly=True, copy=False)
    sending_ids = fields.One2many('sop.material.sending', 'material_id', readonly=True)
    sending_count = fields.Integer(string="Sent", compute='_compute_sending_count')
    company_id = fields.Many2one('res.company', help="Empty: for all companies.")
    active = fields.Boolean(default=True)

    _next_uniq = models.UniqueIndex(
        '(previous_id) WHERE previous_id IS NOT NULL', "There is a newer version of this material already.")
    _valid_period = models.Constraint(
        'CHECK(valid_from IS NULL OR valid_to IS NULL OR valid_from <= valid_to)',
        "Material cannot end to be valid before it begins to be.")

    @api.model
    def _get_languages(self):
        return self.env['res.lang'].get_installed()

    @api.model
    def _default_responsible_id(self):
        return self.env.company.sop_expert_id or self.env.user

    # ------------------------------------------------------------
    # COMPUTE / SEARCH
    # ------------------------------------------------------------

    @api.depends('name', 'version')
    def _compute_display_name(self):
        for material in self:
            material.display_name = self.env._(
                "%(name)s, version %(version)s", name=material.name, version=material.version
            ) if material.name else ''

    @api.model
    def _get_today(self):
        """The same day for everybody, wherever the person who asks may be."""
        return self.env['crm.lead']._get_sop_main_company()._get_sop_local_date(fields.Datetime.now())

    @api.depends('state', 'valid_to')
    def _compute_validity(self):
        today = self._get_today()
        for material in self:
            if material.state == 'checked':
                material.validity = 'expired' if material.valid_to and material.valid_to < today else 'ok'
            else:
                material.validity = 'unchecked' if material.state == 'draft' else material.state

    def _search_validity(self, operator, value):
        if operator != 'in':
            return NotImplemented
        today = self._get_today()
        expired = Domain('state', '=', 'checked') & Domain('valid_to', '<', today)
        domains = {
            'ok': Domain('state', '=', 'checked') & (Domain('valid_to', '=', False) | Domain('valid_to', '>=', today)),
            'expired': expired,
            'unchecked': Domain('state', '=', 'draft'),
            'superseded': Domain('state', '=', 'superseded'),
            'withdrawn': Domain('state', '=', 'withdrawn'),
        }
        return Domain.OR(domains.get(key, Domain.FALSE) for key in value)

    def _compute_sending_count(self):
        counts = dict(self.env['sop.material.sending']._read_group(
            [('material_id', 'in', self.ids)], ['material_id'], ['__count']))
        for material in self:
            material.sending_count = counts.get(material, 0)

    # ------------------------------------------------------------
    # DOORS
    # ------------------------------------------------------------

    def write(self, vals):
        if not is_engine(self.env):
            if vals.keys() & self._get_frozen_fields():
                self._check_sop_file_open()
            if 'responsible_id' in vals:
                self._check_appointment()
        return super().write(vals)

    def _check_appointment(self):
        """Nobody makes himself the one who checks: who keeps the material, or made the draft, names its expert."""
        user = self.env.user
        for material in self:
            if not (self.env.su or material._is_keeper() or (
                    material.state == 'draft' and material.create_uid == user)):
                raise AccessError(self.env._(
                    "%s: only its product expert or a manager names another expert.", material.display_name))

    @api.model
    def _get_frozen_fields(self):
        """Names of the fields that stay as they were checked."""
        mixed_in = self.env.registry['mail.thread']._fields.keys() | self.env.registry['mail.activity.mixin']._fields
        return {
            name for name, field in self._fields.items()
            if field.store and name not in mixed_in and name not in OPEN_FIELDS and name != 'active'
        }

    @api.ondelete(at_uninstall=False)
    def _unlink_except_checked(self):
        self._check_sop_file_open()

    def _check_sop_file_open(self):
        frozen = self.sudo().filtered(lambda material: material.state != 'draft')
        if frozen and not is_engine(self.env):
            raise UserError(self.env._(
                "%s has been checked: it stays as it is. Make a new version to change it.", frozen[0].display_name))

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_check(self):
        """Release drafts for sending; the version before each is superseded."""
        self.check_access('read')
        self._check_keeper()
        for material in self:
            if error := material._get_check_error():
                raise UserError(self.env._(
                    "%(material)s: %(error)s", material=material.display_name, error=error))
        as_engine(self).write({
            'state': 'checked', 'checked_by_id': self.env.uid, 'checked_date': fields.Datetime.now()})
        self._supersede()
        # sudo: the task may be that of another person; it is done for all.
        (self | self.previous_id).sudo().activity_feedback(
            ['sales_sop.mail_activity_type_material', 'sales_sop.mail_activity_type_case'])
        return True

    def _get_check_error(self):
        """Why the user cannot release this draft, or an empty string."""
        if error := self._get_own_work_error(self.file_author_id or self.create_uid):
            return error
        if self.state != 'draft':
            return self.env._("only a draft can be checked. Make a new version.")
        if not self.file_checksum:
            return self.env._("there is no file yet. Upload it first.")
        if self.kind == 'cert' and not self.valid_to:
            return self.env._("say until when the certificate is valid.")
        today = self._get_today()
        if self.valid_to and self.valid_to < today:
            return self.env._("it expired on %s. Upload a valid one.", self.valid_to)
        if self.valid_from and self.valid_from > today:
            return self.env._("it is valid only from %s on. Check it that day.", self.valid_from)
        return ''

    def _check_keeper(self):
        for material in self:
            if not material._is_keeper():
                raise AccessError(self.env._(
                    "%s: only its product expert or a manager may do this.", material.display_name))

    def _is_keeper(self):
        """Whether the user has a say over this material."""
        user = self.env.user
        return user.has_group('sales_sop.group_sop_manager') or (
            user.has_group('sales_sop.group_sop_user') and self.responsible_id == user)

    def _get_own_work_error(self, author):
        """Why the user may not check what ``author`` made, or an empty string."""
        if author != self.env.user or self._is_only_manager():
            return ''
        return self.env._("whoever made it does not check it. Ask a second person.")

    def _is_only_manager(self):
        """Whether nobody but this manager could check: four eyes need two persons."""
        managers = self.env.ref('sales_sop.group_sop_manager').sudo().all_user_ids.filtered(
            lambda user: user.active and not user.share and user._is_internal())
        return managers - self.env.ref('base.user_root') == self.env.user and not (
            self.responsible_id - self.env.user)

    def _supersede(self):
        """Put these versions in the place of the ones before them, in the packs as well."""
        before = self.sudo().previous_id.filtered(lambda material: material.state == 'checked')
        as_engine(before).write({'state': 'superseded'})
        # sudo: who checks material keeps it current in packs others wrote.
        packs = self.env['sop.material.pack'].sudo().with_context(active_test=False).search(
            [('material_ids', 'in', self.sudo().previous_id.ids)])
        for material in self.sudo():
            packs.filtered(lambda pack, old=material.previous_id: old in pack.material_ids).write({
                'material_ids': [Command.unlink(material.previous_id.id), Command.link(material.id)]})

    def action_withdraw(self, reason):
        """Recall checked material that nobody may send any more; ``reason`` is kept."""
        self.check_access('read')
        reason = str(reason or '').strip()
        if not reason:
            raise UserError(self.env._("Say why %s is withdrawn.", self[:1].display_name))
        self._check_keeper()
        for material in self:
            if material.state not in ('checked', 'superseded'):
                raise UserError(self.env._(
                    "%s: only checked material is withdrawn. Delete the draft instead.", material.display_name))
        as_engine(self).write({'state': 'withdrawn'})
        for material in self.sudo():
            material._message_log(body=self.env._("Withdrawn: %s", reason))
        return True

    def action_new_version(self):
        """Open the draft of the next version, made now if there is none yet."""
        self.ensure_one()
        self.check_access('read')
        self.check_access('create')
        if self.state == 'draft':
            raise UserError(self.env._("%s is still a draft: change it as it is.", self.display_name))
        following = self.sudo().next_ids or as_engine(self).copy(self._prepare_next_version_values()).sudo(False)
        return following.with_env(self.env).get_formview_action()

    def _prepare_next_version_values(self):
        head, dot, tail = self.version.rpartition('.')
        return {
            'name': self.name,
            'previous_id': self.id,
            'version': f'{head}{dot}{int(tail) + 1}' if tail.isdecimal() else f'{self.version} (2)',
            'valid_to': False,
        }

    def action_open_sendings(self):
        """Who got this version."""
        self.ensure_one()
        self.check_access('read')
        action = self.env['ir.actions.act_window']._for_xml_id('sales_sop.sop_material_sending_action')
        return {**action, 'domain': [('material_id', '=', self.id)], 'context': {}}

    # ------------------------------------------------------------
    # VERSIONS IN USE
    # ------------------------------------------------------------

    def _get_successors(self):
        """``{material: the version that can be sent in its place, or nothing}``"""
        result = {}
        for material in self:
            # sudo: which version is current does not depend on who asks.
            following = material.sudo().next_ids[:1]
            while following and following.validity != 'ok':
                following = following.next_ids[:1]
            result[material] = following
        return result

    @api.model
    def _find_by_files(self, files):
        """``{checksum: (materials, tailored lines)}`` these files are copies of.

        A copy is known by its content: files are copied into each message, by the composer and by people.
        """
        # sudo: what a file is does not depend on who sends it.
        checksums = [checksum for checksum in files.sudo().mapped('checksum') if checksum]
        if not checksums:
            return {}
        domain = Domain('file_checksum', 'in', checksums)
        models = [self.sudo().with_context(active_test=False), self.env['sop.material.line'].sudo()]
        found = [records.search(domain).grouped('file_checksum') for records in models]
        return {
            checksum: tuple(groups.get(checksum, model.browse()) for groups, model in zip(found, models, strict=True))
            for checksum in set().union(*found)
        }

    @api.model
    def _get_files_refusal(self, files):
        """The error to raise because one of these files is material that must not leave, or None."""
        reasons = [
            materials[:1]._get_refusal() or lines[:1]._get_refusal()
            for materials, lines in self._find_by_files(files).values()
            if 'ok' not in (*materials.mapped('validity'), *lines.mapped('state'))
        ]
        return UserError('\n'.join(reasons)) if reasons else None

    def _get_refusal(self):
        """Why this material cannot be sent, with the way out; empty for no material."""
        if not self:
            return ''
        label = dict(self._fields['validity']._description_selection(self.env))[self.validity]
        successor = self._get_successors()[self]
        if successor:
            return self.env._(
                "%(material)s: %(validity)s. Send %(successor)s instead.",
                material=self.display_name, validity=label, successor=successor.display_name)
        return self.env._(
            "%(material)s: %(validity)s. Have a new version checked first.",
            material=self.display_name, validity=label)

    # ------------------------------------------------------------
    # TASKS OF THE PRODUCT EXPERT
    # ------------------------------------------------------------

    @api.model
    def _ask_for_case(self, industry, lead):
        """Make the empty draft of a success case, with the task to write it."""
        company = lead._get_sop_company()
        expert = company.sop_expert_id or lead.sop_manager_id or lead.user_id or self.env.user
        expert = expert if expert.active and not expert.share else self.env.user
        case = self.with_context(lang=expert.lang)
        case = case.create({
            'name': case.env._("Success case: %s", industry.with_context(lang=expert.lang).name),
            'kind': 'case',
            'industry_ids': [Command.set(industry.ids)],
            'responsible_id': expert.id,
            'lang': expert.lang,
        })
        case.activity_schedule('sales_sop.mail_activity_type_case', user_id=expert.id)

    # ------------------------------------------------------------
    # RENEWAL
    # ------------------------------------------------------------

    @api.model
    def _cron_remind_renewal(self, batch_size=100):
        """Ask the product experts in time for a successor of what will expire, once for each version."""
        cron = self.env['ir.cron']
        domain = self._get_renewal_domain()
        cron._commit_progress(remaining=self.search_count(domain))
        while materials := self.search(domain, order='id', limit=batch_size):
            materials._remind_renewal()
            if not cron._commit_progress(len(materials)):
                return

    @api.model
    def _get_renewal_domain(self):
        today = self._get_today()
        main_company = self.env['crm.lead']._get_sop_main_company()
        due = Domain.OR(
            Domain('company_id', 'in', [company.id, *([False] if company == main_company else [])])
            & Domain('valid_to', '<=', today + relativedelta(days=company.sop_material_days))
            for company in self.env['res.company'].search([]))
        return due & Domain('state', '=', 'checked') & Domain('is_reminded', '=', False)

    def _remind_renewal(self):
        for material in self:
            user = material._get_renewal_user()
            material.with_context(lang=user.lang).activity_schedule(
                'sales_sop.mail_activity_type_material', date_deadline=material.valid_to, user_id=user.id)
        as_engine(self).write({'is_reminded': True})

    def _get_renewal_user(self):
        """The product expert, or who checked it where he has left."""
        candidates = self.responsible_id | self.checked_by_id | self.company_id.sop_expert_id
        return candidates.filtered(lambda user: user.active and not user.share)[:1]

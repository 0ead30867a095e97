from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..engine import as_engine, is_engine
from ..values import LEGAL_BASES, SOURCES

# Leads a scheduled job writes before it commits
BATCH = 1000


class CrmLead(models.Model):
    """Where the data of a lead came from."""

    _inherit = 'crm.lead'
    _sop_origin_fields = ('sop_source', 'sop_legal_basis', 'sop_collected_by_id', 'sop_collected_date')

    sop_list_id = fields.Many2one(
        'sop.prospect.list', string="Prospect List", index='btree_not_null', ondelete='restrict')
    sop_source = fields.Selection(SOURCES, string="Obtained By", prefetch='sop')
    sop_legal_basis = fields.Selection(
        LEGAL_BASES, string="Legal Basis", help="What allows us to use these data. Empty: unknown.")
    sop_basis_from_list = fields.Boolean(
        string="Legal Basis of the List", readonly=True, export_string_translation=False,
        help="The list states it: when the list loses its legal basis, so does the lead.", prefetch='sop')
    sop_collected_by_id = fields.Many2one('res.users', string="Collected By", prefetch='sop')
    sop_collected_date = fields.Date(string="Collected On", help="When the data were obtained.", prefetch='sop')

    @api.constrains('sop_collected_date')
    def _check_sop_collected_date(self):
        dated = self.filtered('sop_collected_date')
        todays, own_today = dated._get_sop_todays(), fields.Date.context_today(self)
        for lead in dated:
            if lead.sop_collected_date > max(todays[lead.id], own_today):
                raise ValidationError(self.env._(
                    "%s: the data cannot have been collected in the future. Enter the day they were obtained.",
                    lead.name))

    @api.constrains('sop_list_id', 'company_id')
    def _check_sop_list_company(self):
        for lead in self.filtered('sop_list_id'):
            # sudo: the list of another company is the one to find.
            company = lead.sop_list_id.sudo().company_id
            if lead.company_id and lead.company_id != company:
                raise ValidationError(self.env._(
                    "%(lead)s: the prospect list belongs to %(company)s. Choose a list of the company of the lead.",
                    lead=lead.name, company=company.name))

    @api.onchange('partner_id')
    def _onchange_partner_sop_basis(self):
        if not self.sop_legal_basis and self.partner_id._filter_sop_buyers():
            self.sop_legal_basis = 'business'

    @api.onchange('sop_list_id')
    def _onchange_sop_list_id(self):
        values = self.sop_list_id._prepare_origin_values() if self.sop_list_id else {}
        for name, value in values.items():
            self[name] = self[name] or value

    # ------------------------------------------------------------
    # WRITING
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        return super().create(self._prepare_sop_origin(vals_list))

    def write(self, vals):
        own_fields = {'sop_list_id', 'sop_basis_from_list', *self._sop_origin_fields}
        if is_engine(self.env) or own_fields.isdisjoint(vals):
            return super().write(vals)
        vals = {name: value for name, value in vals.items() if name != 'sop_basis_from_list'}
        held = self._filter_sop_held('basis')
        held._check_sop_list_change(vals)
        if 'sop_legal_basis' in vals:
            vals['sop_basis_from_list'] = self._is_sop_basis_of_list(vals)
        result = super().write(vals)
        if vals.get('sop_legal_basis'):
            self._sop_stamp_collector()
        if vals.get('sop_list_id'):
            self._sop_fill_from_list()
        held._sop_after_basis()
        return result

    @api.model
    def _prepare_sop_origin(self, vals_list):
        """``vals_list`` with the origin that is known: that of the list, of the person who states it, of a visitor."""
        context_list = self.env.context.get('default_sop_list_id')
        website = self.env['ir.model.data']._xmlid_to_res_id('utm.utm_medium_website', raise_if_not_found=False)
        touched = [
            index for index, vals in enumerate(vals_list)
            if vals.get('sop_list_id', context_list) or vals.get('sop_legal_basis') or vals.get('sop_basis_from_list')
            or (website and vals.get('medium_id') == website)
        ]
        if not touched:
            return vals_list
        vals_list = list(vals_list)
        origins = self._get_sop_list_origins({vals_list[index].get('sop_list_id', context_list) for index in touched})
        for index in touched:
            vals = vals_list[index]
            vals_list[index] = self._prepare_sop_origin_values(
                vals, origins.get(vals.get('sop_list_id', context_list)))
        return vals_list

    @api.model
    def _get_sop_list_origins(self, list_ids):
        """``{list id: values its leads take over}``"""
        ids = [list_id for list_id in list_ids if isinstance(list_id, int) and list_id]
        if not ids:
            return {}
        return {
            prospects.id: prospects._prepare_origin_values()
            for prospects in self.env['sop.prospect.list'].search(Domain('id', 'in', ids))
        }

    @api.model
    def _prepare_sop_origin_values(self, vals, list_origin):
        known = list_origin
        if known is None:
            known = {'sop_collected_by_id': self.env.uid, 'sop_collected_date': fields.Date.context_today(self)}
            if not vals.get('sop_legal_basis'):
                known = self._prepare_sop_request_origin()
        return {
            **vals,
            **{name: vals.get(name) or value for name, value in known.items()},
            'sop_basis_from_list': bool(
                list_origin and list_origin['sop_legal_basis']
                and vals.get('sop_legal_basis') in (None, False, list_origin['sop_legal_basis'])),
        }

    @api.model
    def _prepare_sop_request_origin(self):
        """The origin of a lead whose customer wrote to us."""
        return {
            'sop_source': 'online',
            'sop_legal_basis': 'business',
            'sop_collected_by_id': self.env.uid,
            'sop_collected_date': fields.Date.context_today(self),
        }

    @api.model
    def _sop_state_business(self, domain):
        """Who ordered is contacted to perform a contract: state it for the open leads in ``domain``, oldest first."""
        # sudo: the basis of a lead does not depend on who confirms the order.
        leads = self.sudo().search(
            Domain('sop_process_id', '!=', False) & Domain('sop_outcome', '=', 'open')
            & Domain('sop_legal_basis', '=', False) & Domain(domain), order='id', limit=BATCH)
        for (user, date), group in leads.grouped(
            lambda lead: (lead.sop_collected_by_id or lead.create_uid,
                          lead.sop_collected_date or lead.create_date.date()),
        ).items():
            as_engine(group).write({
                'sop_legal_basis': 'business', 'sop_collected_by_id': user.id, 'sop_collected_date': date})
        leads._sop_resume_plans()
        return len(leads)

    @api.model
    def _cron_state_business(self):
        """Customers who ordered before their lead was made."""
        buyers = Domain('partner_id', 'in', self.env['res.partner']._search_sop_buyers())
        done = self._sop_state_business(buyers)
        self.env['ir.cron']._commit_progress(done, remaining=int(done == BATCH))

    def message_new(self, msg_dict, custom_values=None):
        return super().message_new(msg_dict, {**self._prepare_sop_request_origin(), **(custom_values or {})})

    # ------------------------------------------------------------
    # THE LIST OF A LEAD
    # ------------------------------------------------------------

    def _check_sop_list_change(self, vals):
        """A lead does not get rid of an unknown legal basis by leaving its list."""
        if 'sop_list_id' not in vals or vals.get('sop_legal_basis'):
            return
        prospects = self.env['sop.prospect.list'].browse(vals['sop_list_id'])
        leaving = self.filtered(lambda lead: lead.sop_list_id and lead.sop_list_id != prospects)
        if leaving and (not prospects or prospects.legal_basis):
            # sudo: the list may be one of another company.
            raise UserError(self.env._(
                "%(lead)s came with the list %(list)s, whose legal basis is unknown. State the legal basis of the "
                "lead together with the change.",
                lead=leaving[0].name, list=leaving[0].sop_list_id.sudo().name))

    @api.model
    def _is_sop_basis_of_list(self, vals):
        """Whether ``vals`` state the basis of the list they choose: the form fills it in."""
        prospects = self.env['sop.prospect.list'].browse(vals.get('sop_list_id') or ())
        return bool(vals['sop_legal_basis'] and prospects and prospects.legal_basis == vals['sop_legal_basis'])

    def _sop_fill_from_list(self):
        """Take over from the list what the leads do not say themselves."""
        for prospects, leads in self.filtered('sop_list_id').grouped('sop_list_id').items():
            for name, value in prospects._prepare_origin_values().items():
                missing = leads.filtered(lambda lead, name=name: not lead[name]) if value else leads.browse()
                if missing:
                    flag = {'sop_basis_from_list': True} if name == 'sop_legal_basis' else {}
                    as_engine(missing).write({name: value, **flag})
                    if flag:
                        missing._sop_resume_plans()

    def _sop_drop_basis(self):
        """The list no longer states what these leads took from it."""
        if self:
            as_engine(self).write({'sop_legal_basis': False, 'sop_basis_from_list': False})

    def _sop_stamp_collector(self):
        """Who states a legal basis answers for the data, unless somebody does already."""
        for name, value in (
            ('sop_collected_by_id', self.env.uid), ('sop_collected_date', fields.Date.context_today(self)),
        ):
            missing = self.filtered(lambda lead, name=name: not lead[name])
            if missing:
                as_engine(missing).write({name: value})

    def _sop_after_basis(self):
        """What was held for its legal basis and is free now: the chatter says who stated it."""
        free = self - self._filter_sop_held('basis')
        labels = dict(self._fields['sop_legal_basis']._description_selection(self.env))
        if free:
            free.sudo()._message_log_batch({
                lead.id: self.env._("Legal basis stated: %s. The lead may be contacted.", labels.get(
                    lead.sop_legal_basis, self.env._("that of its list")))
                for lead in free
            }, author_id=self.env.user.partner_id.id)
            free._sop_resume_plans()

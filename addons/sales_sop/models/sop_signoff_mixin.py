import hashlib
import json

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import as_engine


class SopSignoffMixin(models.AbstractModel):
    """Anything a customer must confirm: he reads, confirms with his name and signature, or declines with his reason.

    For records with ``sop.guarded.mixin``.
    A model says what is confirmed (``_get_sop_signoff_values``), how it looks
    (``_sop_signoff_template``) and what follows from the answer
    (``_sop_on_signoff``). Silence never confirms anything.
    """

    _name = 'sop.signoff.mixin'
    _description = "Confirmed by the Customer"

    _sop_server_fields = frozenset({'signoff_ids', 'signoff_state'})
    # The field, here and on sop.signoff, that leads to the document in whose chatter it is told
    _sop_signoff_document = 'lead_id'
    # The QWeb template of what the customer reads; ``record`` comes in his language and as superuser
    _sop_signoff_template = None

    signoff_ids = fields.One2many(
        'sop.signoff', 'res_id', string="Confirmations", readonly=True, copy=False,
        domain=lambda self: [('res_model', '=', self._name)])
    signoff_state = fields.Selection(
        [('none', "Not sent"), ('pending', "Waiting for the customer"), ('confirmed', "Confirmed"),
         ('declined', "Declined"), ('outdated', "Changed since"), ('expired', "Expired")],
        string="Confirmation", compute='_compute_signoff_state', store=True, index=True, compute_sudo=True,
        help="What became of the latest request to the customer.")

    @api.depends('signoff_ids.state')
    def _compute_signoff_state(self):
        for record in self:
            # The order of a cache is not that of the database: the latest has the highest id.
            latest = max(record.signoff_ids, key=lambda signoff: signoff.id or 0, default=None)
            record.signoff_state = latest.state if latest else 'none'

    # ------------------------------------------------------------
    # WHAT A MODEL SAYS
    # ------------------------------------------------------------

    def _get_sop_signoff_partner(self):
        """Whom the request is sent to, unless the user chooses somebody else of the customer."""
        document = self._get_sop_signoff_document()
        return document.partner_id if 'partner_id' in document._fields else self.env['res.partner']

    def _get_sop_signoff_title(self):
        """What is confirmed, in a few words and in the language of ``self``; the customer reads it."""
        return self.display_name

    def _get_sop_signoff_values(self):
        """Exactly what is confirmed: a dict of ids, numbers, dates and texts that are the same in every language.

        Called as superuser with an empty context. A request is outdated as
        soon as these values are others than when it was sent.
        """
        return {}

    def _check_sop_signoff(self):
        """Refuse what cannot be sent to the customer yet.

        :raise UserError: names the record, what is missing and what to do
        """

    def _sop_on_signoff(self, signoff):
        """Called once, as superuser, with the answer: ``signoff.state`` is 'confirmed' or 'declined'."""

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_sop_signoff_send(self):
        """Open the dialog that asks the customer to confirm."""
        self.ensure_one()
        self._check_sop_signoff_request()
        return self._get_sop_signoff_dialog('sop.signoff.send', self.env._("Send for Confirmation"))

    def action_sop_signoff_record(self):
        """Open the dialog that records what the customer answered on paper or by e-mail."""
        self.ensure_one()
        self.check_access('write')
        self._check_sop_signoff()
        return self._get_sop_signoff_dialog('sop.signoff.record', self.env._("Record the Answer"))

    def _get_sop_signoff_dialog(self, model, name):
        return {
            'type': 'ir.actions.act_window',
            'name': name,
            'res_model': model,
            'view_mode': 'form',
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'default_res_model': self._name, 'default_res_id': self.id},
        }

    # ------------------------------------------------------------
    # REQUESTS
    # ------------------------------------------------------------

    def _sop_request_signoff(self, partner=None, message=None, mail=True):
        """Ask the customer to confirm this record as it is now; an open request before it is outdated.

        :param partner: whom to ask; None: the contact of the record
        :param str message: a personal line in the mail, optional
        :param bool mail: send the link; False: the caller hands it over himself
        :return: the pending ``sop.signoff``
        :raise UserError: it cannot be sent yet, the customer must not be contacted, or has no address
        """
        self.ensure_one()
        self._check_sop_signoff_request()
        partner = partner or self._get_sop_signoff_partner()
        if not partner:
            raise UserError(self.env._("%s: enter the customer who is to confirm it.", self.display_name))
        if mail and not partner.email:
            raise UserError(self.env._(
                "%(partner)s has no e-mail address. Enter it, or hand over the link yourself.",
                partner=partner.display_name))
        self._get_sop_open_signoffs()._outdate()
        signoff = self._sop_create_signoff(self._prepare_sop_signoff_request(partner))
        signoff._send(message, mail=mail)
        return signoff

    def _sop_record_signoff(self, state, signer_name, **values):
        """Keep an answer the customer gave on paper or by e-mail, with who recorded it.

        :param str state: 'confirmed' or 'declined'
        :param values: ``how``, ``answer_date``, ``comment``, ``files`` (attachments that prove it)
        :return: the answered ``sop.signoff``
        """
        self.ensure_one()
        self.check_access('write')
        self._check_sop_signoff()
        self._get_sop_open_signoffs()._outdate()
        partner = self._get_sop_signoff_partner()
        signoff = self._sop_create_signoff({**self._prepare_sop_signoff(partner), 'recorded_by_id': self.env.uid})
        signoff._answer(state, signer_name, **values)
        return signoff

    def _sop_create_signoff(self, vals):
        signoff = as_engine(self.env['sop.signoff']).create(vals)
        # The right of the engine ends here.
        return self.env['sop.signoff'].browse(signoff.id)

    def _sop_outdate_signoffs(self):
        """To be called after a change: open requests that show something else become outdated."""
        self._get_sop_open_signoffs()._outdate_changed()

    def _check_sop_signoff_request(self):
        self.check_access('write')
        self._check_sop_signoff()
        document = self._get_sop_signoff_document()
        if hasattr(document, '_check_sop_contactable'):
            document._check_sop_contactable()

    def _get_sop_signoff_document(self):
        return self[self._sop_signoff_document]

    def _get_sop_open_signoffs(self):
        # sudo: requests change with what they are about, whoever changes it.
        return self.env['sop.signoff'].sudo().search(
            [('res_model', '=', self._name), ('res_id', 'in', self.ids), ('state', '=', 'pending')])

    def _prepare_sop_signoff_request(self, partner):
        now, days = fields.Datetime.now(), self._get_sop_signoff_company().sop_signoff_days
        return {
            **self._prepare_sop_signoff(partner),
            'sent_date': now,
            'sent_by_id': self.env.uid,
            'valid_until': days > 0 and now + relativedelta(days=days),
        }

    def _prepare_sop_signoff(self, partner):
        lang = partner.lang or self.env.lang
        # sudo: what the customer reads does not depend on who sends it.
        record = self.sudo().with_context(lang=lang, tz=partner.tz or self.env.user.tz)
        values = self._get_sop_frozen_values()
        return {
            'res_model': self._name,
            'res_id': self.id,
            self._sop_signoff_document: self._get_sop_signoff_document().id,
            'company_id': self._get_sop_signoff_company().id,
            'partner_id': partner.id,
            'lang': lang,
            'title': record._get_sop_signoff_title(),
            'content': record._render_sop_signoff(),
            'values': values,
            'fingerprint': self._hash_sop_values(values),
        }

    def _get_sop_signoff_company(self):
        # sudo: the settings of a company hold for everybody.
        return self.sudo()._get_sop_signoff_document()._get_sop_company()

    def _render_sop_signoff(self):
        """What the customer reads, in the language of ``self``."""
        if not self._sop_signoff_template:
            return ''
        return self.env['ir.qweb']._render(self._sop_signoff_template, {'record': self})

    def _get_sop_frozen_values(self):
        # sudo: the same for everybody, so that a change is one for everybody.
        record = self.with_env(self.env(su=True, context={}))
        return json.loads(json.dumps(record._get_sop_signoff_values(), default=str))

    @api.model
    def _hash_sop_values(self, values):
        canonical = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(',', ':'))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def _get_sop_fingerprint(self):
        """The fingerprint of what would be confirmed now."""
        return self._hash_sop_values(self._get_sop_frozen_values())

    # ------------------------------------------------------------
    # DELETION
    # ------------------------------------------------------------

    @api.ondelete(at_uninstall=False)
    def _unlink_except_answered(self):
        # sudo: an answer is kept, whether or not the user may read it.
        answered = self.env['sop.signoff'].sudo().search([
            ('res_model', '=', self._name), ('res_id', 'in', self.ids),
            ('state', 'in', ('confirmed', 'declined'))], limit=1)
        if answered:
            raise UserError(self.env._(
                "%s is kept: the customer has answered it.", self.browse(answered.res_id).display_name))

    def unlink(self):
        self._get_sop_open_signoffs()._outdate()
        return super().unlink()

import secrets

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.orm.models import NO_ACCESS
from odoo.tools import consteq

from ..engine import as_engine
from ..values import CONFIRM_METHODS

ANSWERED = ('confirmed', 'declined')
DECLINED = 'sales_sop.mail_activity_type_signoff_declined'
EXPIRED = 'sales_sop.mail_activity_type_signoff_expired'


class SopSignoff(models.Model):
    """One request to a customer to confirm something, and the answer.

    What he reads is frozen when it is sent; answered rows never change.
    """

    _name = 'sop.signoff'
    _description = "Confirmation by the Customer"
    _inherit = ['sop.ledger.mixin']
    _order = 'id desc'
    _rec_name = 'title'

    lead_id = fields.Many2one('crm.lead', string="Opportunity", index='btree_not_null', ondelete='cascade')
    res_model = fields.Char(required=True, index=True)
    res_id = fields.Many2oneReference(model_field='res_model', required=True, index=True)
    state = fields.Selection(
        [('pending', "Waiting"), ('confirmed', "Confirmed"), ('declined', "Declined"), ('outdated', "Outdated"),
         ('expired', "Expired")],
        required=True, default='pending', index=True,
        help="Outdated: what is confirmed was changed, or sent again.")
    title = fields.Char(required=True)
    content = fields.Html(help="What the customer reads, as it was when it was sent.", sanitize_overridable=False)
    values = fields.Json(help="What the customer confirms, for machines.")
    fingerprint = fields.Char(required=True, help="SHA-256 of the values: shows that nothing was changed since.")
    partner_id = fields.Many2one('res.partner', string="Asked", index='btree_not_null')
    lang = fields.Char(string="Language")
    company_id = fields.Many2one('res.company', index=True)
    access_token = fields.Char(groups=NO_ACCESS, default=lambda self: secrets.token_urlsafe(32))
    sent_date = fields.Datetime(string="Sent On")
    sent_by_id = fields.Many2one('res.users', ondelete='restrict')
    valid_until = fields.Datetime()
    how = fields.Selection(CONFIRM_METHODS, string="Answered By")
    answer_date = fields.Datetime(string="Answered On")
    signer_name = fields.Char(string="Person")
    signature = fields.Binary()
    comment = fields.Text()
    address = fields.Char(string="IP Address")
    user_agent = fields.Char(string="Browser")
    recorded_by_id = fields.Many2one('res.users', ondelete='restrict')
    attachment_ids = fields.Many2many('ir.attachment', string="Files", compute='_compute_attachment_ids')

    _record_index = models.Index('(res_model, res_id)')
    _pending_index = models.Index("(valid_until) WHERE state = 'pending'")

    def _compute_attachment_ids(self):
        # sudo: whoever may read the answer may read its files.
        files = dict(self.env['ir.attachment'].sudo()._read_group(
            [('res_model', '=', self._name), ('res_field', '=', False), ('res_id', 'in', self.ids)],
            ['res_id'], ['id:recordset']))
        for signoff in self:
            signoff.attachment_ids = files.get(signoff.id)

    # ------------------------------------------------------------
    # THE RECORD BEHIND
    # ------------------------------------------------------------

    @api.model
    def _get_signoff_record(self, model, res_id):
        """A record that customers confirm and the user may change, for the dialogs."""
        mixin = self.env.registry['sop.signoff.mixin']
        if model not in self.env or not issubclass(self.env.registry[model], mixin):
            raise UserError(self.env._("Customers do not confirm this. Open the dialog from the record."))
        record = self.env[model].browse(res_id).exists()
        if not record:
            raise UserError(self.env._("What was to be confirmed has been deleted."))
        record.check_access('write')
        return record

    def _get_record(self):
        """What is confirmed, as superuser; empty when it was deleted."""
        self.ensure_one()
        if self.res_model not in self.env:
            return None
        # sudo: the customer has no rights on what he is asked about.
        return self.env[self.res_model].sudo().browse(self.res_id).exists()

    def _get_user(self):
        """The salesperson who is told of the answer."""
        # sudo: whoever it belongs to, the customer has no rights on it.
        document = self.sudo()._get_sop_document()
        owner = document.user_id if document and 'user_id' in document._fields else self.env['res.users']
        return (owner or self.sudo().sent_by_id).filtered(lambda user: user.active and not user.share)

    def _is_changed(self):
        record = self._get_record()
        return not record or record._get_sop_fingerprint() != self.fingerprint

    def _outdate(self):
        # Pending requests only: an answer never changes.
        as_engine(self.filtered(lambda signoff: signoff.state == 'pending')).write({'state': 'outdated'})

    def _outdate_changed(self):
        self.filtered(lambda signoff: signoff._is_changed())._outdate()

    # ------------------------------------------------------------
    # ACTIONS
    # ------------------------------------------------------------

    def action_open_record(self):
        """Open what is to be confirmed."""
        self.ensure_one()
        self.check_access('read')
        record = self._get_record()
        if not record:
            raise UserError(self.env._("%s: what was to be confirmed has been deleted.", self.title))
        record = record.sudo(False)
        record.check_access('read')
        return record.get_formview_action()

    def action_preview(self):
        """The page as the customer sees it."""
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_url',
            'url': f'{self._get_lang_path()}/my/confirmations/{self.id}',
            'target': 'new',
        }

    # ------------------------------------------------------------
    # SENDING
    # ------------------------------------------------------------

    def _get_url(self):
        """The address where the customer answers. Whoever has it can answer."""
        self.ensure_one()
        # sudo: nobody reads the token, it is only handed on.
        token = self.sudo().access_token
        return f'{self.get_base_url()}{self._get_lang_path()}/my/confirmations/{self.id}?access_token={token}'

    def _get_lang_path(self):
        """The page comes in the language of what it shows."""
        lang = self.env['res.lang']._get_data(code=self.lang)
        return f'/{lang.url_code}' if lang else ''

    def _matches(self, token):
        # sudo: nobody reads the token; bytes, as what a stranger sends need not be ASCII.
        return bool(token) and consteq(self.sudo().access_token.encode(), str(token).encode(errors='replace'))

    def _get_report_base_filename(self):
        return self.title

    def _send(self, message, mail=True):
        document = self._get_sop_document()
        note = self.env._("Asked to confirm %(title)s: %(partner)s", title=self.title, partner=self.partner_id.name)
        document._message_log(body=note)
        if mail:
            self._mail(message)

    def _mail(self, message):
        """Mail the link in the language of the customer, through the queue and the thread of the document."""
        # sudo: the text of the mail is the administrator's.
        template = self.env.ref('sales_sop.mail_template_signoff').sudo().with_context(
            sop_url=self._get_url(), sop_message=message)
        subject, body = (
            template._render_field(name, self.ids, set_lang=self.lang)[self.id] for name in ('subject', 'body_html'))
        localized = self.with_context(lang=self.lang)
        self._get_mail_thread().with_context(lang=self.lang).message_notify(
            partner_ids=self.partner_id.ids, subject=subject, body=body, force_record_name=self.title,
            model_description=localized.env._("Confirmation"), email_layout_xmlid='mail.mail_notification_light',
            force_send=False)

    def _get_mail_thread(self):
        """Through what the customer is written to."""
        return self._get_sop_document()

    # ------------------------------------------------------------
    # ANSWERS
    # ------------------------------------------------------------

    def _refresh(self):
        """Note what time and changes have made of a pending request; return the state."""
        if self.state == 'pending':
            if self._is_changed():
                self._outdate()
            elif self.valid_until and self.valid_until < fields.Datetime.now():
                self._expire()
        return self.state

    def _answer(self, state, signer_name, files=None, **values):
        """Keep the answer of the customer, once.

        :param str state: 'confirmed' or 'declined'
        :param files: attachments that prove it; they are copied
        :return: whether it was kept; False: it cannot be answered any more
        """
        self._lock()
        if self._refresh() != 'pending':
            return False
        as_engine(self).write({
            'state': state,
            'signer_name': signer_name,
            'how': 'portal',
            'answer_date': fields.Datetime.now(),
            **values,
        })
        for file in files or ():
            as_engine(file).copy({'res_model': self._name, 'res_id': self.id})
        self._tell_answer()
        self._get_record()._sop_on_signoff(self.sudo())
        return True

    def _lock(self):
        """Wait for whoever answers at the same time: the second one sees the first answer."""
        self.env.cr.execute('SELECT 1 FROM sop_signoff WHERE id = %s FOR NO KEY UPDATE', [self.id])
        self.invalidate_recordset(['state'])

    def _tell_answer(self):
        document, user = as_engine(self)._get_sop_document(), self._get_user()
        body = self.with_context(lang=user.lang)._get_answer_note()
        document.with_context(lang=user.lang)._message_log(
            body=body, author_id=(self.sudo().recorded_by_id.partner_id or self.partner_id).id or None)
        if self.state == 'declined' and user:
            document.with_context(lang=user.lang).activity_schedule(
                DECLINED, user_id=user.id, summary=self.title, note=body)

    def _get_answer_note(self):
        label = dict(self._fields['state']._description_selection(self.env))[self.state]
        line = Markup('%s: %s<br/>%s') % (label, self.title, self.signer_name or '')
        return line + (Markup('<br/>%s') % self.comment if self.comment else '')

    def _expire(self):
        """Nobody answered: that confirms nothing, and the salesperson asks again."""
        as_engine(self).write({'state': 'expired'})
        for signoff in self:
            if user := signoff._get_user():
                document = as_engine(signoff)._get_sop_document()
                document.with_context(lang=user.lang).activity_schedule(
                    EXPIRED, user_id=user.id, summary=signoff.title)

    # ------------------------------------------------------------
    # SCHEDULED JOB
    # ------------------------------------------------------------

    @api.model
    def _cron_expire(self, batch_size=100):
        """Close the requests whose link is no longer valid."""
        cron = self.env['ir.cron']
        domain = Domain([('state', '=', 'pending'), ('valid_until', '<', fields.Datetime.now())])
        cron._commit_progress(remaining=self.search_count(domain))
        while signoffs := self.search(domain, order='id', limit=batch_size):
            signoffs._expire()
            if not cron._commit_progress(len(signoffs)):
                return

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..engine import as_engine, is_engine


class SopRefusalMixin(models.AbstractModel):
    """Somebody who asked not to be contacted: whoever hears it notes it, a manager lifts it with a reason.

    When and by whom is stamped by the server. The model must have a chatter:
    it keeps what was noted and lifted before.
    """

    _name = 'sop.refusal.mixin'
    _description = "May Ask Not to Be Contacted"

    _sop_refusal_fields = frozenset({
        'sop_do_not_contact', 'sop_do_not_contact_reason', 'sop_do_not_contact_date', 'sop_do_not_contact_by_id'})

    sop_do_not_contact = fields.Boolean(
        string="Do Not Contact", help="Asked not to be contacted. Only a manager of Sales SOP lifts it.")
    # Not for the customer himself, who reads his own address in the portal.
    sop_do_not_contact_reason = fields.Char(string="Why Not to Contact", groups='base.group_user', prefetch='sop')
    sop_do_not_contact_date = fields.Datetime(
        string="Not to Be Contacted Since", readonly=True, copy=False, prefetch='sop')
    sop_do_not_contact_by_id = fields.Many2one(
        'res.users', string="Do Not Contact Noted By", readonly=True, copy=False, groups='base.group_user',
        prefetch='sop')

    @api.model
    def default_get(self, fields):
        # No default of a user or of a context refuses anything in the name of somebody.
        return super().default_get([name for name in fields if name not in self._sop_refusal_fields])

    @api.model_create_multi
    def create(self, vals_list):
        if is_engine(self.env) or all(self._sop_refusal_fields.isdisjoint(vals) for vals in vals_list):
            return super().create(vals_list)
        records = super().create([self._strip_sop_refusal(vals) for vals in vals_list])
        reasons = {}
        for record, vals in zip(records, vals_list, strict=True):
            if vals.get('sop_do_not_contact'):
                reasons.setdefault(vals.get('sop_do_not_contact_reason'), []).append(record.id)
        for reason, ids in reasons.items():
            self.browse(ids)._sop_set_do_not_contact(reason)
        return records

    def write(self, vals):
        if is_engine(self.env) or self._sop_refusal_fields.isdisjoint(vals):
            return super().write(vals)
        self._check_sop_refusal_values(vals)
        result = super().write(self._strip_sop_refusal(vals))
        if vals.get('sop_do_not_contact'):
            self._sop_set_do_not_contact(vals.get('sop_do_not_contact_reason'))
        return result

    def action_sop_lift_do_not_contact(self, reason):
        """Let these be contacted again.

        :param str reason: why; kept in the chatter
        """
        self.check_access('write')
        if not self.env.user.has_group('sales_sop.group_sop_manager'):
            raise AccessError(self.env._(
                "Only a manager of Sales SOP lets somebody be contacted who asked not to be."))
        reason = str(reason or '').strip()
        if not reason:
            raise UserError(self.env._("%s: give a reason.", self[:1].display_name))
        if not self._sop_lift_do_not_contact(reason):
            raise UserError(self.env._("%s: nobody asked not to be contacted.", self[:1].display_name))
        return True

    def _sop_set_do_not_contact(self, reason):
        """Note that these asked not to be contacted. Returns those that had not asked before."""
        records = self.sudo().filtered(lambda record: not record.sop_do_not_contact).sudo(self.env.su)
        if not records:
            return records
        records.check_access('write')
        reason = str(reason or '').strip()
        as_engine(records).write({
            'sop_do_not_contact': True,
            'sop_do_not_contact_reason': reason,
            'sop_do_not_contact_date': fields.Datetime.now(),
            'sop_do_not_contact_by_id': self.env.uid,
        })
        records._log_sop_refusal(
            self.env._("Asked not to be contacted: %s", reason) if reason
            else self.env._("Asked not to be contacted."))
        return records

    def _sop_lift_do_not_contact(self, reason):
        """Lift it where it is noted. Returns the records."""
        records = self.filtered('sop_do_not_contact')
        if records:
            as_engine(records).write(dict.fromkeys(self._sop_refusal_fields, False))
            records._log_sop_refusal(self.env._("May be contacted again: %s", reason))
        return records

    def _log_sop_refusal(self, body):
        # sudo: whoever heard it may write the record, not always its messages.
        self.sudo()._message_log_batch(dict.fromkeys(self.ids, body), author_id=self.env.user.partner_id.id)

    @api.model
    def _strip_sop_refusal(self, vals):
        return {name: value for name, value in vals.items() if name not in self._sop_refusal_fields}

    def _check_sop_refusal_values(self, vals):
        if vals.get('sop_do_not_contact'):
            return
        refused = self.sudo().filtered('sop_do_not_contact')
        if refused:
            raise UserError(self.env._(
                "%s asked not to be contacted. Only a manager of Sales SOP lifts this: with the button Lift, and "
                "with a reason.", refused[0].display_name))
        if any(vals[name] for name in self._sop_refusal_fields & vals.keys()):
            raise UserError(self.env._(
                "%s did not ask not to be contacted: set Do Not Contact together with the reason.",
                self[:1].display_name))

from odoo import fields, models

from ..engine import as_engine


class SopInternalThreadMixin(models.AbstractModel):
    """Notes and activities beside a part of a lead: they stay in the house.

    Customers are written to from the opportunity, which knows whether they may be.
    """

    _name = 'sop.internal.thread.mixin'
    _description = "Internal Notes"
    _inherit = ['mail.thread', 'mail.activity.mixin']

    # Whoever is asked to help may answer here.
    _mail_post_access = 'read'

    def _notify_get_recipients(self, message, msg_vals=False, **kwargs):
        recipients = super()._notify_get_recipients(message, msg_vals=msg_vals, **kwargs)
        return [recipient for recipient in recipients if not recipient.get('share')]

    def _sop_schedule(self, xmlid, plans):
        """One activity of this type for each plan, in the words of the reader.

        :param list plans: dicts with ``record``, ``user``, and if need be ``date`` and ``summary``
        """
        plans = [plan for plan in plans if plan['user'] and plan['user'].active]
        activity_type = plans and self.env.ref(xmlid, raise_if_not_found=False)
        if not activity_type:
            return
        model_id = self.env['ir.model']._get_id(self._name)
        # sudo: what is to be done may be up to another person.
        quick = len(plans) > 1 or bool(self.env.context.get('mail_activity_quick_update'))
        activities = as_engine(self.env['mail.activity'], mail_activity_quick_update=quick)
        activities.create([
            {
                'activity_type_id': activity_type.id, 'res_model_id': model_id, 'res_id': plan['record'].id,
                'user_id': plan['user'].id, 'automated': True, 'date_deadline': plan.get('date') or fields.Date.today(),
                'summary': plan.get('summary') or activity_type.with_context(lang=plan['user'].lang).summary,
            }
            for plan in plans
        ])

    def _sop_unschedule(self, *xmlids):
        if self:
            # sudo: the task may be that of another person; it is done for all.
            self.sudo().activity_unlink(list(xmlids))

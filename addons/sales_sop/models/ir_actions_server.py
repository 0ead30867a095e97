from odoo import models


class IrActionsServer(models.Model):
    """Automation rules pass over leads that must not be contacted: they would keep them from being saved."""

    _inherit = 'ir.actions.server'

    def _run_action_next_activity(self, eval_context=None):
        return super(IrActionsServer, self._without_sop_held())._run_action_next_activity(eval_context=eval_context)

    def _run_action_mail_post_multi(self, eval_context=None):
        return super(IrActionsServer, self._without_sop_held())._run_action_mail_post_multi(eval_context=eval_context)

    def _run_action_sms_multi(self, eval_context=None):
        """Called where text messages are installed."""
        records = (eval_context or {}).get('records') or (eval_context or {}).get('record')
        if self.usage == 'base_automation' and records and records._name == 'crm.lead':
            eval_context = {**eval_context, 'records': records - records._filter_sop_held(), 'record': None}
        return super()._run_action_sms_multi(eval_context=eval_context)

    def _without_sop_held(self):
        """This action of an automation rule with the leads it may reach."""
        ids = self.env.context.get('active_ids') or [self.env.context.get('active_id')]
        if self.model_name != 'crm.lead' or self.usage != 'base_automation' or not any(ids):
            return self
        leads = self.env['crm.lead'].browse(lead_id for lead_id in ids if lead_id)
        free = leads - leads._filter_sop_held()
        return self.with_context(active_ids=free.ids, active_id=free[:1].id) if free != leads else self

from odoo import api, fields, models


class MailActivity(models.Model):
    """What was agreed in a workshop is done on its opportunity (S3.3)."""

    _inherit = 'mail.activity'

    sop_workshop_id = fields.Many2one(
        'calendar.event', string="Workshop", index='btree_not_null', ondelete='set null', readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if vals.get('sop_workshop_id') and not vals.get('res_id'):
                vals.update(self._prepare_sop_action_values(vals))
        return super().create(vals_list)

    @api.model
    def _prepare_sop_action_values(self, vals):
        # sudo: whether the user may plan on this lead is checked when the activity is there.
        lead = self.env['calendar.event'].sudo().browse(vals['sop_workshop_id']).sop_lead_id
        todo = self.env.ref('mail.mail_activity_data_todo', raise_if_not_found=False)
        return {
            'res_model_id': self.env['ir.model']._get_id('crm.lead'),
            'res_id': lead.id,
            'activity_type_id': vals.get('activity_type_id') or (todo and todo.id),
        }

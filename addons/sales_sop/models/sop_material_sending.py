from odoo import api, fields, models

from ..engine import as_engine


class SopMaterialSending(models.Model):
    """Which version of which material went to whom: written with the message, for recalls."""

    _name = 'sop.material.sending'
    _description = "Sent Material"
    _inherit = ['sop.ledger.mixin']
    _order = 'date desc, id desc'
    _rec_name = 'material_id'

    lead_id = fields.Many2one('crm.lead', string="Opportunity", required=True, index=True, ondelete='cascade')
    partner_id = fields.Many2one('res.partner', string="Customer", index='btree_not_null')
    material_id = fields.Many2one('sop.material', required=True, index=True, ondelete='restrict')
    kind = fields.Selection(related='material_id.kind')
    version = fields.Char(related='material_id.version')
    validity = fields.Selection(
        related='material_id.validity', string="Today", help="What this version is worth today.")
    tailored = fields.Boolean()
    recipients = fields.Char(help="Names and addresses at the time of sending.")
    date = fields.Datetime(required=True)
    user_id = fields.Many2one('res.users', string="Sent By", required=True, ondelete='restrict')
    message_id = fields.Many2one('mail.message', ondelete='set null', index='btree_not_null')
    company_id = fields.Many2one('res.company')

    def action_open_document(self):
        """Open the opportunity the material was sent for."""
        self.ensure_one()
        self.check_access('read')
        return self.lead_id.get_formview_action()

    @api.model
    def _record(self, record, message, files, recipients):
        """Note what of ``files`` is material, once for each message.

        :param record: what the message was written on: a lead, or a document of one
        :param list recipients: names and addresses
        """
        lead = self._get_lead(record)
        found = lead and self.env['sop.material']._find_by_files(files)
        if not found:
            return
        known = self.sudo().search([('message_id', '=', message.id)]).material_id
        values = [{
            **self._prepare_sending_values(lead, message),
            **self._prepare_found_values(lead, *candidates),
            'recipients': ', '.join(recipients),
        } for candidates in found.values()]
        as_engine(self).create([row for row in values if row['material_id'] not in known.ids])

    @api.model
    def _get_lead(self, record):
        """The lead a document belongs to, or none."""
        # sudo: an order may belong to the lead of another salesperson.
        record = record.sudo()
        if record._name == 'crm.lead':
            return record
        return record['opportunity_id'] if 'opportunity_id' in record._fields else self.env['crm.lead']

    @api.model
    def _prepare_sending_values(self, lead, message):
        return {
            'lead_id': lead.id,
            'partner_id': lead.partner_id.commercial_partner_id.id,
            'date': fields.Datetime.now(),
            'user_id': self.env.uid,
            'message_id': message.id,
            'company_id': lead._get_sop_company().id,
        }

    @api.model
    def _prepare_found_values(self, lead, materials, lines):
        own = lines.filtered(lambda line: line.lead_id == lead)[:1] or lines[:1]
        usable = materials.filtered(lambda material: material.validity == 'ok')[:1] or materials[:1]
        return {'material_id': (usable or own.material_id).id, 'tailored': not usable}

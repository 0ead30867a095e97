from odoo import models


class MailTemplate(models.Model):
    _inherit = 'mail.template'

    def send_mail_batch(self, res_ids, **kwargs):
        self._check_sop_quotations(res_ids)
        return super().send_mail_batch(res_ids, **kwargs)

    def _check_sop_quotations(self, res_ids):
        """A mail that carries the quotation is sent after its review, whatever sends it."""
        # sudo: that a template prints the order is the same for everybody.
        if self.model == 'sale.order' and self.sudo().report_template_ids:
            self.env['sale.order'].browse(res_ids)._check_sop_reviewed('send')

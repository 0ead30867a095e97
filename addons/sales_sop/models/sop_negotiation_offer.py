from odoo import api, fields, models
from odoo.exceptions import UserError

from ..engine import as_engine, is_engine
from .sop_term import DIGITS, STANDINGS


class SopNegotiationOffer(models.Model):
    """What one side offered for a term in one round. It is said, so it is never changed."""

    _name = 'sop.negotiation.offer'
    _description = "Offer"
    _inherit = ['sop.lead.child.mixin', 'sop.guarded.mixin']
    _order = 'round desc, id desc'
    _rec_name = 'value'

    _sop_server_fields = frozenset({'lead_id', 'round', 'date', 'user_id'})

    line_id = fields.Many2one('sop.negotiation.line', required=True, index=True, ondelete='cascade')
    lead_id = fields.Many2one(related='line_id.lead_id', store=True, index=True)
    term_id = fields.Many2one(related='line_id.term_id')
    round = fields.Integer(readonly=True, aggregator=None)
    date = fields.Datetime(readonly=True)
    user_id = fields.Many2one('res.users', string="Recorded By", readonly=True)
    side = fields.Selection([('customer', "Customer"), ('own', "We")], required=True, default='customer')
    value = fields.Char(required=True)
    number = fields.Float(digits=(16, DIGITS), aggregator=None)
    standing = fields.Selection(STANDINGS, string="Stands")

    @api.model_create_multi
    def create(self, vals_list):
        if is_engine(self.env):
            return super().create(vals_list)
        for vals in vals_list:
            self._check_sop_guarded({name: value for name, value in vals.items() if value})
        lines = self.env['sop.negotiation.line'].browse([vals.get('line_id') for vals in vals_list])
        lines.check_access('write')
        lines.negotiation_id._check_open()
        offers = super(SopNegotiationOffer, as_engine(self)).create([
            self._prepare_offer(line, vals) for line, vals in zip(lines, vals_list, strict=True)])
        return offers.with_env(self.env)

    def write(self, vals):
        self._check_sop_kept()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_engine(self):
        self._check_sop_kept()

    def _check_sop_kept(self):
        if not is_engine(self.env):
            raise UserError(self.env._("What was offered is kept as it was said. Enter the next offer."))

    @api.model
    def _prepare_offer(self, line, vals):
        value = (vals.get('value') or '').strip()
        if not value:
            raise UserError(self.env._("%s: enter what is offered.", line.term_id.name))
        number = line._get_number(value, vals.get('number') or 0)
        if vals.get('side') == 'own':
            line._check_authority(value, number, vals.get('standing'))
        return {
            **vals, 'value': value, 'number': number, 'round': line.round, 'date': fields.Datetime.now(),
            'user_id': self.env.uid}

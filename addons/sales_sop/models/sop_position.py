from odoo import Command, api, fields, models
from odoo.exceptions import ValidationError

from ..values import POSITIONS


class SopPosition(models.Model):
    """Who holds a position of the company that decides or takes part in the procedure (§2, §5).

    Only administrators of the system fill it: whoever names the general manager
    names who approves.
    """

    _name = 'sop.position'
    _description = "Position"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Selection(POSITIONS, string="Stands For", required=True, index=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one('res.company', index=True, help="Empty: for all companies without their own.")
    user_ids = fields.Many2many(
        'res.users', string="Held By", domain="[('share', '=', False)]",
        help="Empty: the position that stands in decides.")
    stand_in_id = fields.Many2one(
        'sop.position', string="Stands In", ondelete='restrict',
        help="Decides while nobody holds this position. Empty: the managers of the procedure.")

    _code_company_uniq = models.UniqueIndex(
        '(code, COALESCE(company_id, 0))', "This position exists already in this company.")

    @api.constrains('user_ids')
    def _check_users(self):
        for position in self:
            if stranger := position.sudo().user_ids.filtered('share')[:1]:
                raise ValidationError(self.env._(
                    "%(position)s: %(user)s is not a member of the company.",
                    position=position.name, user=stranger.name))

    @api.constrains('stand_in_id')
    def _check_stand_in(self):
        if self._has_cycle('stand_in_id'):
            raise ValidationError(self.env._("%s: positions cannot stand in for each other.", self[:1].name))

    @api.model_create_multi
    def create(self, vals_list):
        positions = super().create(vals_list)
        positions._sop_let_in()
        return positions

    def write(self, vals):
        result = super().write(vals)
        if 'user_ids' in vals:
            self._sop_let_in()
        return result

    def _sop_let_in(self):
        """Whoever holds a position sees what he is asked to decide on."""
        group = self.env.ref('sales_sop.group_sop_participant')
        # sudo: whoever may name the holders lets them take part.
        newcomers = self.sudo().user_ids.filtered(lambda user: group not in user.all_group_ids)
        newcomers.write({'group_ids': [Command.link(group.id)]})

    @api.model
    def _get_sop_holders(self, codes, company, but=None):
        """The active users who decide as one of the positions ``codes`` in ``company``.

        Where nobody holds a position, the one that stands in decides, and at
        last the managers of the procedure.

        :param but: users who must not decide, as they asked for it
        """
        # sudo: who decides does not depend on who asks.
        positions = self.sudo().search(
            [('company_id', 'in', [company.id, False])], order='company_id NULLS LAST, sequence, id')
        holders = self.env['res.users'].sudo()
        for code in codes:
            holders |= self._get_sop_position_holders(positions, code, company, but)
        return holders.sudo(False)

    @api.model
    def _get_sop_position_holders(self, positions, code, company, but):
        # Not filtered: what is read of one position is read of all.
        position = next((position for position in positions if position.code == code), positions.browse())
        while position:
            if holders := position._get_sop_users(company, but):
                return holders
            position = position.stand_in_id
        return self._filter_sop_users(self._get_sop_managers(), company, but)

    @api.model
    def _get_sop_managers(self):
        # sudo: who manages the procedure is no secret.
        groups = self.env['res.groups'].sudo()
        return groups.browse(self.env['ir.model.data']._xmlid_to_res_id('sales_sop.group_sop_manager')).all_user_ids

    def _get_sop_users(self, company, but):
        return self._filter_sop_users(self.user_ids, company, but)

    @api.model
    def _filter_sop_users(self, users, company, but):
        return users.filtered(
            lambda user: user.active and not user.share and company in user.company_ids and user not in (but or ()))

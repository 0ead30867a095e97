from odoo import Command, api, fields, models, tools
from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.sales_sop.engine import forget_caches

# A stands in for B who stands in for C: further nobody looks
CHAIN = 3
MANAGER_GROUPS = 'sales_sop.group_sop_manager,base.group_system'


class SopAbsence(models.Model):
    """Somebody is away, and another one decides for him: "B for A" in the trail.

    Everybody enters his own; managers of the procedure those of others.
    """

    _name = 'sop.absence'
    _description = "Absence"
    _order = 'date_start desc, id desc'
    _rec_name = 'user_id'

    user_id = fields.Many2one(
        'res.users', string="Who Is Away", required=True, index=True, ondelete='cascade',
        default=lambda self: self.env.user, domain="[('share', '=', False)]")
    substitute_id = fields.Many2one(
        'res.users', required=True, index=True, ondelete='restrict', domain="[('share', '=', False)]")
    date_start = fields.Date(string="From", required=True, default=fields.Date.context_today)
    date_end = fields.Date(string="Until", required=True)
    note = fields.Char(string="Reason")
    can_choose = fields.Boolean(compute='_compute_can_choose', help="Whether the user enters absences of others.")

    @api.depends_context('uid')
    def _compute_can_choose(self):
        self.can_choose = self._is_sop_office()

    @api.constrains('user_id', 'substitute_id', 'date_start', 'date_end')
    def _check_substitute(self):
        for absence in self:
            if absence.date_end < absence.date_start:
                raise ValidationError(self.env._("%s: an absence ends after it starts.", absence.user_id.name))
            absence._check_persons()
            absence._check_overlap()
            absence._check_loop()

    def _check_persons(self):
        if self.user_id == self.substitute_id:
            raise ValidationError(self.env._("%s cannot stand in for himself.", self.user_id.name))
        # sudo: users of other companies are looked at as well.
        for user in (self.user_id | self.substitute_id).sudo():
            if user.share or not user.active:
                raise ValidationError(self.env._("%s is no active member of the company.", user.name))

    def _check_overlap(self):
        if other := self._get_overlapping().filtered(lambda other: other.user_id == self.user_id)[:1]:
            raise ValidationError(self.env._(
                "%(user)s is away already from %(start)s until %(end)s. Change that absence.",
                user=self.user_id.name, start=other.date_start, end=other.date_end))

    def _check_loop(self):
        """Nobody stands in for somebody who stands in for him, on any day."""
        seen, absences = self.user_id, self
        while substitutes := absences.substitute_id:
            if self.user_id in substitutes:
                raise ValidationError(self.env._(
                    "%(substitute)s is away at the same time, and %(user)s stands in for him. Choose somebody else.",
                    substitute=self.substitute_id.name, user=self.user_id.name))
            if substitutes <= seen:
                break
            seen |= substitutes
            absences = self._get_overlapping().filtered(lambda other, away=substitutes: other.user_id in away)

    def _get_overlapping(self):
        """Other absences on the same days."""
        self.ensure_one()
        # sudo: absences of others are looked at as well.
        return self.sudo().search([
            ('id', '!=', self.id), ('date_start', '<=', self.date_end), ('date_end', '>=', self.date_start)])

    @api.model_create_multi
    def create(self, vals_list):
        forget_caches(self.env)
        absences = super().create(vals_list)
        absences._check_own()
        absences._sop_let_in()
        return absences

    def write(self, vals):
        self._check_own()
        forget_caches(self.env)
        result = super().write(vals)
        self._check_own()
        self._sop_let_in()
        return result

    def unlink(self):
        forget_caches(self.env)
        return super().unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_others(self):
        self._check_own()

    def _check_own(self):
        if self._is_sop_office():
            return
        if other := self.filtered(lambda absence: absence.user_id != self.env.user)[:1]:
            raise AccessError(self.env._(
                "%s enters his absence himself, or a manager of the procedure does.", other.user_id.name))

    def _is_sop_office(self):
        return self.env.su or self.env.user.has_groups(MANAGER_GROUPS)

    def _sop_let_in(self):
        """Whoever stands in sees what he is asked; only those who manage the procedure let somebody in."""
        group = self.env.ref('sales_sop.group_sop_participant')
        # sudo: groups of users are no secret to those who choose them.
        newcomers = self.substitute_id.sudo().filtered(lambda user: group not in user.all_group_ids)
        if newcomers and not self._is_sop_office():
            raise UserError(self.env._(
                "%s takes no part in reviews yet. Ask a manager of the procedure to enter your absence.",
                newcomers[0].name))
        newcomers.write({'group_ids': [Command.link(group.id)]})

    # ------------------------------------------------------------
    # WHO DECIDES TODAY
    # ------------------------------------------------------------

    @api.model
    def _get_sop_today(self):
        return self.env.company._get_sop_local_date(fields.Datetime.now())

    @api.model
    @tools.ormcache('date')
    def _get_sop_pairs(self, date):
        """``((id of who is away on this day, id of who stands in for him), ...)``"""
        # sudo: who decides does not depend on who asks.
        absences = self.sudo().search([('date_start', '<=', date), ('date_end', '>=', date)])
        return tuple((absence.user_id.id, absence.substitute_id.id) for absence in absences)

    @api.model
    def _get_sop_substitutes(self, users, date=None):
        """``{user: who decides for him}`` for those of ``users`` who are away on ``date`` (today).

        Whoever is away himself hands on to his substitute, up to three times.
        """
        next_ids = dict(self._get_sop_pairs(date or self._get_sop_today()))
        found = {}
        for user in users.filtered(lambda user: user.id in next_ids):
            acting_id = user.id
            for __ in range(CHAIN):
                acting_id = next_ids.get(acting_id, acting_id)
            found[user] = users.browse(acting_id)
        # sudo: whether somebody is still with us is no secret.
        return {user: acting for user, acting in found.items() if acting != user and acting.sudo().active}

    @api.model
    def _get_sop_acting_for(self, user, date=None):
        """The users for whom ``user`` may decide on ``date`` (today), himself not included."""
        pairs = self._get_sop_pairs(date or self._get_sop_today())
        away_ids, deputy_ids = set(), {user.id}
        for __ in range(CHAIN):
            deputy_ids = {away_id for away_id, deputy_id in pairs if deputy_id in deputy_ids}
            away_ids |= deputy_ids
        return user.browse(sorted(away_ids - {user.id}))

from odoo import api, fields, models, tools


class ResCompany(models.Model):
    """What a company may set about S1 and S2. Days are calendar days unless said otherwise."""

    _inherit = 'res.company'

    sop_quarantine = fields.Boolean(
        string="Hold Leads of Unknown Legal Basis", default=True,
        help="Nobody contacts or exports such a lead until its legal basis is stated (S1.3).", prefetch='sop')
    sop_duplicate_days = fields.Integer(
        string="Ruling on Two Owners", default=2, help="Working days in which the sales manager decides (S1.3).",
        prefetch='sop')
    sop_market_note_days = fields.Integer(
        string="Finding Due After", default=30, help="A market note without a finding is reminded of (S1.1).",
        prefetch='sop')
    sop_profile_months = fields.Integer(
        string="Profiles Valid For", default=12, help="Months after the approval of a profile (S1.2).", prefetch='sop')
    sop_grade_manual_days = fields.Integer(
        string="Manual Grade Valid For", default=60, help="A grade set by hand falls back after it (§3.3).",
        prefetch='sop')
    sop_pool = fields.Boolean(
        string="Public Pool", default=True,
        help="Leads without activity go back to the public pool when their protection ends (S1.5).", prefetch='sop')
    sop_pool_notice_days = fields.Integer(
        string="Notice Before", default=3, help="The salesperson is told so many days before (S1.5).", prefetch='sop')
    sop_pool_claim_limit = fields.Integer(
        string="Claims per Day", default=10, help="How many leads one person may claim a day. 0: no limit.",
        prefetch='sop')
    sop_pool_hold_days = fields.Integer(
        string="No Claim Again For", default=7, help="Whoever lost a lead to the pool waits so long to claim it again.",
        prefetch='sop')
    sop_handover = fields.Boolean(
        string="Hand-over List", default=True,
        help="When the salesperson changes, both sign what is handed over (X.9).", prefetch='sop')
    sop_handover_days = fields.Integer(
        string="Signed Within", default=3, help="Working days in which both sign (X.9).", prefetch='sop')
    sop_expert_id = fields.Many2one(
        'res.users', string="Product Expert", domain="[('share', '=', False)]",
        help="Keeps the material and is asked for missing success cases. Empty: the leader of the sales team (S2.2).",
        prefetch='sop')
    sop_material_days = fields.Integer(
        string="Ask for Renewal", default=30, help="Days before material expires, its expert is told (S2.2).",
        prefetch='sop')
    sop_log_hours = fields.Integer(
        string="Contact Logged Within", default=24, help="Hours after the contact (S2).", prefetch='sop')
    sop_unreached_count = fields.Integer(
        string="Attempts Without Answer", default=3, help="After so many the method is changed (S2.4).", prefetch='sop')
    sop_unreached_days = fields.Integer(
        string="Attempts Within", default=14, help="The attempts are counted over so many days (S2.4).", prefetch='sop')
    sop_reply_hours = fields.Float(
        string="First Reply Within", default=4, help="Working hours. 0: requests are not timed (X.1).", prefetch='sop')
    sop_dormant_days = fields.Integer(
        string="Intention Dormant After", default=90, help="Days without any contact (§3.4).", prefetch='sop')
    sop_dormant_months = fields.Integer(
        string="Customer Dormant After", default=24, help="Months without order, service or visit (§3.4).",
        prefetch='sop')

    @api.model
    @tools.ormcache()
    def _get_sop_unquarantined_ids(self):
        """Companies that hold no lead for its legal basis."""
        # sudo: what holds a lead does not depend on who asks.
        return self.sudo().search([('sop_quarantine', '=', False)])._ids

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        if not all(companies.mapped('sop_quarantine')):
            self._forget_sop_quarantine()
        return companies

    def write(self, vals):
        result = super().write(vals)
        if 'sop_quarantine' in vals:
            self._forget_sop_quarantine()
        return result

    @api.model
    def _forget_sop_quarantine(self):
        self.env.registry.clear_cache()
        self.env['crm.lead'].invalidate_model(['sop_contact_hold'])

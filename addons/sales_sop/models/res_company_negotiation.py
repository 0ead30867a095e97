from odoo import fields, models

FLOOR_GROUP = 'sales_sop.group_sop_floor'


class ResCompany(models.Model):
    """What a company may set about S3 and S4."""

    _inherit = 'res.company'

    sop_restate_days = fields.Integer(
        string="Restatement Sent Within", default=2, help="Working days after the interview (S3.2).", prefetch='sop')
    sop_chase_days = fields.Integer(
        string="First Reminder After", default=3, help="Working days without an answer of the customer (S3.2).",
        prefetch='sop')
    sop_chase_again_days = fields.Integer(
        string="Second Reminder After", default=5, help="Working days without an answer of the customer (S3.2).",
        prefetch='sop')
    sop_solution_days = fields.Integer(
        string="Standard Solution Within", default=5, help="Working days after the needs are confirmed (S3.4).",
        prefetch='sop')
    sop_custom_solution_days = fields.Integer(
        string="Customised Solution Within", default=10, help="Working days after the needs are confirmed (S3.4).",
        prefetch='sop')
    sop_solution_cost_review = fields.Boolean(
        string="Finance Reviews Solutions", default=True,
        help="Off: a solution is approved when the technical review agrees (S3.6).", prefetch='sop')
    sop_objection_days = fields.Integer(
        string="Objections Answered Within", default=2, help="Working days (S4.2).", prefetch='sop')
    sop_objection_repeat = fields.Integer(
        string="Same Objection Reported After", default=3,
        help="So many times in a quarter, and marketing and the product expert are asked for an answer. "
             "0: never (S4.2).", prefetch='sop')
    sop_quotation_days = fields.Integer(
        string="Quotation Within", default=3, help="Working days after it was asked for (S4).", prefetch='sop')
    sop_minutes_days = fields.Integer(
        string="Minutes Sent Within", default=1, help="Working days after the negotiation (S4.4).", prefetch='sop')
    sop_minutes_confirm_days = fields.Integer(
        string="Minutes Confirmed Within", default=3, help="Working days after they were sent (S4.4).", prefetch='sop')
    sop_approval_days = fields.Integer(
        string="Approvals Valid For", default=30, help="Days after an approval below the floor (§5).", prefetch='sop')
    sop_price_target = fields.Float(
        string="Target of the Price", default=3, help="Per cent below the list price (§5).", prefetch='sop',
        groups=FLOOR_GROUP)
    sop_price_floor = fields.Float(
        string="Floor of the Price", default=8,
        help="Per cent below the list price; below it an approval is needed (§5).", prefetch='sop',
        groups=FLOOR_GROUP)
    sop_margin_floor = fields.Float(
        string="Lowest Margin", default=15, help="Per cent; below it the general manager and finance approve (§5).",
        prefetch='sop', groups=FLOOR_GROUP)
    sop_oral_start_limit = fields.Float(
        string="Urgent Start Up To", default=10000,
        help="In the currency of the company: what the sales director may release before an oral order is "
             "confirmed (§4.6).", prefetch='sop', groups='base.group_user')
    sop_oral_days = fields.Integer(
        string="Oral Order Restated Within", default=1, help="Working days (§4.6).", prefetch='sop')
    sop_signoff_days = fields.Integer(
        string="Links for Customers Valid For", default=30, help="Days. 0: until they are answered or replaced.",
        prefetch='sop')

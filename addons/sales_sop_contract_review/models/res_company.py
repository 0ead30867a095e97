from odoo import fields, models


class ResCompany(models.Model):
    """What a company may set about contract review (S5)."""

    _inherit = 'res.company'

    sop_review_gate = fields.Selection(
        [('off', "Off"), ('observe', "Observe"), ('enforce', "Enforce")], string="Review of Orders",
        default='off', prefetch='sop',
        help="Enforce: an order that needs a review is not confirmed without it. Observe: it is confirmed, and the "
             "missing review is noted on it. Off: nobody is asked.")
    sop_review_notify = fields.Selection(
        [('activity', "With a task"), ('none', "Not at all")], string="Reviewers Are Told", default='activity',
        prefetch='sop', help="Not at all: they look at their list of reviews.")
    sop_review_before_send = fields.Boolean(
        string="Review Before Sending", default=True, prefetch='sop',
        help="Quotations that need a review are sent to the customer after it (ISO 9001 8.2.3).")
    sop_contract_before_confirm = fields.Boolean(
        string="Contract Before Confirmation", default=True, prefetch='sop',
        help="Orders of a contract are confirmed when it is signed and effective. Otherwise its review is enough.")
    sop_contract_notice_days = fields.Integer(
        string="Notice Before Contracts End", default=60, prefetch='sop',
        help="So many days before the end of a contract its salesperson is told.")

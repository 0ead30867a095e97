import { Component, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { makeCondition, SopConditionEditor } from "./sop_condition_editor";

/** Asks for a reason, and for a person or a condition with it; stays open until the act succeeds. */
export class SopReviewDialog extends Component {
    static template = "sales_sop_contract_review.ReviewDialog";
    static components = { Dialog, RecordSelector, SopConditionEditor };
    static props = {
        title: String,
        body: { type: String, optional: true },
        defaults: Object,
        asksPerson: { type: Boolean, optional: true },
        asksCondition: { type: Boolean, optional: true },
        onConfirm: Function,
        close: Function,
    };

    setup() {
        this.state = useState({
            reason: "",
            userId: false,
            condition: makeCondition(this.props.defaults, false),
            busy: false,
        });
    }

    get userDomain() {
        return [
            ["share", "=", false],
            ["company_ids", "in", this.props.defaults.company_id],
        ];
    }

    get isComplete() {
        const { reason, userId, condition } = this.state;
        return Boolean(
            reason.trim() &&
                (!this.props.asksPerson || userId) &&
                (!this.props.asksCondition || (condition.name.trim() && condition.owner_id))
        );
    }

    async confirm() {
        this.state.busy = true;
        try {
            const { reason, userId, condition } = this.state;
            await this.props.onConfirm({ reason: reason.trim(), userId, condition });
            this.props.close();
        } finally {
            this.state.busy = false;
        }
    }
}

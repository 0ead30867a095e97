import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { displayDateTime } from "@sales_sop/core/sop_format";
import { SopReasonDialog } from "@sales_sop/reason_dialog/sop_reason_dialog";

/** What reviewers and whoever requested the review say to each other. */
export class SopReviewComments extends Component {
    static template = "sales_sop_contract_review.ReviewComments";
    static props = {
        reviewId: Number,
        comments: Array,
        canComment: Boolean,
        item: { type: [Object, Boolean], optional: true },
        onChanged: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.displayDateTime = displayDateTime;
        this.state = useState({ question: "", busy: false });
    }

    async send() {
        this.state.busy = true;
        try {
            const itemId = this.props.item ? this.props.item.id : false;
            await this.orm.call("sop.review", "action_comment", [
                [this.props.reviewId],
                this.state.question,
                itemId,
            ]);
            this.state.question = "";
            await this.props.onChanged();
        } finally {
            this.state.busy = false;
        }
    }

    reply(comment) {
        this.dialog.add(SopReasonDialog, {
            title: _t("Answer"),
            body: comment.text,
            reasonLabel: _t("Answer"),
            onConfirm: ({ reason }) => this.settle(comment, "action_reply", [reason]),
        });
    }

    async settle(comment, method, args = []) {
        await this.orm.call("sop.review.comment", method, [[comment.id], ...args]);
        await this.props.onChanged();
    }
}

/** The comments of a review on a form: of the review itself, or of what a field of the record leads to. */
export class SopReviewCommentsWidget extends Component {
    static template = "sales_sop_contract_review.ReviewCommentsWidget";
    static components = { SopReviewComments };
    static props = { ...standardWidgetProps, reviewField: { type: String, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ comments: [], canComment: false });
        this.loadedId = false;
        onWillStart(() => this.load());
        useRecordObserver((record) => {
            if (this.getReviewId(record) !== this.loadedId) {
                this.load(record);
            }
        });
    }

    get reviewId() {
        return this.getReviewId(this.props.record);
    }

    getReviewId(record) {
        const { reviewField } = this.props;
        return reviewField ? record.data[reviewField]?.id || false : record.resId;
    }

    async load(record = this.props.record) {
        const reviewId = this.getReviewId(record);
        this.loadedId = reviewId;
        if (reviewId) {
            const { comments, can_comment: canComment } = await this.orm.call(
                "sop.review",
                "get_sop_comments",
                [[reviewId]]
            );
            Object.assign(this.state, { comments, canComment });
        }
    }
}

registry.category("view_widgets").add("sop_review_comments", {
    component: SopReviewCommentsWidget,
    extractProps: ({ attrs }) => ({ reviewField: attrs.review_field }),
    additionalClasses: ["d-block", "w-100"],
});

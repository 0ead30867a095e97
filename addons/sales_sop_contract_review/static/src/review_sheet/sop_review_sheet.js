import { Component, markup, onWillStart, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { checkFileSize, useFileUploader } from "@web/core/utils/files";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { displayDate, displayDateTime } from "@sales_sop/core/sop_format";
import { SopReasonDialog } from "@sales_sop/reason_dialog/sop_reason_dialog";
import { SopReviewComments } from "./sop_review_comments";
import { SopReviewDialog } from "./sop_review_dialog";
import { getResultLabels, RESULT_CLASSES, SopReviewItem } from "./sop_review_item";

const MODEL = "sop.review.opinion";

/** What a reviewer answers, beside what he answers about. */
export class SopReviewSheet extends Component {
    static template = "sales_sop_contract_review.ReviewSheet";
    static components = { SopReviewComments, SopReviewItem };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.uploadFiles = useFileUploader();
        this.commentInput = useRef("comment");
        this.resultLabels = getResultLabels();
        this.resultClasses = RESULT_CLASSES;
        this.displayDateTime = displayDateTime;
        this.state = useState({
            sheet: undefined,
            tab: "items",
            lang: false,
            isFilled: false,
            comment: "",
            questionItem: false,
            isCommentMissing: false,
            isAnswerMissing: false,
            busy: false,
        });
        onWillStart(() => this.load());
        useRecordObserver((record) => {
            if (record.resId && this.state.sheet && record.resId !== this.state.sheet.id) {
                Object.assign(this.state, { isFilled: false, comment: "" });
                this.load(record.resId);
            }
        });
    }

    async load(resId = this.props.record.resId) {
        const sheet = await this.orm.call(MODEL, "get_sop_sheet", [[resId]]);
        this.state.sheet = sheet;
        this.state.lang = sheet.document.lang;
        this.state.comment = this.state.comment || sheet.comment;
    }

    get sheet() {
        return this.state.sheet;
    }

    get review() {
        return this.sheet.review;
    }

    // ------------------------------------------------------------------ words

    get requestText() {
        const { requester, date } = this.review;
        return _t("requested by %(user)s, %(date)s", { user: requester, date: displayDateTime(date) });
    }

    get dueText() {
        return _t("Due %s", displayDate(this.review.deadline));
    }

    get absentText() {
        return _t("You decide for %s, who is away.", this.sheet.absent);
    }

    get fillLabel() {
        return _t("Everything else conforms (%s)", this.openItems.length);
    }

    get missingText() {
        return _t(
            "Not answered yet: %s. Answer them, or say that everything else conforms.",
            this.openItems.map(({ code }) => code).join(", ")
        );
    }

    getGroupTitle({ department }) {
        return _t("For %s, who are not asked", department);
    }

    // ------------------------------------------------------------------ tabs

    /** On a wide screen the items are beside the tabs: whatever is chosen, something is shown there. */
    get tabs() {
        const { sheet } = this;
        return [
            { key: "items", label: _t("Check items"), count: this.openItems.length },
            { key: "document", label: _t("Document") },
            { key: "changes", label: _t("Changes"), count: sheet.changes.length, isHidden: !sheet.changes.length },
            { key: "figures", label: _t("Figures") },
            { key: "others", label: _t("Other opinions") },
            { key: "comments", label: _t("Comments"), count: this.openComments.length },
            { key: "trail", label: _t("Trail") },
        ].filter(({ isHidden }) => !isHidden);
    }

    get sideTab() {
        if (this.state.tab !== "items") {
            return this.state.tab;
        }
        return this.sheet.changes.length ? "changes" : "document";
    }

    get openComments() {
        return this.sheet.comments.filter(({ state }) => state !== "closed");
    }

    get documentHtml() {
        return markup(this.sheet.document.html[this.state.lang] || "");
    }

    get languages() {
        return Object.keys(this.sheet.document.html).map((lang) => ({
            lang,
            label: lang.startsWith("zh") ? "中文" : "English",
        }));
    }

    // ----------------------------------------------------------------- items

    get groups() {
        const groups = new Map();
        for (const item of this.sheet.items) {
            const key = item.is_own ? "" : item.department;
            groups.set(key, [...(groups.get(key) || []), item]);
        }
        return [...groups].map(([department, items]) => ({ department, items }));
    }

    get openItems() {
        return this.sheet.items.filter(({ result, known }) => !result && !known);
    }

    get points() {
        return this.sheet.items.filter((item) => {
            const result = item.result || (item.known && item.known[0]);
            return ["cond", "fail"].includes(result) && !item.waived;
        });
    }

    /** The opinion that follows from the answers. */
    get suggested() {
        const isBlocked = this.points.some(
            (item) => item.severity !== "minor" && (item.result || item.known[0]) === "fail"
        );
        if (isBlocked) {
            return "disagree";
        }
        return this.points.length ? "agree_cond" : "agree";
    }

    get hasUnanswered() {
        return Boolean(this.openItems.length && !this.state.isFilled);
    }

    async answerItem(item, answer) {
        try {
            await this.orm.call(MODEL, "action_answer", [[this.sheet.id], { [item.code]: answer }]);
        } catch (error) {
            await this.load();
            throw error;
        }
        // Not replaced: what is being written in the item stays.
        Object.assign(item, { result: answer.result, comment: answer.comment, filled: false });
        return true;
    }

    async attach(item, files) {
        if (files.some((file) => !checkFileSize(file.size, this.notification))) {
            return;
        }
        const uploaded = await this.uploadFiles("/web/binary/upload_attachment", {
            csrf_token: odoo.csrf_token,
            ufile: files,
            model: "",
            id: 0,
        });
        const refused = uploaded.find(({ error }) => error);
        if (refused) {
            this.notification.add(refused.error, { type: "danger" });
            return;
        }
        item.files = await this.orm.call(MODEL, "action_attach", [
            [this.sheet.id],
            item.code,
            uploaded.map(({ id }) => id),
        ]);
    }

    async detach(item, file) {
        item.files = await this.orm.call(MODEL, "action_detach", [[this.sheet.id], item.code, file.id]);
    }

    // --------------------------------------------------------------- opinion

    fill() {
        this.state.isFilled = true;
    }

    async act(method, args) {
        this.state.busy = true;
        try {
            await this.orm.call(MODEL, method, [[this.sheet.id], ...args]);
            this.state.comment = "";
        } finally {
            await this.props.record.load();
            await this.load();
            this.state.busy = false;
        }
    }

    /** The words of the conditions are enough of a reason to agree with them. */
    getComment(opinion) {
        const comment = this.state.comment.trim();
        if (comment || opinion !== "agree_cond") {
            return comment;
        }
        return this.points.map((item) => item.comment).filter(Boolean).join("\n");
    }

    async decide(opinion) {
        this.state.isAnswerMissing = this.hasUnanswered;
        if (this.state.isAnswerMissing) {
            this.state.tab = "items";
            return;
        }
        const comment = this.getComment(opinion);
        this.state.isCommentMissing = opinion !== "agree" && !comment;
        if (this.state.isCommentMissing) {
            this.commentInput.el.focus();
            return;
        }
        await this.act("action_decide", [opinion, comment, null, this.state.isFilled]);
        this.notification.add(_t("Your opinion was given."), { type: "success" });
    }

    takeBack() {
        return this.act("action_take_back", []);
    }

    sendBack() {
        this.dialog.add(SopReasonDialog, {
            title: _t("Return to whoever requested it"),
            body: _t("The review ends here and is requested anew after the change."),
            confirmLabel: _t("Return"),
            onConfirm: ({ reason }) => this.act("action_return", [reason]),
        });
    }

    handOn() {
        this.dialog.add(SopReviewDialog, {
            title: _t("Hand on to another reviewer"),
            defaults: this.sheet.defaults,
            asksPerson: true,
            onConfirm: ({ userId, reason }) => this.act("action_reassign", [userId, reason]),
        });
    }

    addReviewer() {
        this.dialog.add(SopReviewDialog, {
            title: _t("Ask somebody else as well"),
            defaults: this.sheet.defaults,
            asksPerson: true,
            onConfirm: ({ userId, reason }) => this.act("action_add_reviewer", [userId, false, reason]),
        });
    }

    canWaive({ result, severity, waived }) {
        return this.sheet.can_decide && this.sheet.is_final && result === "fail" && severity === "major" && !waived;
    }

    waive(remark) {
        this.dialog.add(SopReviewDialog, {
            title: _t("Waive %s", remark.code),
            body: remark.name,
            defaults: this.sheet.defaults,
            asksCondition: true,
            onConfirm: ({ reason, condition }) => this.act("action_waive", [remark.code, reason, condition]),
        });
    }

    // -------------------------------------------------------------- comments

    askAbout(item) {
        Object.assign(this.state, { tab: "comments", questionItem: item });
    }

    async onCommented() {
        this.state.questionItem = false;
        await this.load();
    }
}

registry.category("view_widgets").add("sop_review_sheet", {
    component: SopReviewSheet,
    additionalClasses: ["d-block", "w-100"],
});

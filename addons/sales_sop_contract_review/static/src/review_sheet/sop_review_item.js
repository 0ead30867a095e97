import { Component, onWillUpdateProps, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { SopFileList } from "@sales_sop/file_list/sop_file_list";
import { makeCondition, SopConditionEditor } from "./sop_condition_editor";

export const RESULTS = ["pass", "cond", "fail", "na"];
export const RESULT_CLASSES = { pass: "success", cond: "warning", fail: "danger", na: "secondary" };

export function getResultLabels() {
    return {
        pass: _t("Conforms"),
        cond: _t("With a condition"),
        fail: _t("Does not conform"),
        na: _t("Not applicable"),
    };
}

/** One check item: a click answers it; what an answer needs beyond the click is asked below it. */
export class SopReviewItem extends Component {
    static template = "sales_sop_contract_review.ReviewItem";
    static components = { SopConditionEditor, SopFileList };
    static props = {
        item: Object,
        defaults: Object,
        canAnswer: Boolean,
        maySkip: Boolean,
        isFilled: Boolean,
        onAnswer: Function,
        onAttach: Function,
        onDetach: Function,
        onComment: Function,
    };

    setup() {
        this.results = RESULTS;
        this.labels = getResultLabels();
        this.classes = RESULT_CLASSES;
        this.fileInput = useRef("file");
        this.state = useState({ draft: this.makeDraft(this.props.item), isSaved: true });
        onWillUpdateProps(({ item }) => {
            if (item !== this.props.item) {
                Object.assign(this.state, { draft: this.makeDraft(item), isSaved: true });
            }
        });
    }

    makeDraft({ result, comment, condition }) {
        return { result, comment, condition: condition ? { ...condition } : false };
    }

    get item() {
        return this.props.item;
    }

    get isBlocking() {
        return this.item.severity === "blocking";
    }

    get severityLabel() {
        return { blocking: _t("Blocking"), major: _t("Major"), minor: _t("Minor") }[
            this.item.severity
        ];
    }

    /** What stands when nobody answers: what the system knows, or what "everything else conforms" says. */
    get shownResult() {
        const { item } = this;
        const known = item.known && item.known[0];
        return this.state.draft.result || known || (this.props.isFilled && "pass") || false;
    }

    get isAssumed() {
        return Boolean(!this.state.draft.result && this.shownResult);
    }

    get knownText() {
        return this.item.known && this.item.known[1];
    }

    get needsWords() {
        return ["cond", "fail", "na"].includes(this.state.draft.result);
    }

    get missing() {
        const { result, comment, condition } = this.state.draft;
        if (result === "cond") {
            return condition.name.trim() && condition.owner_id ? "" : _t("Say what has to be done, and by whom.");
        }
        return this.needsWords && !comment.trim() ? _t("Say why.") : "";
    }

    get commentHint() {
        return this.state.draft.result === "cond" ? _t("Why (optional)") : _t("Why");
    }

    canChoose(result) {
        const isSkipped = result === "na" && this.isBlocking && !this.props.maySkip;
        return this.props.canAnswer && !this.item.is_computed && !isSkipped;
    }

    choose(result) {
        const { draft } = this.state;
        draft.result = draft.result === result ? false : result;
        if (draft.result === "cond" && !draft.condition) {
            draft.condition = makeCondition(this.props.defaults, this.isBlocking);
        }
        return this.save();
    }

    setComment(ev) {
        this.state.draft.comment = ev.target.value;
        return this.save();
    }

    /** Kept as soon as it is complete. */
    async save() {
        this.state.isSaved = false;
        if (!this.missing) {
            const { result, comment, condition } = this.state.draft;
            const isCondition = result === "cond";
            this.state.isSaved = await this.props.onAnswer(this.item, {
                result,
                comment: isCondition && !comment.trim() ? condition.name : result ? comment : "",
                condition: isCondition ? condition : false,
            });
        }
    }

    chooseFiles(ev) {
        const files = [...ev.target.files];
        ev.target.value = "";
        return this.props.onAttach(this.item, files);
    }
}

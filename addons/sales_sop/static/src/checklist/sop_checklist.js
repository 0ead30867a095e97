import { Component, onMounted, onPatched, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { useSopActions } from "../core/sop_actions_hook";
import { useKeepPageOnFileDrop } from "../core/sop_file_drop";
import { SOP_FOCUS_EVENT } from "../core/sop_focus_service";
import { countItems, displayCounts } from "../core/sop_format";
import { useSopLiveRead } from "../core/sop_live_read_hook";
import { revealOnForm, showElement } from "../core/sop_reveal";
import { SopDeadline } from "../deadline/sop_deadline";
import { SopReasonDialog } from "../reason_dialog/sop_reason_dialog";
import { SopStage } from "./sop_stage";

const GUIDANCE_KEY = "sales_sop.guidance";
const STAGE_ORDER = ["current", "past", "future"];

/** The checklist of the procedure that a document follows. */
export class SopChecklist extends Component {
    static template = "sales_sop.Checklist";
    static components = { Dropdown, DropdownItem, SopDeadline, SopStage };
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.rootRef = useRef("root");
        this.actions = useSopActions({
            prepare: () => this.saveDocument(),
            refresh: () => this.reloadDocument(),
        });
        this.state = useState({
            checklist: undefined,
            busy: false,
            folding: {},
            isGuidanceShown: this.isGuidanceWanted(),
        });
        this.focusId = this.record.context?.sop_focus;
        useKeepPageOnFileDrop();
        useBus(this.env.bus, SOP_FOCUS_EVENT, ({ detail }) => this.onFocusRequest(detail));
        onMounted(() => this.showFocusedItem());
        onPatched(() => this.showFocusedItem());
        // Facts are live: whenever the record was read again, they may have changed.
        this.live = useSopLiveRead({
            ask: ({ resModel, resId }) =>
                resId ? this.orm.silent.call(resModel, "get_sop_checklist", [[resId]]) : undefined,
            onAnswer: (checklist) => (this.state.checklist = checklist),
            isBusy: () => this.state.busy,
        });
    }

    get record() {
        return this.props.record;
    }

    get document() {
        const { resModel, resId } = this.record;
        return { resModel, resId, isReadonly: this.isReadonly };
    }

    get checklist() {
        return this.state.checklist;
    }

    get stages() {
        return [...this.checklist.stages].sort(
            (a, b) => STAGE_ORDER.indexOf(a.state) - STAGE_ORDER.indexOf(b.state)
        );
    }

    get isRunning() {
        return this.checklist.outcome === "open";
    }

    get currentStage() {
        return this.checklist.stages.find((stage) => stage.state === "current");
    }

    get counts() {
        return countItems(this.currentStage);
    }

    get progressLabel() {
        return displayCounts(this.counts);
    }

    percentage(count) {
        const { total } = this.counts;
        return total ? Math.round((100 * count) / total) : 100;
    }

    /** Nothing on this checklist is for this user to do. */
    get isReadonly() {
        return (
            !this.checklist?.can_edit &&
            !this.checklist?.stages.some(({ requirements }) =>
                requirements.some(({ can_tick, can_verify }) => can_tick || can_verify)
            )
        );
    }

    get gateLabel() {
        return {
            observe: _t("Missing items are only recorded"),
            warn: _t("Missing items give a warning"),
        }[this.currentStage?.gate];
    }

    get outcomeLabel() {
        return { won: _t("Won"), lost: _t("Lost") }[this.checklist.outcome];
    }

    get canMove() {
        return this.isRunning && this.checklist.can_edit;
    }

    get completeLabel() {
        const { id, name } = this.checklist.next_stage;
        return id ? _t("Complete stage") : name;
    }

    get completeTitle() {
        const { id, name } = this.checklist.next_stage;
        return id ? _t("Go on to %s", name) : name;
    }

    get earlierChoices() {
        return this.checklist.stages
            .filter((stage) => stage.state === "past" && stage.document_stage)
            .reverse()
            .map((stage) => ({ value: stage.document_stage.id, label: stage.name }));
    }

    get fastTrackChoices() {
        return this.checklist.stages
            .filter((stage) => stage.state === "future" && stage.fast_track_entry)
            .map((stage) => ({ value: stage.id, label: stage.name }));
    }

    get menuItems() {
        const isEditable = this.isRunning && this.checklist.can_edit;
        return [
            isEditable &&
                this.checklist.can_fast_track &&
                this.fastTrackChoices.length && {
                    name: "fast_track",
                    icon: "fa-forward",
                    label: _t("Fast track…"),
                    onSelected: () => this.askFastTrack(),
                },
            isEditable &&
                this.earlierChoices.length && {
                    name: "move_back",
                    icon: "fa-reply",
                    label: _t("Move back…"),
                    onSelected: () => this.askMoveBack(),
                },
        ].filter(Boolean);
    }

    // ---------------------------------------------------------------- reading

    /** The server must judge what the user sees: unsaved changes go first. */
    async saveDocument() {
        this.state.busy = true;
        let isSaved = false;
        try {
            isSaved = (await this.record.save()) !== false;
        } finally {
            this.state.busy = isSaved;
        }
        return isSaved;
    }

    async reloadDocument() {
        try {
            await this.live.reload();
        } finally {
            this.state.busy = false;
        }
    }

    // ---------------------------------------------------------------- folding

    isUnfolded(stage) {
        return this.state.folding[stage.id] ?? stage.state === "current";
    }

    toggleStage(stage) {
        this.state.folding[stage.id] = !this.isUnfolded(stage);
    }

    isGuidanceWanted() {
        const wish = browser.localStorage.getItem(GUIDANCE_KEY);
        return wish ? wish === "shown" : !this.env.isSmall;
    }

    toggleGuidance() {
        this.state.isGuidanceShown = !this.state.isGuidanceShown;
        browser.localStorage.setItem(
            GUIDANCE_KEY,
            this.state.isGuidanceShown ? "shown" : "hidden"
        );
    }

    // ------------------------------------------------------------------ focus

    onFocusRequest({ resModel, resId, requirementId }) {
        if (resModel === this.record.resModel && resId === this.record.resId) {
            this.focusId = requirementId;
            this.showFocusedItem();
        }
    }

    showFocusedItem() {
        if (!this.focusId || !this.checklist || !this.rootRef.el) {
            return;
        }
        const stage = this.checklist.stages.find(({ requirements }) =>
            requirements.some(({ id }) => id === this.focusId)
        );
        if (stage && !this.isUnfolded(stage)) {
            this.toggleStage(stage);
            return;
        }
        const item = this.rootRef.el.querySelector(
            stage ? `[data-requirement-id='${this.focusId}']` : ".o_sop_stage_current"
        );
        this.focusId = undefined;
        if (item) {
            showElement(item);
        }
    }

    showFirstOpenItem() {
        const required = this.checklist.stages
            .filter((stage) => stage.state !== "future")
            .flatMap((stage) => stage.requirements)
            .filter(({ mandatory }) => mandatory);
        const missing = required.find(({ state }) =>
            ["open", "lapsed", "to_verify"].includes(state)
        );
        this.focusId = missing?.id;
        this.showFocusedItem();
    }

    // ------------------------------------------------------------------- acts

    async callDocument(method, args = []) {
        if (this.state.busy || !(await this.saveDocument())) {
            return false;
        }
        const { resModel, resId } = this.document;
        try {
            return await this.orm.call(resModel, method, [[resId], ...args]);
        } finally {
            await this.reloadDocument();
        }
    }

    async completeStage() {
        let checklist = this.checklist;
        if (await this.record.isDirty()) {
            // What was just typed may be what was missing.
            if (!(await this.record.save())) {
                return;
            }
            checklist = await this.live.read();
        }
        if (!checklist.can_complete) {
            this.notification.add(_t("Some mandatory items are still open."), { type: "warning" });
            return this.showFirstOpenItem();
        }
        const result = await this.callDocument("action_sop_complete_stage");
        this.state.folding = {};
        if (result instanceof Object) {
            await this.action.doAction(result);
        }
    }

    askMoveBack() {
        this.dialog.add(SopReasonDialog, {
            title: _t("Move back"),
            body: _t("What is done stays done. The move and its reason are logged."),
            choiceLabel: _t("Back to"),
            choices: this.earlierChoices,
            reasonLabel: _t("Why is it moved back?"),
            confirmLabel: _t("Move back"),
            onConfirm: ({ choice, reason }) =>
                this.callDocument("action_sop_move_back", [choice, reason]),
        });
    }

    askFastTrack() {
        this.dialog.add(SopReasonDialog, {
            title: _t("Fast track"),
            body: _t("Earlier stages are passed over and marked as fast track."),
            choiceLabel: _t("Go to"),
            choices: this.fastTrackChoices,
            reasonLabel: _t("Why is the fast track right here?"),
            confirmLabel: _t("Fast track"),
            onConfirm: ({ choice, reason }) =>
                this.callDocument("action_sop_fast_track", [choice, reason]),
        });
    }

    async explainDeadline() {
        const { resModel, resId } = this.document;
        const explanation = await this.orm.call(resModel, "action_sop_explain_deadline", [[resId]]);
        return this.action.doAction(explanation);
    }

    async followLink(link) {
        if (await this.record.save()) {
            return this.action.doAction(link, { onClose: () => this.reloadDocument() });
        }
    }

    /** Facts are shown with a way to the field they are about, when this form has it. */
    hasField(fieldName) {
        return fieldName in this.record.activeFields;
    }

    /** Leads to the field or, while it has nothing to show, to the place that the form names for it. */
    async showField(fieldName) {
        const form = this.rootRef.el.closest(".o_form_view");
        const selector = `.o_field_widget[name='${fieldName}'], [data-sop-fields~='${fieldName}']`;
        const isShown = form && (await revealOnForm(form, selector));
        if (!isShown) {
            const label = this.record.fields[fieldName]?.string || fieldName;
            this.notification.add(_t("The field %s is not shown on this form.", label), {
                type: "warning",
            });
        }
    }
}

export const sopChecklist = {
    component: SopChecklist,
    displayName: _t("SOP checklist"),
    supportedTypes: ["many2one"],
    isEmpty: () => false,
};

registry.category("fields").add("sop_checklist", sopChecklist);

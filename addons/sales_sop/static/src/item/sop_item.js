import { Component, useRef, useState } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { serializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { capitalize } from "@web/core/utils/strings";
import { hasFiles } from "../core/sop_file_drop";
import { displayDate, displayDateTime } from "../core/sop_format";
import { SopFileList } from "../file_list/sop_file_list";
import { SopReasonDialog } from "../reason_dialog/sop_reason_dialog";
import { SopItemEditor } from "./sop_item_editor";

const FACT_KINDS = ["fields", "condition", "record"];

const STATE_ICONS = {
    open: "fa-square-o",
    done: "fa-check-square text-success",
    na: "fa-minus-square-o text-muted",
    waived: "fa-exclamation-triangle text-warning",
    to_verify: "fa-hourglass-half text-info",
    lapsed: "fa-calendar-times-o text-danger",
};

const STATE_BADGES = {
    na: { class: "text-bg-secondary", label: _t("Not applicable") },
    waived: { class: "text-bg-warning", label: _t("Waived, not done") },
    to_verify: { class: "text-bg-info", label: _t("To verify") },
    lapsed: { class: "text-bg-danger", label: _t("Lapsed") },
};

/** One requirement of one document: shows its state and evidence, and lets people act on it. */
export class SopItem extends Component {
    static template = "sales_sop.Item";
    static components = { Dropdown, DropdownItem, SopFileList, SopItemEditor };
    static props = {
        requirement: Object,
        /** { resModel, resId, isReadonly } */
        document: Object,
        /** see useSopActions */
        actions: Object,
        onFollowLink: Function,
        onShowField: { type: Function, optional: true },
        /** Whether a field can be shown; without it, all can. */
        hasField: { type: Function, optional: true },
    };

    setup() {
        this.dialog = useService("dialog");
        this.fileInput = useRef("file");
        this.draft = useState({ files: [], remark: "", validUntil: false });
        this.state = useState({ busy: false, isEditing: false, isDragging: false });
    }

    get requirement() {
        return this.props.requirement;
    }

    get isFact() {
        return FACT_KINDS.includes(this.requirement.kind);
    }

    get isOpen() {
        return ["open", "lapsed"].includes(this.requirement.state);
    }

    get canShowField() {
        const { field } = this.requirement.fact;
        const { onShowField, hasField } = this.props;
        return Boolean(field && onShowField && (!hasField || hasField(field)));
    }

    get needsInput() {
        return this.requirement.kind === "document" || this.requirement.valid_required;
    }

    get canTick() {
        return !this.isFact && this.requirement.can_tick;
    }

    /** Why an open item is closed to this user; who may only read is told once, above. */
    get blockedReason() {
        const { blocked_reason: reason } = this.requirement;
        const isTold = this.isFact || this.canTick || this.props.document.isReadonly;
        return this.isOpen && !isTold && reason ? capitalize(reason) : "";
    }

    get canUncheck() {
        return !this.canTick && Boolean(this.requirement.check) && this.requirement.can_revoke;
    }

    /** Help is for who still has to do it; a fact may say the same already. */
    get help() {
        const { fact, help } = this.requirement;
        return this.isOpen && !(fact && this.factText === help) ? help : "";
    }

    get icon() {
        if (this.state.busy) {
            return "fa-circle-o-notch fa-spin";
        }
        if (this.isFact && ["open", "done"].includes(this.requirement.state)) {
            return this.requirement.state === "done"
                ? "fa-check-circle text-success"
                : "fa-circle-o text-muted";
        }
        return STATE_ICONS[this.requirement.state];
    }

    get ariaChecked() {
        return { open: "false", lapsed: "false", done: "true" }[this.requirement.state] || "mixed";
    }

    get stateBadge() {
        return STATE_BADGES[this.requirement.state];
    }

    get markTitle() {
        if (this.isFact) {
            return _t("Checked by the system");
        }
        if (this.canTick) {
            return this.needsInput ? _t("Add what is asked for") : _t("Mark as done");
        }
        if (this.canUncheck) {
            return _t("Revoke");
        }
        return this.requirement.blocked_reason || this.requirement.who || "";
    }

    get labels() {
        const name = this.requirement.name;
        return {
            fact: this.requirement.state === "done" ? _t("Met") : _t("Not met"),
            upload: _t("Choose files: %s", name),
            edit: _t("Add a remark or files: %s", name),
            verify: _t("Verify: %s", name),
            more: _t("More: %s", name),
        };
    }

    get meta() {
        const { code, role } = this.requirement;
        return [code, role].filter(Boolean).join(" · ");
    }

    get factText() {
        const { met, value, message } = this.requirement.fact;
        return met ? value : message || value;
    }

    /** An act is named; a list of records is opened. */
    get linkLabel() {
        const { link } = this.requirement.fact;
        return link.type === "ir.actions.client" ? link.name : _t("Open");
    }

    get documentHint() {
        const { document_kind: documentKind, min_count: minCount } = this.requirement;
        return minCount > 1
            ? _t("%(kind)s, at least %(count)s files", {
                  kind: documentKind || _t("File"),
                  count: minCount,
              })
            : documentKind;
    }

    get doneLabel() {
        const { by, date } = this.requirement.check;
        return `${by} · ${displayDateTime(date)}`;
    }

    get evidence() {
        const { check, state } = this.requirement;
        const lines = [];
        if (check.valid_until) {
            const date = displayDate(check.valid_until);
            lines.push(
                state === "waived" ? _t("Waived until %s", date) : _t("Valid until %s", date)
            );
        }
        if (check.verified_by) {
            const verified = _t("Verified by %(name)s · %(date)s", {
                name: check.verified_by,
                date: displayDateTime(check.verified_date),
            });
            lines.push([verified, check.verify_remark].filter(Boolean).join(" · "));
        }
        return lines;
    }

    /** What the act still lacks, as sentences. */
    get missing() {
        const missing = [];
        const { kind, min_count: minCount, valid_required: validRequired } = this.requirement;
        const fileCount = kind === "document" ? Math.max(minCount || 0, 1) : 0;
        const lacking = fileCount - this.draft.files.length;
        if (lacking === 1) {
            missing.push(_t("Add 1 file."));
        } else if (lacking > 1) {
            missing.push(_t("Add %s files.", lacking));
        }
        if (validRequired && !this.draft.validUntil) {
            missing.push(_t("Give the valid-until date."));
        }
        return missing;
    }

    get menuItems() {
        const requirement = this.requirement;
        return [
            requirement.can_na && {
                name: "na",
                icon: "fa-minus-square-o",
                label: _t("Not applicable…"),
                onSelected: () => this.askNotApplicable(),
            },
            requirement.can_waive && {
                name: "waive",
                icon: "fa-exclamation-triangle",
                label: _t("Waive…"),
                onSelected: () => this.askWaiver(),
            },
            requirement.can_verify && {
                name: "verify",
                icon: "fa-check",
                label: _t("Verify with a remark…"),
                onSelected: () => this.askVerification(),
            },
            requirement.can_revoke &&
                requirement.check && {
                    name: "revoke",
                    icon: "fa-undo",
                    label: _t("Revoke…"),
                    onSelected: () => this.askRevocation(),
                },
        ].filter(Boolean);
    }

    // ------------------------------------------------------------------ acts

    async run(act) {
        if (this.state.busy) {
            return false;
        }
        this.state.busy = true;
        try {
            return await act();
        } finally {
            this.state.busy = false;
        }
    }

    async tick() {
        const { files, remark, validUntil } = this.draft;
        const isDone = await this.run(() =>
            this.props.actions.tick(this.props.document, this.requirement, {
                files: [...files],
                remark: remark.trim(),
                validUntil: validUntil && serializeDate(validUntil),
            })
        );
        if (isDone) {
            this.closeEditor();
        }
    }

    onDone() {
        if (!this.missing.length) {
            return this.tick();
        }
    }

    onMark() {
        if (this.canTick) {
            return this.needsInput ? this.openEditor() : this.tick();
        }
        if (this.canUncheck) {
            return this.askRevocation();
        }
    }

    openEditor() {
        this.state.isEditing = true;
    }

    closeEditor() {
        this.state.isEditing = false;
        Object.assign(this.draft, { files: [], remark: "", validUntil: false });
    }

    /** A dropped or chosen document is enough when nothing else is asked for. */
    addFiles(files) {
        this.draft.files.push(...files);
        if (this.requirement.kind === "document" && !this.state.isEditing && !this.missing.length) {
            return this.tick();
        }
        this.openEditor();
    }

    onChooseFiles(ev) {
        const files = [...ev.target.files];
        ev.target.value = "";
        return files.length && this.addFiles(files);
    }

    verify(remark) {
        return this.run(() => this.props.actions.verify(this.requirement, remark));
    }

    ask(props) {
        this.dialog.add(SopReasonDialog, { body: this.requirement.name, ...props });
    }

    askNotApplicable() {
        this.ask({
            title: _t("Not applicable"),
            reasonLabel: _t("Why does this not apply here?"),
            confirmLabel: _t("Mark as not applicable"),
            onConfirm: ({ reason }) =>
                this.run(() =>
                    this.props.actions.setNotApplicable(
                        this.props.document,
                        this.requirement,
                        reason
                    )
                ),
        });
    }

    askWaiver() {
        this.ask({
            title: _t("Waive this requirement"),
            reasonLabel: _t("Why may it be waived?"),
            dateLabel: _t("Waived until"),
            confirmLabel: _t("Waive"),
            onConfirm: ({ reason, date }) =>
                this.run(() =>
                    this.props.actions.waive(this.props.document, this.requirement, reason, date)
                ),
        });
    }

    askRevocation() {
        this.ask({
            title: _t("Revoke"),
            reasonLabel: _t("Why is it revoked?"),
            confirmLabel: _t("Revoke"),
            onConfirm: ({ reason }) =>
                this.run(() => this.props.actions.revoke(this.requirement, reason)),
        });
    }

    askVerification() {
        this.ask({
            title: _t("Verify"),
            reasonLabel: _t("Remark"),
            reasonRequired: false,
            confirmLabel: _t("Verify"),
            onConfirm: ({ reason }) => this.verify(reason),
        });
    }

    // ------------------------------------------------------------- drag, drop

    onDragOver(ev) {
        if (this.canTick && hasFiles(ev)) {
            ev.preventDefault();
            this.state.isDragging = true;
        }
    }

    onDragLeave(ev) {
        if (!ev.currentTarget.contains(ev.relatedTarget)) {
            this.state.isDragging = false;
        }
    }

    onDrop(ev) {
        this.state.isDragging = false;
        if (this.canTick && hasFiles(ev)) {
            ev.preventDefault();
            ev.stopPropagation();
            return this.addFiles([...ev.dataTransfer.files]);
        }
    }
}

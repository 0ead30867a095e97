import { Component, onMounted, status, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { useSopLiveRead } from "../core/sop_live_read_hook";
import { SopDeadline } from "../deadline/sop_deadline";

/** Open and total requirements of the current stage, deadline and waivers, on cards and in lists. */
export class SopProgressField extends Component {
    static template = "sales_sop.ProgressField";
    static components = { SopDeadline };
    static props = { ...standardFieldProps };

    setup() {
        this.summaries = useService("sop_summary");
        this.state = useState({ summary: undefined });
        const live = useSopLiveRead({
            ask: (record) => this.readSummary(record),
            onAnswer: (summary) => (this.state.summary = summary),
            isBusy: () => status(this) === "new",
        });
        // The first request waits until the view is shown: reading the cards comes first.
        onMounted(() => live.read());
    }

    get hasProcess() {
        return this.isFollowing(this.props.record);
    }

    isFollowing(record) {
        const outcome = record.data.sop_outcome;
        return Boolean(outcome) && outcome !== "released";
    }

    get shortLabel() {
        return _t("%(open)s/%(total)s open", this.state.summary);
    }

    get openLabel() {
        return _t("%(open)s of %(total)s items open", this.state.summary);
    }

    get waivedLabel() {
        return _t("%s waived", this.state.summary.waived);
    }

    readSummary(record) {
        // The rows of an empty view are examples that the server does not know.
        const isReal = record.resId && !record.model.useSampleModel;
        return isReal && this.isFollowing(record) && this.summaries.load(record.resModel, record.resId);
    }
}

export const sopProgressField = {
    component: SopProgressField,
    displayName: _t("SOP progress"),
    supportedTypes: ["date"],
    // Not the process: the server would look up its name for the cards of every view.
    fieldDependencies: [{ name: "sop_outcome", type: "selection" }],
    isEmpty: () => false,
    listViewWidth: [90, 160],
};

registry.category("fields").add("sop_progress", sopProgressField);

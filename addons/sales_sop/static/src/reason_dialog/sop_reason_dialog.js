import { Component, useState } from "@odoo/owl";
import { DateTimeInput } from "@web/core/datetime/datetime_input";
import { Dialog } from "@web/core/dialog/dialog";
import { serializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useAutofocus } from "@web/core/utils/hooks";

const { DateTime } = luxon;

/** Asks for a reason and, when wanted, for a date or a choice; stays open until the act succeeds. */
export class SopReasonDialog extends Component {
    static template = "sales_sop.ReasonDialog";
    static components = { DateTimeInput, Dialog };
    static props = {
        title: String,
        body: { type: String, optional: true },
        reasonLabel: { type: String, optional: true },
        reasonRequired: { type: Boolean, optional: true },
        dateLabel: { type: String, optional: true },
        choiceLabel: { type: String, optional: true },
        choices: {
            type: Array,
            element: { type: Object, shape: { value: [Number, String], label: String } },
            optional: true,
        },
        confirmLabel: { type: String, optional: true },
        onConfirm: Function,
        close: Function,
    };
    static defaultProps = {
        reasonLabel: _t("Reason"),
        reasonRequired: true,
        confirmLabel: _t("Confirm"),
        choices: [],
    };

    setup() {
        useAutofocus({ refName: "reason", mobile: true });
        this.today = DateTime.local().startOf("day");
        this.state = useState({
            reason: "",
            date: false,
            choice: this.props.choices[0]?.value ?? false,
            checked: false,
            busy: false,
        });
    }

    get isReasonMissing() {
        return this.props.reasonRequired && !this.state.reason.trim();
    }

    get isDateMissing() {
        return Boolean(this.props.dateLabel) && !this.state.date;
    }

    get values() {
        return {
            reason: this.state.reason.trim(),
            date: this.state.date ? serializeDate(this.state.date) : false,
            choice: this.state.choice,
        };
    }

    onChoice(ev) {
        this.state.choice = this.props.choices[ev.target.selectedIndex].value;
    }

    async confirm() {
        this.state.checked = true;
        if (this.state.busy || this.isReasonMissing || this.isDateMissing) {
            return;
        }
        this.state.busy = true;
        try {
            if ((await this.props.onConfirm(this.values)) !== false) {
                this.props.close();
            }
        } finally {
            this.state.busy = false;
        }
    }
}

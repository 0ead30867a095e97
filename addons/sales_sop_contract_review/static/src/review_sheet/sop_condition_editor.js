import { Component } from "@odoo/owl";
import { DateTimeInput } from "@web/core/datetime/datetime_input";
import { deserializeDate, serializeDate } from "@web/core/l10n/dates";
import { RecordSelector } from "@web/core/record_selectors/record_selector";

/** What a new condition starts with. */
export function makeCondition(defaults, isBlocking) {
    return {
        name: "",
        owner_id: defaults.owner_id,
        due_point: isBlocking ? "before_sign" : defaults.due_point,
        due_date: defaults.due_date,
    };
}

/** What has to be done, by whom, before which step and until when. */
export class SopConditionEditor extends Component {
    static template = "sales_sop_contract_review.ConditionEditor";
    static components = { DateTimeInput, RecordSelector };
    static props = {
        condition: Object,
        defaults: Object,
        isBlocking: { type: Boolean, optional: true },
        onChange: Function,
    };

    get duePoints() {
        const points = this.props.defaults.due_points;
        return this.props.isBlocking ? points.filter(([key]) => key === "before_sign") : points;
    }

    get dueDate() {
        const { due_date: dueDate } = this.props.condition;
        return dueDate ? deserializeDate(dueDate) : false;
    }

    get ownerDomain() {
        return [
            ["share", "=", false],
            ["company_ids", "in", this.props.defaults.company_id],
        ];
    }

    set(values) {
        Object.assign(this.props.condition, values);
        this.props.onChange();
    }

    setDate(date) {
        this.set({ due_date: date ? serializeDate(date) : false });
    }
}

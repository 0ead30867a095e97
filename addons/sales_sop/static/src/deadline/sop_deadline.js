import { Component } from "@odoo/owl";
import { DEADLINE_CLASSES, displayDate, displayDaysLeft } from "../core/sop_format";

/**
 * The deadline of a stage. With `onExplain` it is a button that tells how it was counted;
 * `isShort` shows the date only.
 */
export class SopDeadline extends Component {
    static template = "sales_sop.Deadline";
    static props = {
        deadline: { type: [String, Boolean] },
        state: String,
        daysLeft: { type: [Number, Boolean], optional: true },
        isShort: { type: Boolean, optional: true },
        onExplain: { type: Function, optional: true },
    };

    get colorClass() {
        return DEADLINE_CLASSES[this.props.state] || DEADLINE_CLASSES.none;
    }

    get date() {
        return displayDate(this.props.deadline);
    }

    get hint() {
        const { daysLeft } = this.props;
        return Number.isInteger(daysLeft) ? displayDaysLeft(daysLeft) : this.date;
    }

    get label() {
        return this.props.isShort ? this.date : this.hint;
    }
}

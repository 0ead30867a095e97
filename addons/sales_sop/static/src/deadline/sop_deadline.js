import { Component } from "@odoo/owl";
import { DEADLINE_CLASSES, displayDate, displayDaysLeft } from "../core/sop_format";

/** The deadline of a stage; with `onExplain` it is a button that tells how it was counted. */
export class SopDeadline extends Component {
    static template = "sales_sop.Deadline";
    static props = {
        deadline: { type: [String, Boolean] },
        state: String,
        daysLeft: { type: [Number, Boolean], optional: true },
        onExplain: { type: Function, optional: true },
    };

    get colorClass() {
        return DEADLINE_CLASSES[this.props.state] || DEADLINE_CLASSES.none;
    }

    get date() {
        return displayDate(this.props.deadline);
    }

    get label() {
        return Number.isInteger(this.props.daysLeft)
            ? displayDaysLeft(this.props.daysLeft)
            : this.date;
    }
}

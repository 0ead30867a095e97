import { Component, markup } from "@odoo/owl";
import { countItems, displayCounts } from "../core/sop_format";
import { SopItem } from "../item/sop_item";

const STATE_ICONS = {
    past: "fa-check-circle text-success",
    current: "fa-dot-circle-o text-primary",
    future: "fa-circle-o text-muted",
};

/** A stage with its guidance and its requirements; folded to one line unless open. */
export class SopStage extends Component {
    static template = "sales_sop.Stage";
    static components = { SopItem };
    static props = {
        stage: Object,
        document: Object,
        actions: Object,
        isUnfolded: Boolean,
        isGuidanceShown: Boolean,
        onToggle: Function,
        onToggleGuidance: Function,
        onFollowLink: Function,
        onShowField: { type: Function, optional: true },
        hasField: { type: Function, optional: true },
    };

    get stage() {
        return this.props.stage;
    }

    get bodyId() {
        return `sop_stage_${this.stage.id}`;
    }

    get hasArrears() {
        return this.stage.state === "past" && this.stage.done < this.stage.total;
    }

    get icon() {
        return this.hasArrears
            ? "fa-exclamation-circle text-danger"
            : STATE_ICONS[this.stage.state];
    }

    get countLabel() {
        return displayCounts(countItems(this.stage));
    }

    get guidance() {
        // Sanitised by the server: sop.stage.guidance is an Html field.
        return markup(this.stage.guidance);
    }
}

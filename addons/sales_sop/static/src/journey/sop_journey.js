import { Component, onMounted, onPatched, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { useSopLiveRead } from "../core/sop_live_read_hook";

const STATE_LABELS = {
    done: _t("done"),
    current: _t("current"),
    todo: _t("to do"),
    none: _t("not started"),
};

/** The seven phases, and how far a document or a customer has come in them. */
export class SopJourneyBar extends Component {
    static template = "sales_sop.JourneyBar";
    static props = { phases: Array, onPhase: Function };

    setup() {
        this.listRef = useRef("list");
        onMounted(() => this.showCurrent());
        onPatched(() => this.showCurrent());
    }

    get hasStarted() {
        return this.props.phases.some(({ state }) => state !== "none");
    }

    /** On a phone the bar is wider than the screen. */
    showCurrent() {
        const list = this.listRef.el;
        const current = list?.querySelector("[aria-current]");
        if (current) {
            list.scrollLeft = current.offsetLeft - (list.clientWidth - current.offsetWidth) / 2;
        }
    }

    phaseTitle({ label, label_detail: detail, state }) {
        return [label, STATE_LABELS[state], detail].filter(Boolean).join(" · ");
    }
}

/** The way of a customer, an opportunity or an order through the seven phases. */
export class SopJourney extends Component {
    static template = "sales_sop.Journey";
    static components = { SopJourneyBar };
    static props = { ...standardWidgetProps };

    setup() {
        const orm = useService("orm");
        this.action = useService("action");
        this.sopFocus = useService("sop_focus");
        this.state = useState({ phases: [] });
        useSopLiveRead({
            ask: ({ resModel, resId }) =>
                resId && orm.silent.call(resModel, "get_sop_journey", [[resId]]),
            onAnswer: (phases) => (this.state.phases = phases || []),
        });
    }

    onPhase({ action }) {
        const { resModel, resId } = this.props.record;
        if (action.res_model === resModel && action.res_id === resId) {
            return this.sopFocus.open({ resModel, resId });
        }
        return this.action.doAction(action);
    }
}

export const sopJourney = { component: SopJourney };

registry.category("view_widgets").add("sop_journey", sopJourney);

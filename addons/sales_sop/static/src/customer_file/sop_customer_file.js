import { Component, onWillStart, useState } from "@odoo/owl";
import { deserializeDate, deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { SopJourneyBar } from "../journey/sop_journey";

const formatters = registry.category("formatters");

/** One screen with what the company knows of a customer. */
export class SopCustomerFile extends Component {
    static template = "sales_sop.CustomerFile";
    static components = { Layout, SopJourneyBar };
    static props = { ...standardActionServiceProps };
    static path = "sop-customer-file";
    static displayName = _t("Customer file");

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.display = { controlPanel: {} };
        this.state = useState({ customer: null, facts: [], journey: [], sections: [] });
        onWillStart(() => this.load());
    }

    async load() {
        const { active_id: customerId } = this.props.action.context;
        if (customerId) {
            const file = await this.orm.call("res.partner", "get_sop_customer_file", [customerId]);
            Object.assign(this.state, file);
            this.env.config.setDisplayName(file.customer.name);
        }
    }

    get filledSections() {
        return this.state.sections.filter(({ count }) => count);
    }

    get emptyLabels() {
        const labels = this.state.sections.filter(({ count }) => !count).map(({ label }) => label);
        return labels.join(" · ");
    }

    /** A value as Odoo shows it in a list. */
    format({ type, selection, currency_field: currencyField, digits }, value, row = {}) {
        if (value === false && type !== "boolean") {
            return "";
        }
        switch (type) {
            case "date":
                return formatters.get(type)(deserializeDate(value));
            case "datetime":
                return formatters.get(type)(deserializeDateTime(value), { showSeconds: false });
            case "many2one":
                return value[1];
            case "selection":
                return Object.fromEntries(selection)[value];
            case "monetary":
                return formatters.get(type)(value, { currencyId: row[currencyField]?.[0] });
            case "boolean":
                return value ? _t("Yes") : "";
            default:
                return formatters.get(type, String)(value, { digits });
        }
    }

    formatFact({ type, selection, currency_id: currencyId, value }) {
        return type === "monetary"
            ? formatters.get(type)(value, { currencyId })
            : this.format({ type, selection }, value);
    }

    isNumber({ type }) {
        return ["integer", "float", "monetary"].includes(type);
    }

    openRow(section, row) {
        const target = section.open && row[section.open];
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: section.open ? section.open_model : section.model,
            res_id: target ? target[0] : row.id,
            views: [[false, "form"]],
        });
    }

    openCustomer() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "res.partner",
            res_id: this.state.customer.id,
            views: [[false, "form"]],
        });
    }

    doAction(action) {
        return this.action.doAction(action);
    }
}

registry.category("actions").add("sales_sop.customer_file", SopCustomerFile);

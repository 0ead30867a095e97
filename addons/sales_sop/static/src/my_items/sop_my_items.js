import { Component, onWillStart, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { normalize } from "@web/core/l10n/utils/normalize";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { useSopActions } from "../core/sop_actions_hook";
import { useKeepPageOnFileDrop } from "../core/sop_file_drop";
import { SopDeadline } from "../deadline/sop_deadline";
import { SopItem } from "../item/sop_item";

/** Everything the user has to do or verify, document by document, the most urgent first. */
export class SopMyItems extends Component {
    static template = "sales_sop.MyItems";
    static components = { Layout, SopDeadline, SopItem };
    static props = { ...standardActionServiceProps };
    static path = "sop-my-items";
    static displayName = _t("My open items");

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.sopFocus = useService("sop_focus");
        this.actions = useSopActions({ refresh: () => this.load() });
        this.state = useState({ items: [], total: 0, search: "", isLate: false, isVerify: false });
        this.display = { controlPanel: {} };
        useKeepPageOnFileDrop();
        onWillStart(() => this.load());
    }

    async load() {
        const { items, total } = await this.orm.call("crm.lead", "get_sop_my_items", []);
        Object.assign(this.state, { items, total });
    }

    get filteredItems() {
        const words = normalize(this.state.search).split(/\s+/).filter(Boolean);
        return this.state.items.filter((item) => {
            const text = normalize(
                [item.display_name, item.stage, item.requirement.code, item.requirement.name].join(" ")
            );
            return (
                (!this.state.isLate || item.deadline_state === "late") &&
                (!this.state.isVerify || item.why === "verify") &&
                words.every((word) => text.includes(word))
            );
        });
    }

    get groups() {
        const groups = new Map();
        for (const item of this.filteredItems) {
            const key = `${item.res_model},${item.res_id}`;
            if (!groups.has(key)) {
                groups.set(key, { ...item, key, requirements: [] });
            }
            groups.get(key).requirements.push(item.requirement);
        }
        return [...groups.values()];
    }

    get isFiltered() {
        return Boolean(this.state.search.trim()) || this.state.isLate || this.state.isVerify;
    }

    get notShown() {
        const count = this.state.total - this.state.items.length;
        return count > 0 && _t("%s more items are not shown. Do these first.", count);
    }

    documentOf({ res_model: resModel, res_id: resId }) {
        return { resModel, resId };
    }

    openDocument(group, requirement) {
        return this.sopFocus.open({ ...this.documentOf(group), requirementId: requirement.id });
    }

    followLink(link) {
        return this.action.doAction(link, { onClose: () => this.load() });
    }

    toggle(filter) {
        this.state[filter] = !this.state[filter];
    }

    clearFilters() {
        Object.assign(this.state, { search: "", isLate: false, isVerify: false });
    }
}

registry.category("actions").add("sales_sop.my_items", SopMyItems);

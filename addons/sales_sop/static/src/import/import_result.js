import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

const PAGE = 100;

/** What became of each row of an imported file, or would become of it. */
export class ImportResult extends Component {
    static template = "sales_sop.ImportResult";
    static props = {
        result: {
            type: Object,
            shape: { rows: Array, isTest: Boolean, isDone: Boolean, ids: Array },
        },
    };

    setup() {
        this.actionService = useService("action");
        this.state = useState({ kind: false, limit: PAGE });
    }

    get labels() {
        const { isTest } = this.props.result;
        return {
            refused: isTest ? _t("Would be refused") : _t("Refused"),
            duplicate: isTest ? _t("Would be skipped: duplicate") : _t("Skipped: duplicate"),
            imported: isTest ? _t("Would be imported") : _t("Imported"),
            updated: isTest ? _t("Would change a lead") : _t("Changed a lead"),
        };
    }

    /** The results that occur, what needs attention first. */
    get kinds() {
        const counts = {};
        for (const { result } of this.props.result.rows) {
            counts[result] = (counts[result] || 0) + 1;
        }
        return Object.entries(this.labels)
            .filter(([kind]) => counts[kind])
            .map(([kind, label]) => ({ kind, label, count: counts[kind] }));
    }

    get rows() {
        const { rows } = this.props.result;
        return this.state.kind ? rows.filter(({ result }) => result === this.state.kind) : rows;
    }

    get shownRows() {
        return this.rows.slice(0, this.state.limit);
    }

    getBadgeClass(kind) {
        return { refused: "text-bg-danger", duplicate: "text-bg-warning" }[kind] || "text-bg-success";
    }

    show(kind) {
        Object.assign(this.state, { kind, limit: PAGE });
    }

    showMore() {
        this.state.limit += PAGE;
    }

    openLeads() {
        return this.actionService.doAction({
            type: "ir.actions.act_window",
            name: _t("Imported Leads"),
            res_model: "crm.lead",
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain: [["id", "in", this.props.result.ids]],
            context: { active_test: false },
        });
    }
}

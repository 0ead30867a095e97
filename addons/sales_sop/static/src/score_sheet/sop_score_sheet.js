import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { formatFloat } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { useSopLiveRead } from "../core/sop_live_read_hook";
import { SopGrade } from "../grade/sop_grade_field";
import { SopReasonDialog } from "../reason_dialog/sop_reason_dialog";

/** The score sheet of a lead: one click answers a question, grade and score follow at once. */
export class SopScoreSheet extends Component {
    static template = "sales_sop.ScoreSheet";
    static components = { SopGrade };
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.state = useState({ sheet: undefined, busy: false, isHistoryShown: false });
        this.live = useSopLiveRead({
            ask: ({ resModel, resId }) =>
                resId ? this.orm.silent.call(resModel, "get_sop_score_sheet", [[resId]]) : undefined,
            onAnswer: (sheet) => (this.state.sheet = sheet),
            isBusy: () => this.state.busy,
        });
    }

    get record() {
        return this.props.record;
    }

    get sheet() {
        return this.state.sheet;
    }

    number(value) {
        return formatFloat(value, { digits: [16, 1], trailingZeros: false });
    }

    get nextLabel() {
        const { next } = this.sheet;
        return _t("%(points)s points to %(grade)s", {
            points: this.number(next.points),
            grade: next.grade.toUpperCase(),
        });
    }

    get openLabel() {
        return _t("up to %s points in open answers", this.number(this.sheet.open_points));
    }

    get manualLabel() {
        const { shift, by, until } = this.sheet.manual;
        const values = { by, until };
        if (shift > 0) {
            return until
                ? _t("One grade better, by %(by)s, until %(until)s", values)
                : _t("One grade better, by %(by)s", values);
        }
        return until
            ? _t("One grade worse, by %(by)s, until %(until)s", values)
            : _t("One grade worse, by %(by)s", values);
    }

    get thresholdLabel() {
        return this.sheet.thresholds
            .filter(({ threshold }) => threshold)
            .map(({ grade, threshold }) => `${grade.toUpperCase()} ≥ ${this.number(threshold)}`)
            .join(" · ");
    }

    pointsLabel({ points, weight }) {
        return _t("%(points)s of %(weight)s", {
            points: this.number(points),
            weight: this.number(weight),
        });
    }

    levelTitle(row, level) {
        const text = level.text ? `${level.rating}: ${level.text}` : `${level.rating}`;
        if (row.rating === level.rating && this.canRate(row)) {
            return _t("%s – click again to take the answer back", text);
        }
        return text;
    }

    answerOf(row) {
        const level = row.levels.find(({ rating }) => rating === row.rating);
        return level?.text || "";
    }

    factsLabel(row) {
        return row.facts.map(({ label, value }) => `${label}: ${value}`).join(" · ");
    }

    missingLabel(row) {
        return _t("Fill in: %s", row.missing.join(", "));
    }

    changeLabel({ from, to }) {
        return from ? `${from.toUpperCase()} → ${to.toUpperCase()}` : to.toUpperCase();
    }

    canRate(row) {
        return this.sheet.can_rate && !row.is_automatic;
    }

    // ------------------------------------------------------------------- acts

    /** Unsaved data may rate something itself: it goes first. */
    async act(method, args) {
        if (this.state.busy) {
            return false;
        }
        this.state.busy = true;
        try {
            if ((await this.record.save()) === false) {
                return false;
            }
            await this.orm.call(this.record.resModel, method, [[this.record.resId], ...args]);
            return true;
        } finally {
            await this.live.reload();
            this.state.busy = false;
        }
    }

    rate(row, level) {
        if (this.canRate(row)) {
            const rating = row.rating === level.rating ? false : level.rating;
            return this.act("action_sop_rate", [{ [row.key]: rating }]);
        }
    }

    askShift() {
        this.dialog.add(SopReasonDialog, {
            title: _t("Set the grade by hand"),
            body: _t("The grade falls back to what the score says after the time set by your company."),
            choiceLabel: _t("The lead deserves"),
            choices: [
                { value: 1, label: _t("One grade better") },
                { value: -1, label: _t("One grade worse") },
            ],
            confirmLabel: _t("Set grade"),
            onConfirm: ({ choice, reason }) => this.act("action_sop_adjust_grade", [choice, reason]),
        });
    }

    clearShift() {
        return this.act("action_sop_clear_adjustment", []);
    }

    showHistory() {
        return this.action.doAction("sales_sop.sop_grade_history_action", {
            additionalContext: { search_default_lead_id: this.record.resId },
        });
    }
}

registry.category("fields").add("sop_score_sheet", {
    component: SopScoreSheet,
    displayName: _t("Score sheet"),
    supportedTypes: ["float"],
    isEmpty: () => false,
});

import {
    deserializeDate,
    deserializeDateTime,
    toLocaleDateString,
    toLocaleDateTimeString,
} from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";

/** Server date (YYYY-MM-DD) as the user reads it. */
export function displayDate(date) {
    return date ? toLocaleDateString(deserializeDate(date)) : "";
}

/** Server UTC date and time in the user's timezone. */
export function displayDateTime(dateTime) {
    return dateTime ? toLocaleDateTimeString(deserializeDateTime(dateTime)) : "";
}

/** "3 working days left", "due today", "2 working days late". */
export function displayDaysLeft(daysLeft) {
    if (daysLeft === 0) {
        return _t("Due today");
    }
    if (daysLeft > 0) {
        return daysLeft === 1
            ? _t("1 working day left")
            : _t("%s working days left", daysLeft);
    }
    return daysLeft === -1
        ? _t("1 working day late")
        : _t("%s working days late", -daysLeft);
}

/** How a stage stands: the server counts what is settled, and a waiver is not done. */
export function countItems({ done, total, requirements }) {
    const waived = requirements.filter(
        ({ mandatory, state }) => mandatory && state === "waived"
    ).length;
    return { done: done - waived, waived, total };
}

/** "3 of 5 done, 1 waived" */
export function displayCounts(counts) {
    return counts.waived
        ? _t("%(done)s of %(total)s done, %(waived)s waived", counts)
        : _t("%(done)s of %(total)s done", counts);
}

export const DEADLINE_CLASSES = {
    none: "text-muted",
    ok: "text-muted",
    soon: "text-warning",
    late: "text-danger",
};

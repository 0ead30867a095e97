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

export const DEADLINE_CLASSES = {
    none: "text-muted",
    ok: "text-muted",
    soon: "text-warning",
    late: "text-danger",
};

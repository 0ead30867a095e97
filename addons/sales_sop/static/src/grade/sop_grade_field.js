import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const COLORS = {
    a: "text-bg-success",
    b: "text-bg-info",
    c: "text-bg-warning",
    d: "text-bg-secondary",
};

/** The letter of a grade in its colour. */
export class SopGrade extends Component {
    static template = "sales_sop.Grade";
    static props = { grade: { type: [String, Boolean], optional: true } };

    get color() {
        return COLORS[this.props.grade];
    }

    get title() {
        return _t("Grade %s", this.props.grade.toUpperCase());
    }
}

export class SopGradeField extends Component {
    static template = "sales_sop.GradeField";
    static components = { SopGrade };
    static props = { ...standardFieldProps };

    get grade() {
        return this.props.record.data[this.props.name];
    }
}

registry.category("fields").add("sop_grade", {
    component: SopGradeField,
    displayName: _t("Customer grade"),
    supportedTypes: ["selection"],
    listViewWidth: [60, 80],
});

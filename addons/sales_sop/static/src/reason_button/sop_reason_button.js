import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { SopReasonDialog } from "../reason_dialog/sop_reason_dialog";

/** A button of a form that asks for a reason and hands it to a method of the record. */
export class SopReasonButton extends Component {
    static template = "sales_sop.ReasonButton";
    static props = {
        ...standardWidgetProps,
        method: String,
        label: String,
        title: { type: String, optional: true },
        buttonClass: { type: String, optional: true },
    };
    static defaultProps = { buttonClass: "btn-secondary" };

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
    }

    async onClick() {
        if (!(await this.props.record.save())) {
            return;
        }
        this.dialog.add(SopReasonDialog, {
            title: this.props.title || this.props.label,
            confirmLabel: this.props.label || _t("Confirm"),
            onConfirm: ({ reason }) => this.apply(reason),
        });
    }

    async apply(reason) {
        const { record, method } = this.props;
        await this.orm.call(record.resModel, method, [[record.resId], reason]);
        await record.load();
    }
}

registry.category("view_widgets").add("sop_reason_button", {
    component: SopReasonButton,
    extractProps: ({ attrs }) => ({
        method: attrs.method,
        label: attrs.string,
        title: attrs.title,
        buttonClass: attrs.button_class,
    }),
    additionalClasses: ["d-inline-block"],
});

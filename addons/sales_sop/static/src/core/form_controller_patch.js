import { onMounted } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";
import { FormController } from "@web/views/form/form_controller";
import { findOnForm } from "./sop_reveal";

/** A form opened with `sop_focus` in its context starts on the page that holds the checklist. */
patch(FormController.prototype, {
    setup() {
        super.setup(...arguments);
        onMounted(() => {
            if (this.props.context?.sop_focus && this.rootRef.el) {
                return findOnForm(this.rootRef.el, ".o_sop_checklist");
            }
        });
    },
});

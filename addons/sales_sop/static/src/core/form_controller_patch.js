import { onMounted } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { patch } from "@web/core/utils/patch";
import { FormController } from "@web/views/form/form_controller";
import { findOnForm } from "./sop_reveal";

/** A form opened with `sop_focus` in its context starts on the page that holds the checklist. */
patch(FormController.prototype, {
    setup() {
        super.setup(...arguments);
        onMounted(() => {
            if (this.props.context?.sop_focus) {
                // The notebook answers clicks from the next frame on.
                browser.requestAnimationFrame(() => {
                    if (this.rootRef.el) {
                        findOnForm(this.rootRef.el, ".o_sop_checklist");
                    }
                });
            }
        });
    },
});

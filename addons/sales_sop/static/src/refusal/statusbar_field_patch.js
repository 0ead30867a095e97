import { patch } from "@web/core/utils/patch";
import { StatusBarField } from "@web/views/fields/statusbar/statusbar_field";
import { SOP_GATE_ERROR } from "./sop_refusal_dialog";

/** A refused click on the status bar leaves the bar where it was, and other unsaved changes as they are. */
patch(StatusBarField.prototype, {
    async selectItem() {
        const { name, record } = this.props;
        const oldValue = record.data[name];
        try {
            await super.selectItem(...arguments);
        } catch (error) {
            if (error.exceptionName === SOP_GATE_ERROR) {
                await record.update({ [name]: oldValue });
                const changes = await record.getChanges();
                if (Object.keys(changes).every((fieldName) => fieldName === name)) {
                    await record.discard();
                }
            }
            throw error;
        }
    },
});

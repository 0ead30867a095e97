import { Activity } from "@mail/core/common/activity_model";
import { assignIn } from "@mail/utils/common/misc";
import { patch } from "@web/core/utils/patch";

patch(Activity, {
    _insert(data) {
        const activity = super._insert(...arguments);
        assignIn(activity, data, ["sop_can_log_contact"]);
        return activity;
    },
});

patch(Activity.prototype, {
    /** Opens the dialog that logs the contact; saved, it marks this activity as done. */
    async logContact() {
        const { orm, action } = this.store.env.services;
        const dialog = await orm.call("mail.activity", "action_sop_log_contact", [[this.id]]);
        await new Promise((resolve) => action.doAction(dialog, { onClose: resolve }));
    },
});

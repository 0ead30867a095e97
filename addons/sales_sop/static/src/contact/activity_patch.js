import { Activity } from "@mail/core/web/activity";
import { ActivityListPopoverItem } from "@mail/core/web/activity_list_popover_item";
import { patch } from "@web/core/utils/patch";

patch(Activity.prototype, {
    async onClickLogContact() {
        const { thread } = this;
        await this.props.activity.logContact();
        this.props.onActivityChanged(thread);
        await thread.fetchNewMessages();
    },
});

patch(ActivityListPopoverItem.prototype, {
    async onClickLogContact() {
        await this.props.activity.logContact();
        this.props.onActivityChanged?.();
    },
});

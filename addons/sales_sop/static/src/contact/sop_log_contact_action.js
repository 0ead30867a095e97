import { registry } from "@web/core/registry";

/** Opens the quick dialog for one lead; the dialog is made when it is asked for. */
export async function logContact(env, { params }) {
    const action = await env.services.orm.call("crm.lead", "action_sop_log_contact", [
        [params.lead_id],
    ]);
    action.context = { ...action.context, dialog_size: "medium" };
    return action;
}

registry.category("actions").add("sales_sop.log_contact", logContact);

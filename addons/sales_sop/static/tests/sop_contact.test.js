import { describe, expect, test } from "@odoo/hoot";
import {
    click,
    contains,
    mailModels,
    openFormView,
    start,
    startServer,
} from "@mail/../tests/mail_test_helpers";
import {
    defineModels,
    fields,
    getService,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";

describe.current.tags("desktop");

const CLOSE = { type: "ir.actions.act_window_close" };

class MailActivity extends mailModels.MailActivity {
    sop_can_log_contact = fields.Boolean();

    get _to_store_defaults() {
        return [...super._to_store_defaults, "sop_can_log_contact"];
    }
}

defineModels({ ...mailModels, MailActivity });

test("an open item leads to the dialog of its lead", async () => {
    onRpc("crm.lead", "action_sop_log_contact", ({ args }) => {
        expect.step(args);
        return CLOSE;
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "sales_sop.log_contact",
        params: { lead_id: 7 },
    });
    expect.verifySteps([[[7]]]);
});

async function openActivity(values) {
    const pyEnv = await startServer();
    const partnerId = pyEnv["res.partner"].create({});
    const activityId = pyEnv["mail.activity"].create({
        can_write: true,
        res_id: partnerId,
        res_model: "res.partner",
        ...values,
    });
    await start();
    await openFormView("res.partner", partnerId);
    await contains(".o-mail-Activity-markDone");
    return activityId;
}

test("an activity of a lead opens the dialog and is read again afterwards", async () => {
    onRpc("mail.activity", "action_sop_log_contact", ({ args }) => {
        expect.step(args);
        return CLOSE;
    });
    const activityId = await openActivity({ sop_can_log_contact: true });
    await click(".o-mail-Activity .o_sop_log_contact");
    await contains(".o-mail-Activity .o_sop_log_contact");
    expect.verifySteps([[[activityId]]]);
});

test("other activities are as they were", async () => {
    await openActivity({});
    await contains(".o-mail-Activity .o_sop_log_contact", { count: 0 });
});

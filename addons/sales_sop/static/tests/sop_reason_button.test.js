import { expect, test } from "@odoo/hoot";
import { contains, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { defineSopModels } from "./sop_test_helpers";

defineSopModels();

test("asks for a reason, hands it over and reads the record again", async () => {
    onRpc("doc", "action_lift", ({ args }) => {
        expect.step(args);
        return true;
    });
    onRpc("doc", "web_read", () => expect.step("read"));
    await mountView({
        type: "form",
        resModel: "doc",
        resId: 1,
        arch: `<form><field name="name"/>
            <widget name="sop_reason_button" method="action_lift" string="Lift" title="Why?"/></form>`,
    });
    expect.verifySteps(["read"]);
    await contains(".o_widget_sop_reason_button button").click();
    expect(".modal-title").toHaveText("Why?");
    await contains(".modal-footer .btn-primary").click();
    expect.verifySteps([]);
    await contains(".modal textarea").edit("They wrote to us");
    await contains(".modal-footer .btn-primary").click();
    expect(".modal").toHaveCount(0);
    expect.verifySteps([[[1], "They wrote to us"], "read"]);
});

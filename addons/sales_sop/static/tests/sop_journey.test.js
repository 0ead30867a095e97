import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    getService,
    mockService,
    mountView,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { defineSopModels } from "./sop_test_helpers";

defineSopModels();

const ARCH = `<form><widget name="sop_journey"/><field name="name"/></form>`;
const ACTION = { type: "ir.actions.act_window", res_model: "doc" };

function makePhases(...states) {
    return states.map((state, index) => ({
        phase: `s${index + 1}`,
        label: `Phase ${index + 1}`,
        state,
        label_detail: state === "current" ? "3 open" : "",
        action: state === "done" && ACTION,
    }));
}

test("shows the phases, marks the current one and opens what is behind it", async () => {
    onRpc("get_sop_journey", () => makePhases("done", "current", "todo", "none"));
    mockService("action", { doAction: (action) => expect.step(action) });
    await mountView({ type: "form", resModel: "doc", resId: 1, arch: ARCH });
    await animationFrame();
    expect(queryAllTexts(".o_sop_phase_label")).toEqual([
        "Phase 1",
        "Phase 2",
        "Phase 3",
        "Phase 4",
    ]);
    expect("[aria-current=step] .o_sop_phase_label").toHaveText("Phase 2");
    expect(".o_sop_journey button").toHaveCount(1);
    await contains(".o_sop_journey button").click();
    expect.verifySteps([ACTION]);
});

test("a phase of the document itself leads to its checklist", async () => {
    onRpc("get_sop_journey", () => [
        { ...makePhases("current")[0], action: { ...ACTION, res_id: 1 } },
    ]);
    await mountView({ type: "form", resModel: "doc", resId: 1, arch: ARCH });
    patchWithCleanup(getService("sop_focus"), { open: (target) => expect.step(target) });
    await contains(".o_sop_journey button").click();
    expect.verifySteps([{ resModel: "doc", resId: 1 }]);
});

test("draws nothing for a journey that has not begun, or a new record", async () => {
    onRpc("get_sop_journey", () => makePhases("none", "none"));
    await mountView({ type: "form", resModel: "doc", resId: 1, arch: ARCH });
    await animationFrame();
    expect(".o_sop_journey").toHaveCount(0);
});

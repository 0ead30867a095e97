import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame, mockDate } from "@odoo/hoot-mock";
import { contains, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { defineSopModels, Doc } from "./sop_test_helpers";

defineSopModels();

const SUMMARY = { open: 3, total: 7, waived: 0, deadline: false, deadline_state: "none" };

function mockSummary(summary = {}) {
    onRpc("get_sop_summary", ({ args: [resIds] }) => {
        expect.step(["get_sop_summary", [...resIds].sort()]);
        return Object.fromEntries(resIds.map((id) => [id, { ...SUMMARY, ...summary }]));
    });
}

test("many cards, one request; none for documents without a process", async () => {
    for (let id = 10; id < 50; id++) {
        Doc._records.push({ id, name: `Doc ${id}`, stage_id: 1 + (id % 2), sop_outcome: "open" });
    }
    const resIds = Doc._records.map(({ id }) => id).filter((id) => id !== 3);
    mockSummary();
    await mountView({ type: "kanban", resModel: "doc" });
    await animationFrame();
    expect(".o_kanban_record").toHaveCount(43);
    expect(".o_sop_open").toHaveCount(42);
    expect.verifySteps([["get_sop_summary", resIds.sort()]]);
});

test("no request when no card follows a process", async () => {
    mockSummary();
    await mountView({ type: "kanban", resModel: "doc", domain: [["id", "=", 3]] });
    await animationFrame();
    expect(".o_sop_progress").toHaveCount(0);
    expect.verifySteps([]);
});

test("open of total, deadline colour and waivers", async () => {
    mockDate("2026-03-12 10:00:00", 0);
    mockSummary({ waived: 2, deadline: "2026-03-10", deadline_state: "late", days_left: -2 });
    await mountView({ type: "kanban", resModel: "doc", domain: [["id", "=", 1]] });
    await animationFrame();
    expect(".o_sop_open").toHaveText("3/7 open");
    expect(".o_sop_open").toHaveAttribute("title", "3 of 7 items open");
    expect(".o_sop_deadline > span").toHaveClass("text-danger");
    expect(".o_sop_deadline").toHaveText("Mar 10");
    expect(".o_sop_deadline").toHaveAttribute("title", "2 working days late");
    expect(".o_sop_waived").toHaveAttribute("title", "2 waived");
    expect.verifySteps([["get_sop_summary", [1]]]);
});

test("a moved card asks again, only for itself", async () => {
    mockSummary();
    await mountView({ type: "kanban", resModel: "doc" });
    await animationFrame();
    expect.verifySteps([["get_sop_summary", [1, 2]]]);
    await contains(".o_kanban_record:contains(Pump station)").dragAndDrop(
        ".o_kanban_group:eq(1) .o_kanban_record"
    );
    await animationFrame();
    await animationFrame();
    expect.verifySteps([["get_sop_summary", [1]]]);
});

test("lists show it too", async () => {
    mockSummary({ open: 0 });
    await mountView({ type: "list", resModel: "doc" });
    await animationFrame();
    expect(queryAllTexts(".o_sop_open")).toEqual(["0/7 open", "0/7 open"]);
    expect(".o_sop_open:first").toHaveClass("text-success");
    expect.verifySteps([["get_sop_summary", [1, 2]]]);
});

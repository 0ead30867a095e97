import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import {
    contains,
    getService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { defineSopModels } from "./sop_test_helpers";

defineSopModels();

const SHOW_ALL = { type: "ir.actions.act_window", name: "Orders of Iron Ltd.", res_model: "doc" };

function makeSection(values) {
    return {
        key: "orders",
        label: "Orders",
        model: "doc",
        open: false,
        open_model: false,
        columns: [
            { name: "name", string: "Number", type: "char" },
            {
                name: "state",
                string: "Status",
                type: "selection",
                selection: [["sale", "Confirmed"]],
            },
            { name: "date", string: "Date", type: "date" },
        ],
        rows: [{ id: 7, name: "S007", state: "sale", date: false }],
        count: 12,
        action: SHOW_ALL,
        ...values,
    };
}

async function openFile(sections) {
    onRpc("res.partner", "get_sop_customer_file", ({ args }) => {
        expect(args).toEqual([3]);
        return {
            customer: {
                id: 3,
                name: "Iron Ltd.",
                values: [{ name: "city", string: "City", type: "char", value: "Suzhou" }],
                tags: ["Key account"],
            },
            facts: [{ label: "Open opportunities", type: "integer", value: 2 }],
            journey: [],
            sections,
        };
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "sales_sop.customer_file",
        context: { active_id: 3 },
    });
}

test("shows a customer with its sections, and names those that are empty", async () => {
    await openFile([
        makeSection(),
        makeSection({ key: "requests", label: "Requests", rows: [], count: 0 }),
    ]);
    expect(".o_sop_file_customer").toHaveText("Iron Ltd.");
    expect(".o_sop_file_facts dd").toHaveText("2");
    expect(queryAllTexts(".o_sop_file_section h2")).toEqual(["Orders"]);
    expect(".o_sop_file_count").toHaveText("12");
    expect(queryAllTexts(".o_sop_file_section tbody td")).toEqual(["S007", "Confirmed", ""]);
    expect(".o_sop_file_nothing").toHaveText("Nothing yet: Requests");
});

test("opens a row, what the row is about, and all rows", async () => {
    await openFile([
        makeSection(),
        makeSection({
            key: "grades",
            open: "lead_id",
            open_model: "crm.lead",
            rows: [{ id: 8, name: "A", state: false, date: false, lead_id: [5, "Pumps"] }],
        }),
    ]);
    patchWithCleanup(getService("action"), {
        doAction: ({ res_model: model, res_id: id }) => expect.step([model, id]),
    });
    await contains("[data-key=orders] .o_sop_file_row").click();
    await contains("[data-key=grades] .o_sop_file_row").click();
    await contains("[data-key=orders] .o_sop_file_all").click();
    await contains(".o_sop_file_customer").click();
    expect.verifySteps([
        ["doc", 7],
        ["crm.lead", 5],
        ["doc", undefined],
        ["res.partner", 3],
    ]);
});

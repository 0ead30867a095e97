import { beforeEach, expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    getService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { defineSopModels, makeCheck, makeRequirement } from "./sop_test_helpers";

defineSopModels();

function makeItem(values) {
    return {
        res_model: "crm.lead",
        res_id: 1,
        display_name: "Pump station",
        stage: "First contact",
        deadline: "2026-03-10",
        deadline_state: "ok",
        why: "tick",
        requirement: makeRequirement(),
        ...values,
    };
}

let items;

beforeEach(() => {
    items = [
        makeItem({ deadline_state: "late", requirement: makeRequirement({ id: 1 }) }),
        makeItem({
            deadline_state: "late",
            requirement: makeRequirement({ id: 2, name: "Name the buyer" }),
        }),
        makeItem({
            res_id: 2,
            display_name: "Boiler",
            why: "verify",
            requirement: makeRequirement({
                id: 1,
                state: "to_verify",
                can_tick: false,
                can_verify: true,
                check: makeCheck(),
            }),
        }),
    ];
    onRpc("crm.lead", "get_sop_my_items", () => ({ items, total: items.length }));
});

async function openMyItems() {
    await mountWithCleanup(WebClient);
    await getService("action").doAction("sales_sop.my_items");
}

test("items stand under their document, the deadline beside it", async () => {
    await openMyItems();
    expect(".o_sop_group").toHaveCount(2);
    expect(queryAllTexts(".o_sop_document")).toEqual(["Pump station", "Boiler"]);
    expect(".o_sop_group:first .o_sop_item").toHaveCount(2);
    expect(".o_sop_group:first .o_sop_deadline > span").toHaveClass("text-danger");
});

test("an item is ticked in place and leaves the list", async () => {
    onRpc("action_sop_tick", ({ model, args }) => {
        expect.step([model, ...args]);
        items.shift();
        return true;
    });
    await openMyItems();
    await contains(".o_sop_group:first .o_sop_mark").click();
    await animationFrame();
    expect.verifySteps([["crm.lead", [1], 1]]);
    expect(".o_sop_group:first .o_sop_item").toHaveCount(1);
});

test("search and filters narrow the list", async () => {
    await openMyItems();
    await contains(".o_sop_search").edit("BUYER", { confirm: false });
    expect(queryAllTexts(".o_sop_item_name")).toEqual(["Name the buyer"]);
    await contains(".o_sop_search").edit("nothing like this", { confirm: false });
    await contains(".o_sop_clear").click();
    await contains(".o_sop_filter_late").click();
    expect(queryAllTexts(".o_sop_document")).toEqual(["Pump station"]);
    await contains(".o_sop_filter_late").click();
    await contains(".o_sop_filter_verify").click();
    expect(queryAllTexts(".o_sop_document")).toEqual(["Boiler"]);
    expect(".o_sop_verify").toHaveCount(1);
});

test("nothing to do is good news", async () => {
    items = [];
    await openMyItems();
    expect(".o_sop_empty").toHaveText(/Nothing is waiting for you/);
    expect(".o_sop_search").toHaveCount(0);
});

test("the document opens at the item", async () => {
    await openMyItems();
    patchWithCleanup(getService("sop_focus"), { open: (target) => expect.step(target) });
    await contains(".o_sop_document:last").click();
    expect.verifySteps([{ resModel: "crm.lead", resId: 2, requirementId: 1 }]);
});

test("says when there is more than is shown", async () => {
    onRpc("crm.lead", "get_sop_my_items", () => ({ items, total: 10 }));
    await openMyItems();
    expect(".o_sop_my_items_page > p").toHaveText("7 more items are not shown. Do these first.");
});

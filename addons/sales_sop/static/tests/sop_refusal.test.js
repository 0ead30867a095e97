import { describe, expect, test } from "@odoo/hoot";
import { queryAllTexts, queryText } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    getService,
    makeServerError,
    mountView,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { defineSopModels, makeChecklist, waitForFocus } from "./sop_test_helpers";

defineSopModels();

const ITEM = {
    id: 100,
    code: "S2.1",
    name: "Call the customer",
    stage: "First contact",
    who: "Salesperson",
    waivable: true,
    can_waive: false,
    kind: "confirm",
    link: false,
};

function makeRefusal(values = {}) {
    return makeServerError({
        errorName: "odoo.addons.sales_sop.exceptions.SopGateError",
        message: "Pump station cannot enter Needs yet.",
        context: {
            sop: {
                title: "Not yet",
                kind: "missing",
                target: { stage_id: 2, name: "Needs" },
                documents: [
                    { res_model: "doc", res_id: 1, name: "Pump station", items: [ITEM] },
                    {
                        res_model: "doc",
                        res_id: 2,
                        name: "Boiler",
                        items: [ITEM, { ...ITEM, id: 101, name: "Name the buyer", can_waive: true }],
                    },
                ],
                more: 0,
                ...values,
            },
        },
    });
}

function refuse(method, values) {
    expect.errors(1);
    onRpc("doc", method, () => {
        throw makeRefusal(values);
    });
}

function mockChecklist() {
    onRpc("get_sop_checklist", () => makeChecklist());
    onRpc("get_sop_summary", () => ({}));
}

async function verifyRefusal() {
    await animationFrame();
    await animationFrame();
    expect.verifyErrors(["RPC_ERROR: Pump station cannot enter Needs yet."]);
}

const ONE = [{ res_model: "doc", res_id: 1, name: "Pump station", items: [] }];

describe("kanban", () => {
    async function dragCard() {
        await contains(".o_kanban_record:contains(Pump station)").dragAndDrop(
            ".o_kanban_group:eq(1)"
        );
    }

    test("a refused card goes back, and each document lists what is missing", async () => {
        refuse("web_save", { more: 4 });
        mockChecklist();
        await mountView({ type: "kanban", resModel: "doc" });
        await dragCard();
        await verifyRefusal();
        expect(".modal-title").toHaveText("Not yet");
        expect(queryAllTexts(".o_sop_refusal_document h4")).toEqual(["Pump station", "Boiler"]);
        expect(queryAllTexts("[data-res-id='2'] .o_sop_refusal_name")).toEqual([
            "Call the customer",
            "Name the buyer",
        ]);
        const details = queryAllTexts(".o_sop_refusal_item .text-muted");
        for (const detail of ["S2.1", "First contact", "Salesperson", "A manager may waive it"]) {
            expect(details[0]).toInclude(detail);
        }
        expect(details[2]).toInclude("You may waive it");
        expect(".o_sop_refusal_more").toHaveText("and 4 more");
        await contains(".modal-footer .btn-primary").click();
        expect(queryText(".o_kanban_group:eq(0)")).toInclude("Pump station");
        expect(queryText(".o_kanban_group:eq(1)")).not.toInclude("Pump station");
    });

    test("a backward move asks the reason and reloads", async () => {
        refuse("web_save", { kind: "backward", documents: ONE });
        mockChecklist();
        onRpc("action_sop_move_back", ({ args }) => {
            expect.step(["action_sop_move_back", ...args]);
            return true;
        });
        await mountWithCleanup(WebClient);
        await getService("action").doAction({
            type: "ir.actions.act_window",
            res_model: "doc",
            views: [[false, "kanban"]],
        });
        await dragCard();
        await verifyRefusal();
        expect(".o_sop_open").toHaveCount(0);
        await contains(".o_sop_move_back").click();
        expect(".o_sop_reason_error").toHaveCount(1);
        expect.verifySteps([]);
        await contains("textarea[name=reason]").edit("Contact left");
        onRpc("web_read_group", () => expect.step("reload"));
        await contains(".o_sop_move_back").click();
        await animationFrame();
        expect.verifySteps([["action_sop_move_back", [1], 2, "Contact left"], "reload"]);
        expect(".o_sop_refusal").toHaveCount(0);
    });

    test("lost leads to the wizard that asks for the reason", async () => {
        refuse("web_save", { kind: "lost", documents: ONE });
        mockChecklist();
        await mountView({ type: "kanban", resModel: "doc" });
        await dragCard();
        await verifyRefusal();
        patchWithCleanup(getService("action"), {
            doAction: (action, options) =>
                expect.step([action, options.additionalContext.active_ids]),
        });
        await contains(".o_sop_lost").click();
        expect.verifySteps([["crm.crm_lead_lost_action", [1]]]);
    });

    test("open goes to the item on the form of the document", async () => {
        refuse("web_save", { documents: [{ ...ONE[0], items: [ITEM] }] });
        mockChecklist();
        await mountWithCleanup(WebClient);
        await getService("action").doAction({
            type: "ir.actions.act_window",
            res_model: "doc",
            views: [[false, "kanban"]],
        });
        await dragCard();
        await verifyRefusal();
        await contains(".o_sop_open").click();
        await waitForFocus("[data-requirement-id='100'] .o_sop_mark");
        expect(".modal").toHaveCount(0);
        expect(".o_form_view [name=name] input").toHaveValue("Pump station");
    });
});

describe("form", () => {
    async function openForm() {
        mockChecklist();
        await mountWithCleanup(WebClient);
        await getService("action").doAction({
            type: "ir.actions.act_window",
            res_model: "doc",
            res_id: 1,
            views: [[false, "form"]],
        });
    }

    test("a refused click on the status bar takes the bar back", async () => {
        refuse("web_save");
        await openForm();
        await contains(".o_statusbar_status button[data-value='2']").click();
        await verifyRefusal();
        await contains(".modal-footer .btn-primary").click();
        expect(".o_arrow_button_current").toHaveText("First contact");
        expect(".o_form_status_indicator_buttons").toHaveClass("invisible");
    });

    test("other unsaved changes survive a refused click", async () => {
        refuse("web_save");
        await openForm();
        await contains("[name=phone] input").edit("123");
        await contains(".o_statusbar_status button[data-value='2']").click();
        await verifyRefusal();
        await contains(".modal-footer .btn-primary").click();
        expect(".o_arrow_button_current").toHaveText("First contact");
        expect("[name=phone] input").toHaveValue("123");
        expect(".o_form_status_indicator_buttons").not.toHaveClass("invisible");
    });

    test("open on the same form only closes and shows the item", async () => {
        refuse("web_save", { documents: [{ ...ONE[0], items: [ITEM] }] });
        await openForm();
        await contains(".o_statusbar_status button[data-value='2']").click();
        await verifyRefusal();
        onRpc("get_views", () => expect.step("get_views"));
        await contains(".o_sop_open").click();
        await waitForFocus("[data-requirement-id='100'] .o_sop_mark");
        expect.verifySteps([]);
    });
});

test("a refused change of several lines leaves the list as it was", async () => {
    refuse("web_save");
    mockChecklist();
    await mountView({ type: "list", resModel: "doc" });
    await contains(".o_data_row:eq(0) .o_list_record_selector input").click();
    await contains(".o_data_row:eq(1) .o_list_record_selector input").click();
    await contains(".o_data_row:eq(0) [name=stage_id]").click();
    await contains(".o_selected_row [name=stage_id] input").click();
    await contains(".dropdown-item:contains(Needs)").click();
    await contains(".modal-footer .btn-primary").click();
    await verifyRefusal();
    expect(".o_sop_refusal").toHaveCount(1);
    await contains(".o_sop_refusal .modal-footer .btn-primary").click();
    expect(queryAllTexts(".o_data_row [name=stage_id]")).toEqual([
        "First contact",
        "First contact",
        "Needs",
    ]);
});

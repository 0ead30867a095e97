import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { contains, mockService, mountWithCleanup, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { BaseImportModel } from "@base_import/import_model";
import { ImportResult } from "@sales_sop/import/import_result";
import { defineSopModels } from "./sop_test_helpers";

defineSopModels();

const ROWS = [
    { row: 2, name: "Compressor works", result: "imported", reason: "" },
    { row: 3, name: "Bad code", result: "refused", reason: "The check digit is wrong." },
    { row: 4, name: "Again", result: "duplicate", reason: "Duplicate of row 2" },
    { row: 5, name: "Dryer works", result: "imported", reason: "" },
];

async function mountResult(result = {}) {
    await mountWithCleanup(ImportResult, {
        props: { result: { rows: ROWS, isTest: false, isDone: true, ids: [1, 2], ...result } },
    });
}

/** The model of the importer, without its services; `batches` are the answers of the server. */
function makeModel(batches, options = {}) {
    const model = Object.create(BaseImportModel.prototype);
    Object.assign(model, {
        importOptionsValues: { skip: { value: 0 }, limit: { value: 2 }, tracking_disable: { value: true } },
        fieldsToHandle: {},
        columns: [],
        importMessages: [],
        context: {},
        resModel: "crm.lead",
        orm: {
            silent: { call: async () => batches.shift() },
            write: async (...args) => expect.step(args),
            call: async (resModel, method) => (method === "create" ? 7 : []),
        },
        ...options,
    });
    Object.defineProperty(model, "formattedImportOptions", { value: {} });
    patchWithCleanup(model, { _updateComments() {}, _pushLocalImageToRecords() {} });
    return model;
}

test("each row with its result and reason, what needs attention can be picked", async () => {
    await mountResult();
    expect(queryAllTexts("tbody tr[data-row='3'] td")).toEqual([
        "3",
        "Bad code",
        "Refused",
        "The check digit is wrong.",
    ]);
    expect(queryAllTexts("button[data-kind]")).toEqual([
        "Refused 1",
        "Skipped: duplicate 1",
        "Imported 2",
    ]);
    await contains("button[data-kind='refused']").click();
    expect("tbody tr").toHaveCount(1);
    await contains("button:contains(All rows)").click();
    expect("tbody tr").toHaveCount(4);
});

test("a test says what would become of the rows, and offers no leads", async () => {
    await mountResult({ isTest: true, isDone: false });
    expect("tbody tr[data-row='2'] .badge").toHaveText("Would be imported");
    expect("tbody tr[data-row='4'] .badge").toHaveText("Would be skipped: duplicate");
    expect(".o_sop_open_leads").toHaveCount(0);
});

test("long lists are shown by the hundred", async () => {
    const rows = Array.from({ length: 250 }, (_, index) => ({ ...ROWS[0], row: index + 2 }));
    await mountResult({ rows });
    expect("tbody tr").toHaveCount(100);
    await contains(".o_sop_show_more").click();
    expect("tbody tr").toHaveCount(200);
    await contains(".o_sop_show_more").click();
    expect("tbody tr").toHaveCount(250);
    expect(".o_sop_show_more").toHaveCount(0);
});

test("the imported leads are opened", async () => {
    mockService("action", { doAction: (action) => expect.step(action.domain) });
    await mountResult();
    await contains(".o_sop_open_leads").click();
    expect.verifySteps([[["id", "in", [1, 2]]]]);
});

test("the rows of all batches are gathered", async () => {
    const model = makeModel([
        { ids: [1], messages: [], nextrow: 2, sop_rows: ROWS.slice(0, 2) },
        { ids: [2], messages: [], nextrow: 0, sop_rows: ROWS.slice(2) },
    ]);
    await model.executeImport(false, 2);
    expect(model.sopResult).toEqual({ rows: ROWS, isTest: false, isDone: true, ids: [1, 2] });
});

test("a test does not say that all is valid where rows are told", async () => {
    const model = makeModel([{ ids: [1, 2], messages: [], nextrow: 0, sop_rows: ROWS }]);
    await model.executeImport(true, 1);
    expect(model.sopResult.isTest).toBe(true);
    expect(model.importMessages).toEqual([]);
});

test("an import without our rows is Odoo's", async () => {
    const model = makeModel([{ ids: [1, 2], messages: [], nextrow: 0 }]);
    await model.executeImport(true, 1);
    expect(model.sopResult).toBe(undefined);
    expect(model.importMessages).toHaveLength(1);
});

test("the importer knows its prospect list", async () => {
    await makeModel([], { context: { default_sop_list_id: 5 } }).init();
    expect.verifySteps([["base_import.import", [7], { sop_list_id: 5 }]]);
    await makeModel([], { context: { default_sop_list_id: 5 }, resModel: "res.partner" }).init();
    expect.verifySteps([]);
});

import { dropFiles } from "@mail/../tests/mail_test_helpers_contains";
import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { keyDown, press, queryAllTexts, queryFirst, setInputFiles } from "@odoo/hoot-dom";
import { animationFrame, mockDate } from "@odoo/hoot-mock";
import {
    contains,
    getService,
    makeServerError,
    mockService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import {
    defineSopModels,
    makeCheck,
    makeChecklist,
    makeChecklistOf,
    makeRequirement,
    makeStage,
    mountChecklist,
    waitForFocus,
} from "./sop_test_helpers";

defineSopModels();

beforeEach(() => {
    mockDate("2026-03-05 10:00:00", 0);
    patchWithCleanup(odoo, { csrf_token: "dummy" });
});

/** Records the calls of these methods as steps, with what matters of their arguments. */
function stepRpc(...methods) {
    for (const method of methods) {
        onRpc(method, ({ args, kwargs }) => {
            const values = Object.entries(kwargs).filter(([name]) => name !== "context");
            expect.step([method, ...args, ...(values.length ? [Object.fromEntries(values)] : [])]);
            return true;
        });
    }
}

function mockUpload() {
    let attachmentId = 50;
    mockService("http", {
        post: (route, { ufile, model, id }) => {
            expect.step([route, model, id, ufile.map((file) => file.name)]);
            return JSON.stringify(ufile.map(() => ({ id: attachmentId++ })));
        },
    });
}

const NO_INPUT = { remark: null, attachment_ids: [], valid_until: null };

describe("reading", () => {
    test("a new document asks to be saved", async () => {
        onRpc("doc", "get_sop_checklist", () => expect.step("get_sop_checklist"));
        await mountChecklist(makeChecklist(), { resId: false });
        expect(".o_sop_hint").toHaveText("Save to see the checklist.");
        expect.verifySteps([]);
    });

    test("a document without a process says so", async () => {
        await mountChecklist(false);
        await animationFrame();
        expect(".o_sop_hint").toHaveText("No procedure applies to this document.");
    });

    test("current stage first and open, the others folded with their counts", async () => {
        await mountChecklist(
            makeChecklist({
                stages: [
                    makeStage({ id: 10, name: "Market", state: "past", done: 2, total: 2 }),
                    makeStage({ id: 11, name: "First contact", state: "current", done: 1, total: 4 }),
                    makeStage({ id: 12, name: "Needs", state: "future", total: 3 }),
                ],
                done: 1,
                total: 4,
            })
        );
        await animationFrame();
        expect(queryAllTexts(".o_sop_stage_name")).toEqual(["First contact", "Market", "Needs"]);
        expect(queryAllTexts(".o_sop_stage_count")).toEqual([
            "1 of 4 done",
            "2 of 2 done",
            "0 of 3 done",
        ]);
        expect(".o_sop_item").toHaveCount(1);
        expect("[role=progressbar]").toHaveAttribute("aria-valuenow", "1");
        await contains("[data-stage-id='12'] .o_sop_stage_header").click();
        expect(".o_sop_item").toHaveCount(2);
        expect("[data-stage-id='12'] .o_sop_stage_header").toHaveAttribute("aria-expanded", "true");
    });

    test("an earlier stage with open items stands out", async () => {
        await mountChecklist(
            makeChecklist({
                stages: [makeStage({ id: 10, state: "past", done: 1, total: 2 }), makeStage()],
            })
        );
        await animationFrame();
        expect("[data-stage-id='10'] .o_sop_stage_count").toHaveClass("text-danger");
    });

    test("guidance can be hidden, and stays hidden", async () => {
        await mountChecklist(
            makeChecklist({ stages: [makeStage({ guidance: "<p>Be <b>brief</b></p>" })] })
        );
        await animationFrame();
        expect(".o_sop_guidance_text b").toHaveText("brief");
        await contains(".o_sop_guidance_toggle").click();
        expect(".o_sop_guidance_text").toHaveCount(0);
        expect(localStorage.getItem("sales_sop.guidance")).toBe("hidden");
    });

    test("the deadline counts working days and explains itself", async () => {
        stepRpc("action_sop_explain_deadline");
        mockService("action", { doAction: (action) => expect.step(action) });
        await mountChecklist(makeChecklist({ deadline_state: "late", days_left: -2 }));
        await animationFrame();
        expect(".o_sop_deadline").toHaveText(/2 working days late/);
        expect(".o_sop_deadline > span").toHaveClass("text-danger");
        await contains("button.o_sop_deadline").click();
        expect.verifySteps([["action_sop_explain_deadline", [1]], true]);
    });

    test("who did it, when, remark and files", async () => {
        await mountChecklist(
            makeChecklistOf(
                makeRequirement({
                    state: "done",
                    check: makeCheck({
                        remark: "Spoke to Mr Li",
                        fast_track: true,
                        verified_by: "Mike",
                        verified_date: "2026-03-03 01:00:00",
                        files: [{ id: 7, name: "minutes.pdf", mimetype: "application/pdf" }],
                    }),
                })
            )
        );
        await animationFrame();
        expect(".o_sop_evidence").toHaveText(/Amy Chen · Mar 2, 6:30/);
        expect(".o_sop_evidence").toHaveText(/Verified by Mike/);
        expect(".o_sop_remark").toHaveText("Spoke to Mr Li");
        expect(".o_sop_file").toHaveText("minutes.pdf");
        expect(".o_sop_file").toHaveAttribute("href", /\/web\/content\/7/);
        expect(".o_sop_fast").toHaveCount(1);
    });

    test("a waived item is shown as waived, never as done", async () => {
        await mountChecklist(
            makeChecklist({
                stages: [
                    makeStage({
                        done: 1,
                        requirements: [
                            makeRequirement({
                                state: "waived",
                                can_tick: false,
                                check: makeCheck({
                                    remark: "Old customer",
                                    valid_until: "2026-04-01",
                                }),
                            }),
                        ],
                    }),
                ],
            })
        );
        await animationFrame();
        expect(".o_sop_item").toHaveAttribute("data-state", "waived");
        expect(".o_sop_state").toHaveText("Waived, not done");
        expect(".o_sop_mark .fa-check-square").toHaveCount(0);
        expect(".o_sop_mark").toHaveAttribute("aria-checked", "mixed");
        expect(".o_sop_evidence").toHaveText(/Waived until Apr 1/);
        expect(".o_sop_progress_label").toHaveText("0 of 1 done, 1 waived");
    });

    test("lapsed, to verify, not applicable and recommended are told apart", async () => {
        await mountChecklist(
            makeChecklistOf(
                makeRequirement({ id: 1, state: "lapsed", check: makeCheck({ id: 1 }) }),
                makeRequirement({ id: 2, state: "to_verify", check: makeCheck({ id: 2 }) }),
                makeRequirement({ id: 3, state: "na", check: makeCheck({ id: 3 }) }),
                makeRequirement({ id: 4, mandatory: false })
            )
        );
        await animationFrame();
        expect(queryAllTexts(".o_sop_state")).toEqual(["Lapsed", "To verify", "Not applicable"]);
        expect("[data-requirement-id='4'] .o_sop_recommended").toHaveCount(1);
    });

    test("editing the form costs nothing, saving it reads the facts again", async () => {
        await mountChecklist(makeChecklist());
        await animationFrame();
        onRpc("get_sop_checklist", () => expect.step("get_sop_checklist"));
        await contains("[name=phone] input").edit("123");
        await animationFrame();
        expect.verifySteps([]);
        await contains(".o_form_button_save").click();
        await animationFrame();
        expect.verifySteps(["get_sop_checklist"]);
    });
});

describe("ticking", () => {
    test("one click ticks, and the checklist is read again", async () => {
        const checklist = makeChecklist();
        stepRpc("action_sop_tick");
        await mountChecklist(checklist);
        onRpc("get_sop_checklist", () => expect.step("get_sop_checklist"));
        checklist.stages[0].requirements[0].state = "done";
        await contains(".o_sop_mark").click();
        await animationFrame();
        expect.verifySteps([["action_sop_tick", [1], 100, NO_INPUT], "get_sop_checklist"]);
        expect(".o_sop_item").toHaveAttribute("data-state", "done");
        expect(".o_sop_mark").toHaveAttribute("aria-checked", "true");
    });

    test("unsaved changes of the form are saved first", async () => {
        stepRpc("action_sop_tick");
        onRpc("web_save", ({ args }) => expect.step(["web_save", args[1]]));
        await mountChecklist(makeChecklist());
        await contains("[name=phone] input").edit("123");
        await contains(".o_sop_mark").click();
        await animationFrame();
        expect.verifySteps([
            ["web_save", { phone: "123" }],
            ["action_sop_tick", [1], 100, NO_INPUT],
        ]);
    });

    test("the keyboard is enough", async () => {
        stepRpc("action_sop_tick");
        await mountChecklist(makeChecklist());
        await animationFrame();
        queryFirst(".o_sop_mark").focus();
        await press("Enter");
        await animationFrame();
        expect.verifySteps([["action_sop_tick", [1], 100, NO_INPUT]]);
        for (const button of document.querySelectorAll(".o_sop_checklist button")) {
            expect(button.tabIndex).toBe(0);
            expect(button.textContent.trim() || button.getAttribute("aria-label")).not.toBe("");
        }
    });

    test("a remark goes with the tick", async () => {
        stepRpc("action_sop_tick");
        await mountChecklist(makeChecklist());
        await contains(".o_sop_edit").click();
        await contains(".o_sop_item_editor textarea").edit("By phone", { confirm: false });
        await contains(".o_sop_done").click();
        await animationFrame();
        expect.verifySteps([["action_sop_tick", [1], 100, { ...NO_INPUT, remark: "By phone" }]]);
        expect(".o_sop_item_editor").toHaveCount(0);
    });

    test("escape leaves the editor and keeps the item open", async () => {
        stepRpc("action_sop_tick");
        await mountChecklist(makeChecklist());
        await contains(".o_sop_edit").click();
        await contains(".o_sop_item_editor textarea").edit("Oops", { confirm: false });
        await keyDown("Escape");
        await animationFrame();
        expect(".o_sop_item_editor").toHaveCount(0);
        expect.verifySteps([]);
    });

    test("nothing is ticked without permission, and the reason is told", async () => {
        stepRpc("action_sop_tick");
        await mountChecklist(
            makeChecklistOf(
                makeRequirement({ can_tick: false, blocked_reason: "only Finance may do this." })
            )
        );
        await animationFrame();
        expect(".o_sop_mark").not.toBeEnabled();
        expect(".o_sop_blocked").toHaveText("Only Finance may do this.");
        expect(".o_sop_edit, .o_sop_upload").toHaveCount(0);
    });

    test("who may only read is told once", async () => {
        const blocked = { can_tick: false, blocked_reason: "you may not change this." };
        await mountChecklist({
            ...makeChecklistOf(
                makeRequirement({ id: 1, ...blocked }),
                makeRequirement({ id: 2, ...blocked })
            ),
            can_edit: false,
        });
        await animationFrame();
        expect(".o_sop_readonly").toHaveCount(1);
        expect(".o_sop_blocked, .o_sop_complete").toHaveCount(0);
    });

    test("a refused tick leaves the item open", async () => {
        expect.errors(1);
        onRpc("action_sop_tick", () => {
            throw makeServerError({ message: "Someone else was faster" });
        });
        await mountChecklist(makeChecklist());
        await contains(".o_sop_mark").click();
        await animationFrame();
        await animationFrame();
        expect.verifyErrors(["Someone else was faster"]);
        expect(".o_sop_item").toHaveAttribute("data-state", "open");
        expect(".o_sop_mark").toBeEnabled();
    });
});

describe("documents", () => {
    const contract = () =>
        makeRequirement({ kind: "document", document_kind: "Signed minutes", name: "Minutes" });

    test("a click asks for the file instead of ticking", async () => {
        stepRpc("action_sop_tick");
        mockUpload();
        await mountChecklist(makeChecklistOf(contract()));
        await contains(".o_sop_mark").click();
        expect(".o_sop_done").not.toBeEnabled();
        expect(".o_sop_missing").toHaveText("Add 1 file.");
        expect.verifySteps([]);
    });

    test("a dropped file is uploaded and is the tick", async () => {
        stepRpc("action_sop_tick");
        mockUpload();
        await mountChecklist(makeChecklistOf(contract()));
        await dropFiles(".o_sop_item", [new File(["x"], "minutes.pdf")]);
        await animationFrame();
        await animationFrame();
        expect.verifySteps([
            ["/web/binary/upload_attachment", "doc", 1, ["minutes.pdf"]],
            ["action_sop_tick", [1], 100, { ...NO_INPUT, attachment_ids: [50] }],
        ]);
    });

    test("several files and a validity date are waited for", async () => {
        stepRpc("action_sop_tick");
        mockUpload();
        await mountChecklist(
            makeChecklistOf({ ...contract(), min_count: 2, valid_required: true })
        );
        await dropFiles(".o_sop_item", [new File(["x"], "a.pdf")]);
        await animationFrame();
        expect(".o_sop_missing").toHaveText("Add 1 file. Give the valid-until date.");
        await contains(".o_sop_choose").click();
        await setInputFiles([new File(["y"], "b.pdf")]);
        await animationFrame();
        expect(".o_sop_missing").toHaveText("Give the valid-until date.");
        await contains("input.o_sop_valid_until").edit("12/31/2026");
        await animationFrame();
        expect(".o_sop_missing").toHaveCount(0);
        await contains(".o_sop_done").click();
        await animationFrame();
        await animationFrame();
        expect.verifySteps([
            ["/web/binary/upload_attachment", "doc", 1, ["a.pdf", "b.pdf"]],
            [
                "action_sop_tick",
                [1],
                100,
                { remark: null, attachment_ids: [50, 51], valid_until: "2026-12-31" },
            ],
        ]);
    });

    test("a file the server refuses does not tick", async () => {
        stepRpc("action_sop_tick");
        mockService("http", { post: () => JSON.stringify([{ error: "No room" }]) });
        await mountChecklist(makeChecklistOf(contract()));
        await dropFiles(".o_sop_item", [new File(["x"], "minutes.pdf")]);
        await animationFrame();
        await animationFrame();
        expect(".o_notification").toHaveText(/No room/);
        expect.verifySteps([]);
    });

    test("a file dropped on a tick is kept for the remark", async () => {
        stepRpc("action_sop_tick");
        await mountChecklist(makeChecklist());
        await dropFiles(".o_sop_item", [new File(["x"], "note.txt")]);
        await animationFrame();
        expect(".o_sop_draft_files li").toHaveCount(1);
        expect(".o_sop_done").toBeEnabled();
        expect.verifySteps([]);
    });
});

describe("facts", () => {
    const fact = (values) =>
        makeRequirement({
            kind: "fields",
            can_tick: false,
            fact: {
                met: false,
                value: "",
                message: "Phone is empty.",
                link: false,
                field: "phone",
                ...values,
            },
        });

    test("cannot be ticked, show what is missing and lead to the field", async () => {
        stepRpc("action_sop_tick");
        await mountChecklist(makeChecklistOf(fact()));
        await animationFrame();
        expect("button.o_sop_mark").toHaveCount(0);
        expect(".o_sop_fact").toHaveText(/Phone is empty/);
        await contains(".o_sop_show_field").click();
        await animationFrame();
        expect("[name=phone] input").toBeFocused();
        expect.verifySteps([]);
    });

    test("show the value when met", async () => {
        await mountChecklist(
            makeChecklistOf({ ...fact({ met: true, value: "Phone: 123" }), state: "done" })
        );
        await animationFrame();
        expect(".o_sop_fact").toHaveText(/Phone: 123/);
        expect(".o_sop_fact_mark .fa-check-circle").toHaveCount(1);
    });

    test("open what they are about", async () => {
        mockService("action", { doAction: (action) => expect.step(action) });
        const link = { type: "ir.actions.act_window", res_model: "doc" };
        await mountChecklist(makeChecklistOf(fact({ link, field: false })));
        await contains(".o_sop_link").click();
        expect.verifySteps([link]);
    });

    test("a field on another page of the form is found", async () => {
        await mountChecklist(makeChecklistOf(fact()), {
            arch: `<form><notebook>
                <page string="SOP"><field name="sop_stage_id" widget="sop_checklist"/></page>
                <page string="Name"><field name="name"/></page>
                <page string="Contact"><field name="phone"/></page>
            </notebook></form>`,
        });
        await contains(".o_sop_show_field").click();
        await waitForFocus("[name=phone] input");
        expect(".nav-link.active").toHaveText("Contact");
    });

    test("a field that has nothing to show yet leads to the place named for it", async () => {
        await mountChecklist(makeChecklistOf(fact()), {
            arch: `<form><notebook>
                <page string="SOP"><field name="sop_stage_id" widget="sop_checklist"/></page>
                <page string="Contact">
                    <div data-sop-fields="name phone"><button name="call" type="object">Call</button></div>
                    <field name="phone" invisible="1"/>
                </page>
            </notebook></form>`,
        });
        await contains(".o_sop_show_field").click();
        await waitForFocus("button[name=call]");
        expect(".nav-link.active").toHaveText("Contact");
    });
});

describe("exceptions", () => {
    test("not applicable needs a reason", async () => {
        stepRpc("action_sop_not_applicable");
        await mountChecklist(makeChecklistOf(makeRequirement({ can_na: true })));
        await contains(".o_sop_menu").click();
        await contains(".o_sop_menu_na").click();
        await contains(".o_sop_confirm").click();
        expect(".o_sop_reason_error").toHaveCount(1);
        expect.verifySteps([]);
        await contains("textarea[name=reason]").edit("Cash sale");
        await contains(".o_sop_confirm").click();
        await animationFrame();
        expect.verifySteps([["action_sop_not_applicable", [1], 100, "Cash sale"]]);
        expect(".o_sop_reason_dialog").toHaveCount(0);
    });

    test("a waiver needs a reason and a date", async () => {
        stepRpc("action_sop_waive");
        await mountChecklist(makeChecklistOf(makeRequirement({ can_waive: true })));
        await contains(".o_sop_menu").click();
        await contains(".o_sop_menu_waive").click();
        await contains("textarea[name=reason]").edit("Director agreed");
        await contains(".o_sop_confirm").click();
        expect(".o_sop_date_error").toHaveCount(1);
        expect.verifySteps([]);
        await contains(".o_sop_reason_dialog .o_datetime_input").edit("04/30/2026");
        await contains(".o_sop_confirm").click();
        await animationFrame();
        expect.verifySteps([["action_sop_waive", [1], 100, "Director agreed", "2026-04-30"]]);
    });

    test("what was waived can still be done", async () => {
        stepRpc("action_sop_tick");
        await mountChecklist(
            makeChecklistOf(
                makeRequirement({ state: "waived", can_revoke: true, check: makeCheck() })
            )
        );
        await contains(".o_sop_mark").click();
        await animationFrame();
        expect.verifySteps([["action_sop_tick", [1], 100, NO_INPUT]]);
    });

    test("only who may waive is offered it", async () => {
        await mountChecklist(
            makeChecklistOf(makeRequirement({ can_na: true, can_waive: false }))
        );
        await contains(".o_sop_menu").click();
        expect(".o_sop_menu_na").toHaveCount(1);
        expect(".o_sop_menu_waive").toHaveCount(0);
    });

    test("no menu when there is nothing in it", async () => {
        await mountChecklist(makeChecklist());
        await animationFrame();
        expect(".o_sop_menu").toHaveCount(0);
    });

    test("unticking revokes, with a reason", async () => {
        stepRpc("action_revoke");
        await mountChecklist(
            makeChecklistOf(
                makeRequirement({
                    state: "done",
                    can_tick: false,
                    can_revoke: true,
                    check: makeCheck(),
                })
            )
        );
        await contains(".o_sop_mark").click();
        await contains(".o_sop_confirm").click();
        expect.verifySteps([]);
        await contains("textarea[name=reason]").edit("Wrong customer");
        await contains(".o_sop_confirm").click();
        await animationFrame();
        expect.verifySteps([["action_revoke", [900], "Wrong customer"]]);
    });

    test("verifying is one click for the second person", async () => {
        stepRpc("action_verify");
        await mountChecklist(
            makeChecklistOf(
                makeRequirement({ state: "to_verify", can_verify: true, check: makeCheck() })
            )
        );
        await contains(".o_sop_verify").click();
        await animationFrame();
        expect.verifySteps([["action_verify", [900], null]]);
    });

    test("a refused act keeps the dialog with what was written", async () => {
        expect.errors(1);
        onRpc("action_sop_not_applicable", () => {
            throw makeServerError({ message: "Not allowed here" });
        });
        await mountChecklist(makeChecklistOf(makeRequirement({ can_na: true })));
        await contains(".o_sop_menu").click();
        await contains(".o_sop_menu_na").click();
        await contains("textarea[name=reason]").edit("Cash sale");
        await contains(".o_sop_confirm").click();
        await animationFrame();
        await animationFrame();
        expect.verifyErrors(["Not allowed here"]);
        expect(".o_sop_reason_dialog textarea").toHaveValue("Cash sale");
    });
});

describe("moving", () => {
    test("complete stage moves on and reads the document again", async () => {
        stepRpc("action_sop_complete_stage");
        await mountChecklist(makeChecklist({ can_complete: true, done: 1 }));
        onRpc("web_read", () => expect.step("web_read"));
        onRpc("get_sop_checklist", () => expect.step("get_sop_checklist"));
        await contains(".o_sop_complete").click();
        await animationFrame();
        expect.verifySteps([
            ["action_sop_complete_stage", [1]],
            "web_read",
            "get_sop_checklist",
        ]);
    });

    test("with items open it leads to the first of them", async () => {
        stepRpc("action_sop_complete_stage");
        await mountChecklist(
            makeChecklist({
                stages: [
                    makeStage({
                        id: 10,
                        state: "past",
                        requirements: [
                            makeRequirement({ id: 1, state: "done" }),
                            makeRequirement({ id: 2, state: "open", mandatory: false }),
                            makeRequirement({ id: 3, state: "lapsed" }),
                        ],
                    }),
                    makeStage(),
                ],
            })
        );
        await contains(".o_sop_complete").click();
        await animationFrame();
        expect("[data-requirement-id='3'] .o_sop_mark").toBeFocused();
        expect.verifySteps([]);
    });

    test("what was just typed counts", async () => {
        const checklist = makeChecklist();
        stepRpc("action_sop_complete_stage");
        onRpc("web_save", () => {
            expect.step("web_save");
            checklist.can_complete = true;
        });
        await mountChecklist(checklist);
        await contains("[name=phone] input").edit("123");
        await contains(".o_sop_complete").click();
        await animationFrame();
        expect.verifySteps(["web_save", ["action_sop_complete_stage", [1]]]);
    });

    test("the last stage finishes the document", async () => {
        const effect = { effect: { type: "rainbow_man" } };
        onRpc("action_sop_complete_stage", () => effect);
        mockService("action", { doAction: (action) => expect.step(action) });
        await mountChecklist(
            makeChecklist({ can_complete: true, next_stage: { id: false, name: "Mark as won" } })
        );
        await animationFrame();
        expect(".o_sop_complete").toHaveText("Mark as won");
        await contains(".o_sop_complete").click();
        await animationFrame();
        expect.verifySteps([effect]);
    });

    test("a won or lost document does not move", async () => {
        await mountChecklist(makeChecklist({ outcome: "won" }));
        await animationFrame();
        expect(".o_sop_complete").toHaveCount(0);
        expect(".o_sop_outcome").toHaveText("Won");
    });

    test("moving back asks where to and why", async () => {
        stepRpc("action_sop_move_back");
        await mountChecklist(
            makeChecklist({
                stages: [
                    makeStage({
                        id: 10,
                        name: "Market",
                        state: "past",
                        document_stage: { id: 1, name: "New" },
                    }),
                    makeStage(),
                ],
            })
        );
        await contains(".o_sop_more").click();
        await contains(".o_sop_move_back").click();
        await contains(".o_sop_confirm").click();
        expect.verifySteps([]);
        await contains("textarea[name=reason]").edit("Contact left");
        await contains(".o_sop_confirm").click();
        await animationFrame();
        expect.verifySteps([["action_sop_move_back", [1], 1, "Contact left"]]);
    });

    test("the fast track leads to its entry stages", async () => {
        stepRpc("action_sop_fast_track");
        await mountChecklist(
            makeChecklist({
                can_fast_track: true,
                stages: [
                    makeStage(),
                    makeStage({ id: 12, name: "Needs", state: "future" }),
                    makeStage({ id: 13, name: "Offer", state: "future", fast_track_entry: true }),
                    makeStage({ id: 14, name: "Sign", state: "future", fast_track_entry: true }),
                ],
            })
        );
        await contains(".o_sop_more").click();
        await contains(".o_sop_fast_track").click();
        expect(queryAllTexts("select[name=choice] option")).toEqual(["Offer", "Sign"]);
        await contains("select[name=choice]").select("14");
        await contains("textarea[name=reason]").edit("Frame contract");
        await contains(".o_sop_confirm").click();
        await animationFrame();
        expect.verifySteps([["action_sop_fast_track", [1], 14, "Frame contract"]]);
    });
});

test("a form opened with sop_focus shows the page and the item", async () => {
    onRpc("doc", "get_sop_checklist", () =>
        makeChecklistOf(makeRequirement({ id: 1 }), makeRequirement({ id: 2 }))
    );
    await mountWithCleanup(WebClient);
    await getService("sop_focus").open({ resModel: "doc", resId: 1, requirementId: 2 });
    await waitForFocus("[data-requirement-id='2'] .o_sop_mark");
    expect(".o_notebook .nav-link.active").toHaveText("SOP");
});

import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { animationFrame } from "@odoo/hoot-mock";
import { contains, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { defineSopModels, Doc } from "./sop_test_helpers";

defineSopModels();

const FORM = `<form><field name="name"/><field name="sop_score" widget="sop_score_sheet"/></form>`;

function makeRow(values = {}) {
    return {
        key: "need_clarity",
        name: "Need stated",
        group: "need",
        weight: 12,
        rating: false,
        points: 0,
        is_automatic: false,
        is_knockout: false,
        facts: [],
        missing: [],
        levels: [
            { rating: 5, text: "In writing", knock_out: false },
            { rating: 4, text: false, knock_out: false },
            { rating: 3, text: "By word of mouth", knock_out: false },
            { rating: 2, text: false, knock_out: false },
            { rating: 1, text: "Inferred", knock_out: false },
            { rating: 0, text: "None", knock_out: true },
        ],
        ...values,
    };
}

function makeSheet(rows, values = {}) {
    return {
        can_rate: true,
        can_adjust: false,
        profile: "Paper makers v1",
        groups: [{ key: "need", name: "Intensity of the need", weight: 30, points: 12, rows }],
        grade: "d",
        score: 12,
        completeness: 12,
        date: "03/02/2026",
        rated_by: "Amy Chen",
        is_provisional: false,
        is_decayed: false,
        is_stale: false,
        knockout: false,
        manual: false,
        thresholds: [
            { grade: "a", name: "Pursue now", threshold: 80 },
            { grade: "d", name: "Nurture", threshold: 0 },
        ],
        next: { grade: "a", name: "Pursue now", threshold: 80, points: 68 },
        open_points: 30,
        history: [
            { id: 1, date: "03/02/2026", from: false, to: "d", score: 12, by: "Amy Chen", reason: "Answered" },
        ],
        history_count: 1,
        ...values,
    };
}

async function mountSheet(sheet) {
    onRpc("get_sop_score_sheet", () => sheet);
    await mountView({ type: "form", resModel: "doc", resId: 1, arch: FORM });
    await animationFrame();
}

test("one click answers, a second one takes the answer back", async () => {
    const row = makeRow();
    onRpc("action_sop_rate", ({ args: [, ratings] }) => {
        expect.step(ratings);
        row.rating = ratings.need_clarity;
        return true;
    });
    await mountSheet(makeSheet([row]));
    expect(".o_sop_level").toHaveCount(6);
    expect(".o_sop_level.btn-primary").toHaveCount(0);
    await contains(".o_sop_level[data-rating='5']").click();
    await animationFrame();
    expect(".o_sop_level[data-rating='5']").toHaveClass("btn-primary");
    expect(".o_sop_level[data-rating='5']").toHaveAttribute("aria-checked", "true");
    await contains(".o_sop_level[data-rating='5']").click();
    await animationFrame();
    expect(".o_sop_level.btn-primary").toHaveCount(0);
    expect.verifySteps([{ need_clarity: 5 }, { need_clarity: false }]);
});

test("zero is an answer", async () => {
    await mountSheet(makeSheet([makeRow({ rating: 0 })]));
    expect(".o_sop_level[data-rating='0']").toHaveClass("btn-primary");
    expect(".o_sop_score_open").toHaveCount(0);
});

test("what rates itself shows its fact and takes no click", async () => {
    await mountSheet(
        makeSheet([
            makeRow({
                rating: 5,
                is_automatic: true,
                facts: [{ label: "Industry", value: "Paper mills" }],
            }),
            makeRow({ key: "fit_size", is_automatic: true, missing: ["Size", "Country"] }),
        ])
    );
    expect(".o_sop_level").toHaveCount(0);
    expect(".o_sop_score_fact:first").toHaveText(/In writing\s+Industry: Paper mills/);
    expect(".o_sop_score_missing").toHaveText("Fill in: Size, Country");
});

test("grade, score, completeness and what is missing to the next grade", async () => {
    await mountSheet(makeSheet([makeRow()]));
    expect(".o_sop_score_grade").toHaveText("D");
    expect(".o_sop_score_value").toHaveText("12");
    expect(".o_sop_completeness").toHaveText("12 % answered");
    expect(".o_sop_next_grade").toHaveText("68 points to A, up to 30 points in open answers");
    expect(".o_sop_score_notes .badge").toHaveCount(0);
    expect(".o_sop_score_source").toHaveText(/Paper makers v1.*Amy Chen/);
});

test("why the grade is not what the score says", async () => {
    await mountSheet(
        makeSheet([makeRow()], {
            knockout: "Credit",
            is_decayed: true,
            is_provisional: true,
            manual: { shift: 1, until: "05/01/2026", reason: "Reference", by: "Mike" },
        })
    );
    expect(queryAllTexts(".o_sop_score_notes .badge")).toEqual([
        "Knocked out: Credit",
        "One grade better, by Mike, until 05/01/2026: Reference",
        "Decayed: two contacts in a row were missed",
        "Provisional: no approved customer profile fits",
    ]);
});

test("a manager sets the grade by hand, with a reason", async () => {
    onRpc("action_sop_adjust_grade", ({ args: [, shift, reason] }) => {
        expect.step([shift, reason]);
        return true;
    });
    await mountSheet(makeSheet([makeRow()], { can_adjust: true }));
    await contains(".o_sop_shift").click();
    await contains(".o_sop_reason_dialog select").select("-1");
    await contains(".o_sop_reason_dialog textarea").edit("Pays late");
    await contains(".o_sop_confirm").click();
    await animationFrame();
    expect.verifySteps([[-1, "Pays late"]]);
    expect(".o_sop_reason_dialog").toHaveCount(0);
});

test("readers read", async () => {
    await mountSheet(makeSheet([makeRow()], { can_rate: false }));
    expect(".o_sop_level:disabled").toHaveCount(6);
    expect(".o_sop_shift").toHaveCount(0);
});

test("the history is folded", async () => {
    await mountSheet(makeSheet([makeRow()]));
    expect(".o_sop_grade_change").toHaveCount(0);
    await contains(".o_sop_toggle_history").click();
    expect(".o_sop_grade_change").toHaveCount(1);
    expect(".o_sop_grade_change").toHaveText(/D\s*12\s*03\/02\/2026, Amy Chen\s+Answered/);
});

test("the grade on cards and in lists", async () => {
    Doc._records[0].sop_grade = "a";
    await mountView({
        type: "list",
        resModel: "doc",
        arch: `<list><field name="name"/><field name="sop_grade" widget="sop_grade"/></list>`,
    });
    expect(queryAllTexts(".o_sop_grade")).toEqual(["A"]);
    expect(".o_sop_grade").toHaveClass("text-bg-success");
});

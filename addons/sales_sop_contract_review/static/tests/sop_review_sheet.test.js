import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-mock";
import { contains, defineModels, fields, models, mountView, onRpc } from "@web/../tests/web_test_helpers";

class SopReviewOpinion extends models.Model {
    _name = "sop.review.opinion";

    state = fields.Char();

    _records = [{ id: 1, state: "pending" }];
}

defineMailModels();
defineModels([SopReviewOpinion]);

function makeItem(code, values = {}) {
    return {
        id: 1,
        code,
        name: `Question ${code}`,
        evidence: false,
        severity: "major",
        department: "Legal",
        is_own: true,
        known: false,
        is_computed: false,
        files: [],
        result: false,
        comment: "",
        filled: false,
        waived: false,
        condition: false,
        ...values,
    };
}

function makeSheet(items, values = {}) {
    return {
        id: 1,
        role: "Legal",
        state: "pending",
        is_final: false,
        opinion: false,
        comment: "",
        said: false,
        may_skip: false,
        absent: false,
        can_decide: true,
        can_take_back: false,
        can_comment: true,
        review: {
            id: 7,
            name: "PS-2026-0001",
            state: "in_review",
            state_label: "In review",
            round: 1,
            mode: "Countersigned",
            level: "Special review",
            reasons: ["New customer"],
            subject: "S00001",
            partner: "Huaxin",
            amount: "¥ 10",
            requester: "Amy Chen",
            date: "2026-03-02 02:00:00",
            deadline: "2026-03-04",
            is_late: false,
            message: false,
        },
        items,
        document: { html: {}, lang: false, topics: [{ topic: "price", name: "Price", lines: ["10 CNY"] }] },
        changes: [],
        figures: { date: false, is_live: true, rows: [] },
        others: [],
        conditions: [],
        comments: [],
        trail: [],
        defaults: {
            owner_id: 2,
            due_point: "before_release",
            due_date: "2026-03-04",
            due_points: [
                ["before_sign", "Before signing"],
                ["before_release", "Before release"],
            ],
            company_id: 1,
        },
        ...values,
    };
}

async function mountSheet(sheet) {
    onRpc("get_sop_sheet", () => sheet);
    await mountView({
        type: "form",
        resModel: "sop.review.opinion",
        resId: 1,
        arch: `<form><field name="state" invisible="1"/><widget name="sop_review_sheet"/></form>`,
    });
    await animationFrame();
}

test("one click answers and is kept", async () => {
    onRpc("action_answer", ({ args: [, answers] }) => {
        expect.step(answers);
        return true;
    });
    await mountSheet(makeSheet([makeItem("C09")]));
    expect(".o_sop_topics dd").toHaveText("10 CNY");
    await contains(".o_sop_review_item button[data-result=pass]").click();
    await animationFrame();
    expect(".o_sop_review_item button[data-result=pass]").toHaveAttribute("aria-pressed", "true");
    expect.verifySteps([{ C09: { result: "pass", comment: "", condition: false } }]);
});

test("what does not conform asks why before it is kept", async () => {
    onRpc("action_answer", ({ args: [, answers] }) => {
        expect.step(answers.C09.comment);
        return true;
    });
    await mountSheet(makeSheet([makeItem("C09")]));
    await contains(".o_sop_review_item button[data-result=fail]").click();
    expect(".o_sop_missing").toHaveCount(1);
    expect.verifySteps([]);
    await contains(".o_sop_words textarea").edit("No law is named");
    await animationFrame();
    expect.verifySteps(["No law is named"]);
    expect(".o_sop_disagree").toHaveClass("btn-danger");
});

test("agreeing names what is not answered, and fills it on request", async () => {
    onRpc("action_decide", ({ args: [, opinion, , , isFilled] }) => {
        expect.step([opinion, isFilled]);
        return true;
    });
    await mountSheet(makeSheet([makeItem("C09"), makeItem("C10", { result: "pass" })]));
    await contains(".o_sop_agree").click();
    expect(".o_sop_answer_error").toHaveText(/Not answered yet: C09\./);
    expect.verifySteps([]);
    await contains(".o_sop_fill").click();
    expect(".o_sop_review_item[data-code=C09]").toHaveAttribute("data-result", "pass");
    await contains(".o_sop_agree").click();
    await animationFrame();
    expect.verifySteps([["agree", true]]);
});

test("disagreeing asks why", async () => {
    await mountSheet(makeSheet([makeItem("C10", { result: "pass" })]));
    await contains(".o_sop_disagree").click();
    expect(".o_sop_comment_error").toHaveCount(1);
});

test("a blocking item is not called not applicable by everybody", async () => {
    await mountSheet(makeSheet([makeItem("C09", { severity: "blocking" })]));
    expect(".o_sop_review_item button[data-result=na]").toHaveProperty("disabled", true);
});

test("who does not decide reads", async () => {
    await mountSheet(makeSheet([makeItem("C09", { result: "pass" })], { can_decide: false, can_comment: false }));
    expect(".o_sop_review_bar").toHaveCount(0);
    expect(".o_sop_review_item button[data-result=fail]").toHaveProperty("disabled", true);
    await contains(".o_sop_tabs button[data-tab=comments]").click();
    expect(".o_sop_review_comments textarea").toHaveCount(0);
});

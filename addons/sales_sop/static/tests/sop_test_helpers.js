import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { waitUntil } from "@odoo/hoot-dom";
import { defineModels, fields, models, mountView, onRpc } from "@web/../tests/web_test_helpers";

export class DocStage extends models.Model {
    _name = "doc.stage";

    name = fields.Char();

    _records = [
        { id: 1, name: "First contact" },
        { id: 2, name: "Needs" },
    ];
}

export class SopProcess extends models.Model {
    _name = "sop.process";

    name = fields.Char();

    _records = [{ id: 1, name: "Sales procedure" }];
}

export class SopStage extends models.Model {
    _name = "sop.stage";

    name = fields.Char();

    _records = [
        { id: 11, name: "First contact" },
        { id: 12, name: "Needs" },
    ];
}

export class Doc extends models.Model {
    _name = "doc";

    name = fields.Char();
    phone = fields.Char();
    stage_id = fields.Many2one({ relation: "doc.stage" });
    sop_process_id = fields.Many2one({ relation: "sop.process" });
    sop_stage_id = fields.Many2one({ relation: "sop.stage" });
    sop_outcome = fields.Selection({
        selection: [
            ["open", "In progress"],
            ["released", "Taken out"],
        ],
    });
    sop_deadline = fields.Date();
    sop_score = fields.Float();
    sop_grade = fields.Selection({
        selection: [
            ["a", "A"],
            ["d", "D"],
        ],
    });

    _records = [
        { id: 1, name: "Pump station", stage_id: 1, sop_process_id: 1, sop_outcome: "open", sop_stage_id: 11 },
        { id: 2, name: "Boiler", stage_id: 1, sop_process_id: 1, sop_outcome: "open", sop_stage_id: 11 },
        { id: 3, name: "Plain", stage_id: 2, sop_outcome: "released" },
    ];

    _views = {
        form: `<form>
            <header><field name="stage_id" widget="statusbar" options="{'clickable': '1'}"/></header>
            <sheet>
                <field name="name"/>
                <notebook>
                    <page name="notes" string="Notes"><field name="phone"/></page>
                    <page name="sop" string="SOP"><field name="sop_stage_id" widget="sop_checklist"/></page>
                </notebook>
            </sheet>
        </form>`,
        kanban: `<kanban default_group_by="stage_id">
            <templates><t t-name="card">
                <field name="name"/><field name="sop_deadline" widget="sop_progress"/>
            </t></templates>
        </kanban>`,
        list: `<list multi_edit="1"><field name="name"/><field name="stage_id"/><field name="sop_deadline" widget="sop_progress"/></list>`,
        search: `<search/>`,
    };
}

export function defineSopModels() {
    defineMailModels();
    defineModels([Doc, DocStage, SopProcess, SopStage]);
}

/** A requirement as get_sop_checklist gives it: an open tick of a salesperson. */
export function makeRequirement(values = {}) {
    return {
        id: 100,
        code: "S2.1",
        name: "Call the customer",
        help: "Ask who decides.",
        kind: "confirm",
        mandatory: true,
        role: "Sales rep",
        clause: "ISO 9001 8.2.1",
        document_kind: false,
        min_count: 1,
        valid_required: false,
        state: "open",
        applies: true,
        fact: false,
        check: false,
        history: 0,
        can_tick: true,
        can_na: false,
        can_waive: false,
        can_verify: false,
        can_revoke: false,
        blocked_reason: false,
        who: "Salesperson",
        ...values,
    };
}

export function makeCheck(values = {}) {
    return {
        id: 900,
        by: "Amy Chen",
        date: "2026-03-02 06:30:00",
        remark: false,
        valid_until: false,
        verified_by: false,
        verified_date: false,
        verify_remark: false,
        fast_track: false,
        files: [],
        ...values,
    };
}

export function makeStage(values = {}) {
    return {
        id: 11,
        name: "First contact",
        code: "S2",
        phase: "s2_contact",
        gate: "enforce",
        guidance: "",
        state: "current",
        done: 0,
        total: 1,
        day_limit: 10,
        requirements: [makeRequirement()],
        ...values,
    };
}

export function makeChecklist(values = {}) {
    return {
        res_model: "doc",
        res_id: 1,
        display_name: "Pump station",
        process: { id: 1, name: "Sales procedure", version: 1, state: "published" },
        outcome: "open",
        can_waive: false,
        can_edit: true,
        can_fast_track: false,
        current_stage_id: 11,
        next_stage: { id: 12, name: "Needs" },
        can_complete: false,
        deadline: "2026-03-10",
        deadline_state: "ok",
        days_left: 3,
        done: 0,
        total: 1,
        stages: [makeStage()],
        ...values,
    };
}

/** A checklist with one stage that holds these requirements. */
export function makeChecklistOf(...requirements) {
    return makeChecklist({ stages: [makeStage({ requirements })] });
}

/**
 * Shows the checklist of document 1 on a form.
 *
 * @param {Object|false} checklist what the server answers; it may be changed between two reads
 */
export async function mountChecklist(checklist, { resId = 1, arch } = {}) {
    onRpc("doc", "get_sop_checklist", () => checklist);
    return mountView({
        type: "form",
        resModel: "doc",
        resId,
        arch:
            arch ||
            `<form><field name="name"/><field name="phone"/><field name="sop_stage_id" widget="sop_checklist"/></form>`,
    });
}

/** Waits until the keyboard focus is in an element. */
export function waitForFocus(selector) {
    return waitUntil(() => document.activeElement?.matches(selector), { timeout: 1000 });
}

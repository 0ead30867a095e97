import { registry } from "@web/core/registry";
import { inputFiles } from "@web/../tests/utils";
import { openPage } from "./sales_sop_tours";

const tours = registry.category("web_tour.tours");

function field(name) {
    return `.o_field_widget[name=${name}]`;
}

function fill(name, text, scope = ".o_form_view") {
    return {
        content: `${name}: ${text}`,
        trigger: `${scope} ${field(name)} :is(input, textarea)`,
        run: `edit ${text}`,
    };
}

function press(name, where = ".o_form_view") {
    return {
        content: `Press ${name}`,
        trigger: `${where} button[name=${name}]:enabled`,
        run: "click",
    };
}

function see(content, trigger) {
    return { content, trigger };
}

/** The cell of a list that is edited in place. */
function cell(list, row, column) {
    return `${field(list)} .o_data_row:contains(${row}) .o_data_cell[name=${column}]`;
}

/** Writes into the row that is edited; after a click on another row, `knownBy` waits for that one. */
function write(list, column, text, knownBy) {
    const edited = knownBy ? `.o_selected_row:contains(${knownBy})` : ".o_selected_row";
    return {
        content: `${column}: ${text}`,
        trigger: `${field(list)} ${edited} .o_data_cell[name=${column}] .o_input`,
        run: `edit ${text}`,
    };
}

function fillCell(list, row, column, text, knownBy) {
    return [
        {
            content: `Go to ${column} of ${row}`,
            trigger: cell(list, row, column),
            run: "click",
        },
        write(list, column, text, knownBy),
    ];
}

function chooseTag(name, tag) {
    return [
        {
            content: `Look for ${tag}`,
            trigger: `.o_form_view ${field(name)} input`,
            run: `edit ${tag}`,
        },
        {
            content: `Choose ${tag}`,
            trigger: `.ui-autocomplete .dropdown-item:contains(${tag})`,
            run: "click",
        },
    ];
}

function save() {
    return [
        {
            content: "Save",
            trigger: ".o_form_button_save:enabled",
            run: "click",
        },
        see("It is saved", ".o_form_saved"),
    ];
}

function returnToOpportunity() {
    return {
        content: "Return to the opportunity",
        trigger: ".o_breadcrumb .breadcrumb-item a:contains(Air for hall 3)",
        run: "click",
    };
}

function chooseOption(option) {
    return {
        content: `Choose ${option}`,
        trigger: `.o_select_menu_item:contains(${option})`,
        run: "click",
    };
}

/** Chooses in a cell of the row that is edited. */
function selectCell(list, column, option) {
    return [
        {
            content: `Open the choices of ${column}`,
            trigger: `${field(list)} .o_selected_row .o_data_cell[name=${column}] input`,
            run: "click",
        },
        chooseOption(option),
    ];
}

function addLine(list) {
    return {
        content: `Add a line to ${list}`,
        trigger: `${field(list)} .o_field_x2many_list_row_add a`,
        run: "click",
    };
}

function attachProof(name) {
    return [
        {
            content: "Attach the proof",
            trigger: `.modal ${field("attachment_ids")}`,
            async run() {
                await inputFiles(`.modal ${field("attachment_ids")} input[type=file]`, [
                    new File(["Yes"], name, { type: "text/plain" }),
                ]);
            },
        },
        see("The proof is there", `.modal ${field("attachment_ids")}:contains(${name})`),
    ];
}

function interview() {
    return [
        openPage("sop_needs"),
        press("action_sop_new_interview"),
        ...chooseTag("stakeholder_ids", "Ms. Qian"),
        ...fillCell("answer_ids", "What stops the line?", "answer", "The seals leak"),
        openPage("result"),
        fill("deep_pain", "A leak stops the whole hall"),
        fill("challenge", "The pumps leak every week"),
        fill("goal", "A line that runs"),
        fill("goal_unit", "stops a month"),
        fill("goal_date", "12/31/2099"),
        {
            content: "Make the pain a need",
            trigger: "button[name=action_make_need]:visible",
            run: "click",
        },
        see("It is a need", ".o_notebook a.nav-link[name=needs]"),
        press("action_done"),
        see("The interview is done", ".o_arrow_button_current[data-value=done]"),
        returnToOpportunity(),
    ];
}

function restatement() {
    return [
        see("The need is on the page", `${field("sop_need_ids")} .o_data_row:contains(stops the whole hall)`),
        press("action_sop_restate"),
        press("action_sop_signoff_record"),
        ...attachProof("answer.txt"),
        press("action_record", ".modal"),
        see("The customer has confirmed", ".o_arrow_button_current[data-value=confirmed]"),
        returnToOpportunity(),
    ];
}

function solution() {
    return [
        openPage("sop_solution"),
        press("action_sop_new_solution"),
        fill("name", "Pumps without seals"),
        fill("price_estimate", "2000"),
        fill("cost_estimate", "1500"),
        fill("summary", "Ten magnetically coupled pumps"),
        fill("scope", "Ten pumps, installed"),
        fill("delivery_plan", "12 weeks"),
        openPage("coverage"),
        ...fillCell("coverage_ids", "stops the whole hall", "remark", "No seals, no leak"),
        ...selectCell("coverage_ids", "met", "Full"),
        openPage("values"),
        addLine("value_ids"),
        write("value_ids", "name", "Stops a month"),
        write("value_ids", "today", "4"),
        write("value_ids", "expected", "0"),
        write("value_ids", "basis", "Log of the hall"),
        ...save(),
        press("action_submit"),
        see("Colleagues review it", ".o_arrow_button_current[data-value=review]"),
    ];
}

tours.add("sales_sop_deal_solution", {
    steps: () => [...interview(), ...restatement(), ...solution()],
});

function objection() {
    const row = `${field("sop_objection_ids")} .o_data_row:contains(twice the price)`;
    return [
        openPage("sop_offer"),
        addLine("sop_objection_ids"),
        write("sop_objection_ids", "statement", "They cost twice the price"),
        ...selectCell("sop_objection_ids", "category", "Price"),
        write("sop_objection_ids", "response", "They run without a stop"),
        ...save(),
        {
            content: "The customer has our answer",
            trigger: `${row} button[name=action_answer]`,
            run: "click",
        },
        {
            content: "It is resolved",
            trigger: `${row} button[name=action_resolve]`,
            run: "click",
        },
        see("The objection is off the table", `${row}:contains(Resolved)`),
    ];
}

function termSheet() {
    const list = "line_ids";
    return [
        openPage("sop_negotiation"),
        press("action_sop_open_negotiation"),
        ...["Quantity", "Delivery period"].flatMap((term) => [
            ...fillCell(list, term, "target_value", "40", term),
            write(list, "floor_value", "30", term),
        ]),
        press("action_start"),
        {
            content: "Yes, start",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        see("Round 1", "body:not(:has(.modal)) .o_arrow_button_current[data-value=open]"),
        ...fillCell(list, "Price", "ask", "12", "Price"),
        write(list, "agreed", "9", "Price"),
        write(list, "traded_for", "Payment in advance", "Price"),
        ...fillCell(list, "Quantity", "agreed", "40", "Quantity"),
        ...fillCell(list, "Service", "agreed", "12", "Service"),
        ...save(),
        {
            content: "Nine per cent is not for me to grant",
            trigger: `${field(list)} .o_data_row:contains(Price):first button[name=action_request_approval]`,
            run: "click",
        },
        fill("reason", "They buy elsewhere otherwise", ".modal"),
        fill("counter", "Twice the quantity", ".modal"),
        {
            content: "Ask for it",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        see("It is asked for", `body:not(:has(.modal)) ${field(list)} .o_data_row:contains(Asked for)`),
        returnToOpportunity(),
    ];
}

function minutes() {
    return [
        press("action_sop_new_minutes"),
        ...chooseTag("stakeholder_ids", "Ms. Qian"),
        press("action_take_over_terms"),
        see("What was agreed is in the minutes", `${field("point_ids")} .o_data_row:contains(Quantity)`),
        press("action_sop_signoff_send"),
        press("action_send", ".modal"),
        see("The customer has them", "body:not(:has(.modal)) .o_arrow_button_current[data-value=sent]"),
        returnToOpportunity(),
        see("They are on the page", `${field("sop_minutes_ids")} .o_data_row:contains(Sent)`),
    ];
}

tours.add("sales_sop_deal_negotiation", {
    steps: () => [...objection(), ...termSheet(), ...minutes()],
});

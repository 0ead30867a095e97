import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";
import { inputFiles } from "@web/../tests/utils";

const tours = registry.category("web_tour.tours");

function item(name, state) {
    const withState = state ? `[data-state=${state}]` : "";
    return `.o_sop_checklist .o_sop_item${withState}:contains(${name})`;
}

function column(stage) {
    return `.o_kanban_group:has(.o_column_title:contains(${stage}))`;
}

function openPipeline() {
    return [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the app",
            trigger: ".o_app[data-menu-xmlid='sales_sop.sales_sop_menu_root']",
            run: "click",
        },
        {
            content: "Show the opportunities",
            trigger: ".o_nav_entry[data-menu-xmlid='sales_sop.crm_lead_menu_sop']",
            run: "click",
        },
    ];
}

function openOpportunity() {
    return [
        ...openPipeline(),
        {
            content: "The card says how much is open",
            trigger: ".o_kanban_record:contains(Ten pumps) .o_sop_open",
        },
        {
            content: "Open the opportunity",
            trigger: ".o_kanban_record:contains(Ten pumps)",
            run: "click",
        },
    ];
}

function completeStage(nextStage) {
    return [
        {
            content: "Complete the stage",
            trigger: ".o_sop_complete:enabled",
            run: "click",
        },
        {
            content: `The next stage is ${nextStage}`,
            trigger: `.o_sop_stage_current .o_sop_stage_name:contains(${nextStage})`,
        },
    ];
}

tours.add("sales_sop_salesperson_day", {
    url: "/odoo/sop-my-items",
    steps: () => [
        {
            content: "One click ticks what is done",
            trigger:
                ".o_sop_group:contains(Ten pumps) .o_sop_item:contains(Budget confirmed) button.o_sop_mark",
            run: "click",
        },
        {
            content: "Nothing else is open",
            trigger: ".o_sop_empty",
        },
        ...openOpportunity(),
        ...completeStage("Qualify"),
        {
            content: "A document asks for its file",
            trigger: `${item("Business licence", "open")} button.o_sop_mark`,
            run: "click",
        },
        {
            content: "Choose the file",
            trigger: ".o_sop_item_editor .o_sop_choose",
            async run() {
                await inputFiles(".o_sop_item_editor input[type=file]", [
                    new File(["licence"], "licence.txt", { type: "text/plain" }),
                ]);
            },
        },
        {
            content: "The file is there",
            trigger: ".o_sop_draft_files:contains(licence.txt)",
        },
        {
            content: "Say until when it is valid",
            trigger: ".o_sop_item_editor .o_sop_valid_until",
            run: "edit 12/31/2099 && press Enter",
        },
        {
            content: "Add a remark",
            trigger: ".o_sop_item_editor textarea",
            run: "edit Copy with the red seal",
        },
        {
            content: "Done",
            trigger: ".o_sop_item_editor .o_sop_done:enabled",
            run: "click",
        },
        {
            content: "The evidence is shown",
            trigger: `${item("Business licence", "done")} .o_sop_file:contains(licence.txt)`,
        },
        {
            content: "Ask how the deadline is counted",
            trigger: "button.o_sop_deadline",
            run: "click",
        },
        {
            content: "Close the explanation",
            trigger: ".modal .btn-close",
            run: "click",
        },
        {
            content: "A fact is filled in, not ticked",
            trigger: ".o_form_view:not(:has(.modal)) .o_field_widget[name=expected_revenue] input",
            run: "edit 25000",
        },
        ...completeStage("Offer"),
    ],
});

tours.add("sales_sop_refusal_and_repair", {
    url: "/odoo",
    steps: () => [
        ...openPipeline(),
        {
            content: "Drag the card too early",
            trigger: ".o_kanban_record:contains(Ten pumps)",
            run: `drag_and_drop (${column("Generic stage")})`,
        },
        {
            content: "The refusal names what is missing",
            trigger: ".o_sop_refusal_document:contains(Ten pumps) .o_sop_refusal_item:contains(Budget confirmed)",
        },
        {
            content: "The card is back where it was",
            trigger: `${column("First talk")} .o_kanban_record:contains(Ten pumps)`,
        },
        {
            content: "Go where it is done",
            trigger: ".o_sop_refusal .o_sop_open",
            run: "click",
        },
        {
            content: "Do what was missing",
            trigger: `${item("Budget confirmed", "open")} button.o_sop_mark`,
            run: "click",
        },
        {
            content: "It is done",
            trigger: item("Budget confirmed", "done"),
        },
        ...completeStage("Qualify"),
        {
            content: "Return to the pipeline",
            trigger: ".o_breadcrumb .breadcrumb-item:last a",
            run: "click",
        },
        {
            content: "Drag the card back",
            trigger: `${column("Generic stage")} .o_kanban_record:contains(Ten pumps)`,
            run: `drag_and_drop (${column("First talk")})`,
        },
        {
            content: "A backward move asks for a reason",
            trigger: ".o_sop_refusal .o_sop_move_back",
            run: "click",
        },
        {
            content: "It does not go without",
            trigger: ".o_sop_refusal .o_sop_reason_error",
        },
        {
            content: "Give the reason",
            trigger: ".o_sop_refusal textarea",
            run: "edit The budget was cut",
        },
        {
            content: "Move back",
            trigger: ".o_sop_refusal .o_sop_move_back",
            run: "click",
        },
        {
            content: "The card is back",
            trigger: `body:not(:has(.modal)) ${column("First talk")} .o_kanban_record:contains(Ten pumps)`,
        },
    ],
});

tours.add("sales_sop_manager_waives_and_publishes", {
    url: "/odoo",
    steps: () => [
        ...openOpportunity(),
        {
            content: "More about this item",
            trigger: `${item("Budget confirmed", "open")} .o_sop_menu`,
            run: "click",
        },
        {
            content: "Waive it",
            trigger: ".o_sop_menu_waive",
            run: "click",
        },
        {
            content: "Until when",
            trigger: ".o_sop_reason_dialog .o_datetime_input",
            run: "edit 12/31/2099 && press Enter",
        },
        {
            content: "And why",
            trigger: ".o_sop_reason_dialog textarea",
            run: "edit Group contract, the budget is approved yearly",
        },
        {
            content: "Confirm",
            trigger: ".o_sop_reason_dialog .o_sop_confirm",
            run: "click",
        },
        {
            content: "It is waived, not done",
            trigger: `${item("Budget confirmed", "waived")} .o_sop_state:contains(Waived)`,
        },
        ...completeStage("Qualify"),
        {
            content: "Show the processes",
            trigger: ".o_nav_entry[data-menu-xmlid='sales_sop.sop_process_menu']",
            run: "click",
        },
        {
            content: "Open the draft",
            trigger: ".o_data_row:contains(Revised procedure) .o_data_cell[name=name]",
            run: "click",
        },
        {
            content: "Publish it",
            trigger: ".o_statusbar_buttons button[name=action_publish]",
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "It is published",
            trigger: ".o_arrow_button_current[data-value=published]",
        },
    ],
});

/** Answer a question of the score sheet with its best level. */
function rate(key) {
    const row = `.o_sop_score_row[data-key=${key}]`;
    return [
        {
            content: `Answer ${key}`,
            trigger: `${row} .o_sop_level[data-rating='5']:enabled`,
            run: "click",
        },
        {
            content: `${key} is answered`,
            trigger: `.o_sop_score_sheet[aria-busy=false] ${row} .o_sop_level[data-rating='5'].btn-primary:enabled`,
        },
    ];
}

export function openPage(name) {
    return {
        content: `Open the page ${name}`,
        trigger: `.o_notebook a.nav-link[name=${name}]`,
        run: "click",
    };
}

function choose(field, option) {
    return {
        content: `${field}: ${option}`,
        trigger: `.modal .o_field_widget[name=${field}] .o_selection_badge:contains(${option})`,
        run: "click",
    };
}

const PROSPECTS = [
    ["Name", "Company Name", "Contact Name", "Email", "Industry", "Country"],
    ["Dust collectors for hall 2", "North Foundry", "Ms Wang", "wang@north.example.com", "Foundries", "China"],
    ["Dust collectors once more", "North Foundry", "Mr Wu", "wang@north.example.com", "Foundries", "China"],
];

tours.add("sales_sop_morning", {
    url: "/odoo/sop-prospect-lists",
    steps: () => [
        {
            content: "Open the list of the fair",
            trigger: ".o_data_row:contains(Foundry fair) .o_data_cell[name=name]",
            run: "click",
        },
        {
            content: "Import its rows",
            trigger: ".o_statusbar_buttons button[name=action_import]",
            run: "click",
        },
        {
            content: "Choose the file",
            trigger: ".o_import_action, .o_import_file",
            async run() {
                const rows = PROSPECTS.map((row) => row.join(",")).join("\n");
                await inputFiles(".o_file_input input[type=file]", [
                    new File([rows], "prospects.csv", { type: "text/csv" }),
                ]);
            },
        },
        {
            content: "Try it first",
            trigger: ".o_control_panel_breadcrumbs button.btn-primary:contains(Test)",
            run: "click",
        },
        {
            content: "It says what would become of each row",
            trigger: ".o_sop_import_result tr[data-row='3']:contains(Would be skipped: duplicate)",
        },
        {
            content: "Import",
            trigger: ".o_control_panel_breadcrumbs button.btn-primary:contains(Import)",
            run: "click",
        },
        {
            content: "Look at the leads",
            trigger: ".o_sop_import_result .o_sop_open_leads",
            run: "click",
        },
        {
            content: "Open the new lead",
            trigger: ".o_data_row:contains(Dust collectors for hall 2) .o_data_cell[name=name]",
            run: "click",
        },
        openPage("sop_grade"),
        ...["need_clarity", "need_gap", "buy_budget", "buy_engage", "buy_position", "buy_credit"].flatMap(rate),
        {
            content: "The grade follows from the answers",
            trigger: ".o_sop_score_header .o_sop_score_grade",
        },
        {
            content: "Show the public pool",
            trigger: "button[data-menu-xmlid='sales_sop.sop_menu_customer']",
            run: "click",
        },
        {
            content: "Public Pool",
            trigger: ".dropdown-item[data-menu-xmlid='sales_sop.crm_lead_menu_pool']",
            run: "click",
        },
        {
            content: "Claim a lead nobody works on",
            trigger: ".o_data_row:contains(Dryer for the paint shop) button[name=action_sop_claim]",
            run: "click",
        },
        {
            content: "It has left the pool",
            trigger: ".o_list_view:not(:has(.o_data_row:contains(Dryer for the paint shop)))",
        },
        {
            content: "Return to the leads",
            trigger: ".o_nav_entry[data-menu-xmlid='sales_sop.crm_lead_menu_sop_leads']",
            run: "click",
        },
        {
            content: "Open the graded lead",
            trigger: ".o_data_row:contains(Dust collectors for hall 2) .o_data_cell[name=name]",
            run: "click",
        },
        openPage("sop_preparation"),
        {
            content: "Write what the research found",
            trigger: ".o_field_widget[name=sop_business_scope] textarea",
            run: "edit Castings for wind turbines, 12 000 t a year",
        },
        {
            content: "Take the material that fits",
            trigger: "button[name=action_sop_fill_pack]",
            run: "click",
        },
        {
            content: "It may be sent",
            trigger: ".o_field_widget[name=sop_material_line_ids] .o_data_row:contains(Catalogue)",
        },
        {
            content: "Log the first contact",
            trigger: ".o_statusbar_buttons button[name=action_sop_log_contact]",
            run: "click",
        },
        choose("outcome", "Interested"),
        {
            content: "What shows it",
            trigger: ".modal .o_field_widget[name=interest_evidence] textarea",
            run: "edit Asked for a quotation by Friday",
        },
        {
            content: "Save",
            trigger: ".modal button[name=action_save]",
            run: "click",
        },
        openPage("sop_contact"),
        {
            content: "The contact is in the log",
            trigger:
                "body:not(:has(.modal)) .o_field_widget[name=sop_live_contact_ids] .o_data_row:contains(Interested)",
        },
        {
            content: "Decide",
            trigger: "button[name=action_sop_open_intention]",
            run: "click",
        },
        {
            content: "Willing",
            trigger: ".modal .o_field_widget[name=intention] .o_radio_item:contains(Willing) input",
            run: "click",
        },
        {
            content: "Confirm",
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "It is decided",
            trigger: "body:not(:has(.modal)) .o_field_widget[name=sop_intention]:contains(Willing)",
        },
    ],
});

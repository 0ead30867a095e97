import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

function page(name) {
    return {
        content: `Open the page ${name}`,
        trigger: `.o_form_view .o_notebook a.nav-link[name=${name}]`,
        run: "click",
    };
}

tours.add("sop_salesperson_requests_review", {
    steps: () => [
        {
            content: "A contract is drafted from the quotation",
            trigger: ".o_form_view .o_statusbar_buttons button[name=action_sop_draft_contract]",
            run: "click",
        },
        {
            content: "It says what the quotation says, as printed",
            trigger: ".o_field_widget[name=clause_ids] .o_data_row:contains(Huaxin Chemicals pays 30 %)",
        },
        {
            content: "Request the review",
            trigger: ".o_statusbar_buttons button[name=action_sop_open_request]",
            run: "click",
        },
        {
            content: "Who will be asked",
            trigger: ".modal:contains(Sales manager):contains(Finance) button[name=action_apply]",
            run: "click",
        },
        {
            content: "The contract says who is asked now",
            trigger: "body:not(:has(.modal)) .o_form_view .alert:contains(Finance)",
        },
        {
            content: "It is in review",
            trigger: ".o_arrow_button_current[data-value=in_review]",
        },
    ],
});

tours.add("sop_auditor_reads_trail", {
    steps: () => [
        {
            content: "Nothing can be requested or decided here",
            trigger: ".o_form_view .o_form_statusbar:not(:has(.o_statusbar_buttons button:enabled:not(.dropdown-toggle)))",
        },
        {
            content: "Opinions",
            trigger: ".o_field_widget[name=opinion_ids] .o_data_row:contains(Finance)",
        },
        page("answers"),
        {
            content: "Answers",
            trigger: ".o_field_widget[name=answer_ids] .o_data_row:contains(C07)",
        },
        page("document"),
        {
            content: "The frozen text",
            trigger: ".o_field_widget[name=document]:contains(Pump P20)",
        },
        page("trail"),
        {
            content: "Who did what",
            trigger: ".o_field_widget[name=event_ids] .o_data_row:contains(Finance)",
        },
        {
            content: "Nothing of it can be written",
            trigger: ".o_form_view:not(:has(.o_sheet input:enabled, .o_sheet textarea:enabled))",
        },
    ],
});

import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

function item(code) {
    return `.o_sop_review_item[data-code=${code}]`;
}

function openReview(subject) {
    return [
        {
            content: "Open the review that waits for me",
            trigger: `.o_data_row:contains(${subject}) .o_data_cell[name=subject_name], .o_kanban_record:contains(${subject})`,
            run: "click",
        },
        {
            content: "The frozen text is beside my items",
            trigger: ".o_sop_review_sheet .o_sop_pane_items .o_sop_review_item",
        },
    ];
}

const given = {
    content: "My opinion is given",
    trigger: ".o_sop_review_sheet:not(:has(.o_sop_review_bar)) .o_sop_review_head .o_sop_said",
};

tours.add("sop_legal_reviews", {
    url: "/odoo/sop-contract-reviews",
    steps: () => [
        ...openReview("Huaxin"),
        {
            content: "Agreeing without answering tells what is missing",
            trigger: ".o_sop_agree",
            run: "click",
        },
        {
            content: "Everything else conforms",
            trigger: ".o_sop_review_bar:has(.o_sop_answer_error:contains(C09)) .o_sop_fill",
            run: "click",
        },
        {
            content: "What is assumed is shown",
            trigger: `${item("C09")}[data-result=pass]`,
        },
        {
            content: "Agree",
            trigger: ".o_sop_agree:enabled",
            run: "click",
        },
        given,
    ],
});

tours.add("sop_manager_approves_with_condition", {
    url: "/odoo/sop-contract-reviews",
    steps: () => [
        ...openReview("Huaxin"),
        {
            content: "Look at the figures",
            trigger: ".o_sop_tabs button[data-tab=figures]",
            run: "click",
        },
        {
            content: "They are there",
            trigger: ".o_sop_figure[data-key=payment]",
        },
        {
            content: "One item conforms with a condition",
            trigger: `${item("C11")} button[data-result=cond]`,
            run: "click",
        },
        {
            content: "What has to be done",
            trigger: `${item("C11")} .o_sop_condition_name`,
            run: "edit Fill in the delivery address && press Tab",
        },
        {
            content: "It is kept at once",
            trigger: `${item("C11")} .o_sop_saved`,
        },
        {
            content: "Ask something",
            trigger: `${item("C11")} .o_sop_ask`,
            run: "click",
        },
        {
            content: "The question",
            trigger: ".o_sop_review_comments textarea",
            run: "edit Which hall is it for?",
        },
        {
            content: "Send it",
            trigger: ".o_sop_comment_send:enabled",
            run: "click",
        },
        {
            content: "It is there",
            trigger: ".o_sop_review_comment:contains(Which hall)",
        },
        {
            content: "Everything else conforms",
            trigger: ".o_sop_fill",
            run: "click",
        },
        {
            content: "What follows from the answers is proposed",
            trigger: ".o_sop_agree_cond.btn-primary:enabled",
            run: "click",
        },
        given,
    ],
});

tours.add("sop_condition_is_met", {
    url: "/odoo/sop-my-conditions",
    steps: () => [
        {
            content: "Open my condition",
            trigger: ".o_data_row:contains(Fill in the delivery address) .o_data_cell[name=name]",
            run: "click",
        },
        {
            content: "It is done",
            trigger: ".o_statusbar_buttons button[name=action_open_done]",
            run: "click",
        },
        {
            content: "What shows it",
            trigger: ".modal .o_field_widget[name=evidence] textarea",
            run: "edit Address of hall 2 is in the order",
        },
        {
            content: "Confirm",
            trigger: ".modal button[name=action_confirm]",
            run: "click",
        },
        {
            content: "Somebody else verifies it",
            trigger: "body:not(:has(.modal)) .o_arrow_button_current[data-value=done]",
        },
    ],
});

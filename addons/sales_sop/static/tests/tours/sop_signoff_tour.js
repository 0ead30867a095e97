import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

tours.add("sales_sop_customer_confirms", {
    steps: () => [
        {
            content: "The customer reads what was understood",
            trigger: ".o_sop_confirmation_content:contains(Pump P20)",
        },
        {
            content: "Nobody confirms without a name",
            trigger: "#confirm .o_web_sign_name_input",
            run: "clear",
        },
        {
            trigger: ".o_sop_signoff_confirm:disabled",
        },
        {
            content: "He types his name, which is his signature",
            trigger: "#confirm .o_web_sign_name_input",
            run: "edit Wang Fang",
        },
        {
            content: "He adds a remark",
            trigger: "#o_sop_signoff_remark",
            run: "edit Please deliver in the morning",
        },
        {
            content: "He confirms as soon as the signature is drawn",
            trigger: ".o_sop_signoff_confirm:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The page says who confirmed what",
            trigger: "#answer:contains(Wang Fang):contains(Please deliver in the morning) img",
        },
    ],
});

tours.add("sales_sop_customer_declines", {
    steps: () => [
        {
            content: "Something is not right",
            trigger: "#decline summary",
            run: "click",
        },
        {
            trigger: "#decline textarea[name=reason]",
            run: "edit We need five",
        },
        {
            trigger: "#decline button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The page says what he wrote",
            trigger: "#answer:contains(We need five)",
        },
    ],
});

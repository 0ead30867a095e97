import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("sales_sop_customer_signs_contract", {
    steps: () => [
        {
            content: "The customer reads which text it is",
            trigger: ".o_sop_confirmation_content:contains(HT-)",
        },
        {
            content: "Nobody signs without a name",
            trigger: "#confirm .o_web_sign_name_input",
            run: "clear",
        },
        {
            trigger: ".o_sop_signoff_confirm:disabled",
        },
        {
            content: "He types his name, which is his signature",
            trigger: "#confirm .o_web_sign_name_input",
            run: "edit Li Ming",
        },
        {
            content: "He signs",
            trigger: ".o_sop_signoff_confirm:enabled:contains(Sign)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "The page says who signed, and which text",
            trigger: "#answer:contains(Signed):contains(Li Ming):contains(SHA-256) img",
        },
    ],
});

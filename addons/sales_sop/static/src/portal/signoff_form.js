import { useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { rpc } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { redirect } from "@web/core/utils/urls";
import { SignatureForm } from "@portal/signature_form/signature_form";

/** Odoo's signature form with an optional remark; a lost connection does not leave it spinning. */
export class SignoffForm extends SignatureForm {
    static template = "sales_sop.SignoffForm";

    setup() {
        super.setup();
        this.remark = useState({ text: "" });
        this.sending = useState({ now: false });
    }

    get canSend() {
        return !this.sending.now && !this.signature.isSignatureEmpty;
    }

    async onClickSubmit() {
        // A double press sends once.
        if (!this.canSend) {
            return;
        }
        this.sending.now = true;
        this.state.error = false;
        const data = await this.send();
        if (data.redirect_url) {
            redirect(data.redirect_url);
        } else {
            this.sending.now = false;
            this.state.error = data.error;
        }
    }

    async send() {
        try {
            return await rpc(this.props.callUrl, {
                name: this.signature.name,
                signature: this.signature.getSignatureImage().split(",")[1],
                comment: this.remark.text,
            });
        } catch {
            return { error: _t("Your answer was not sent. Please check your connection and try again.") };
        }
    }
}

registry.category("public_components").add("sales_sop.signoff_form", SignoffForm);

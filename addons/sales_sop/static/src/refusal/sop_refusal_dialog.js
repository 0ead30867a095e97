import { Component, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { standardErrorDialogProps } from "@web/core/errors/error_dialogs";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useAutofocus, useService } from "@web/core/utils/hooks";

export const SOP_GATE_ERROR = "odoo.addons.sales_sop.exceptions.SopGateError";

/** A refused move: what is missing on which document, who can do it, and the way there. */
export class SopRefusalDialog extends Component {
    static template = "sales_sop.RefusalDialog";
    static components = { Dialog };
    static props = { ...standardErrorDialogProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.sopFocus = useService("sop_focus");
        this.state = useState({ reason: "", checked: false, busy: false });
        useAutofocus({ refName: "reason", mobile: true });
    }

    get refusal() {
        return this.props.data?.context?.sop || {};
    }

    get title() {
        return this.refusal.title || _t("Not yet");
    }

    get documents() {
        return this.refusal.documents || [];
    }

    get message() {
        return this.documents.length ? "" : this.props.data?.message || this.props.message;
    }

    get moreLabel() {
        return this.refusal.more && _t("and %s more", this.refusal.more);
    }

    get isReasonMissing() {
        return !this.state.reason.trim();
    }

    openDocument(document, item = document.items[0]) {
        this.props.close();
        return this.sopFocus.open({
            resModel: document.res_model,
            resId: document.res_id,
            requirementId: item?.id,
        });
    }

    async moveBack() {
        this.state.checked = true;
        if (this.state.busy || this.isReasonMissing) {
            return;
        }
        this.state.busy = true;
        try {
            for (const [resModel, resIds] of this.resIdsByModel) {
                await this.orm.call(resModel, "action_sop_move_back", [
                    resIds,
                    this.refusal.target.stage_id,
                    this.state.reason.trim(),
                ]);
            }
            this.props.close();
            await this.action.doAction("soft_reload");
        } finally {
            this.state.busy = false;
        }
    }

    get resIdsByModel() {
        const resIdsByModel = new Map();
        for (const { res_model: resModel, res_id: resId } of this.documents) {
            resIdsByModel.set(resModel, [...(resIdsByModel.get(resModel) || []), resId]);
        }
        return resIdsByModel;
    }

    /** Lost needs a reason: the stock wizard asks for it. */
    async markLost() {
        const [[resModel, resIds]] = this.resIdsByModel;
        this.props.close();
        return this.action.doAction("crm.crm_lead_lost_action", {
            additionalContext: {
                active_model: resModel,
                active_ids: resIds,
                active_id: resIds[0],
            },
            onClose: () => this.action.doAction("soft_reload"),
        });
    }
}

registry.category("error_dialogs").add(SOP_GATE_ERROR, SopRefusalDialog);

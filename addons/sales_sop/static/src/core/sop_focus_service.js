import { registry } from "@web/core/registry";
import { revealOnForm } from "./sop_reveal";

export const SOP_FOCUS_EVENT = "SOP:FOCUS";

/**
 * Takes the user to one requirement of one document: on the form that is open,
 * or by opening the form of that document.
 */
export const sopFocusService = {
    dependencies: ["action"],
    start(env, { action }) {
        function isOpen({ resModel, resId }) {
            const controller = action.currentController;
            return (
                controller?.props?.type === "form" &&
                controller.props.resModel === resModel &&
                (controller.currentState?.resId ?? controller.props.resId) === resId
            );
        }

        async function showHere(target) {
            const form = document.querySelector(".o_action_manager .o_form_view");
            if (form && (await revealOnForm(form, ".o_sop_checklist"))) {
                env.bus.trigger(SOP_FOCUS_EVENT, target);
            }
        }

        return {
            isOpen,
            /**
             * @param {{ resModel: string, resId: number, requirementId?: number }} target
             */
            async open(target) {
                if (isOpen(target)) {
                    return showHere(target);
                }
                return action.doAction({
                    type: "ir.actions.act_window",
                    res_model: target.resModel,
                    res_id: target.resId,
                    views: [[false, "form"]],
                    context: { sop_focus: target.requirementId || true },
                });
            },
        };
    },
};

registry.category("services").add("sop_focus", sopFocusService);

import { Component, useRef, useState } from "@odoo/owl";
import { DateTimeInput } from "@web/core/datetime/datetime_input";
import { _t } from "@web/core/l10n/translation";
import { useAutofocus } from "@web/core/utils/hooks";

/** Remark, files and validity of a requirement that is about to be ticked. */
export class SopItemEditor extends Component {
    static template = "sales_sop.ItemEditor";
    static components = { DateTimeInput };
    static props = {
        requirement: Object,
        draft: Object,
        missing: Array,
        busy: Boolean,
        onDone: Function,
        onCancel: Function,
    };

    setup() {
        this.fileInput = useRef("file");
        this.draft = useState(this.props.draft);
        useAutofocus({ refName: "remark" });
    }

    get fileLabel() {
        const { document_kind: documentKind } = this.props.requirement;
        return documentKind ? _t("Choose file: %s", documentKind) : _t("Choose files");
    }

    onChooseFiles(ev) {
        this.draft.files.push(...ev.target.files);
        ev.target.value = "";
    }

    onRemoveFile(index) {
        this.draft.files.splice(index, 1);
    }

    onKeydown(ev) {
        if (ev.key === "Escape") {
            ev.stopPropagation();
            this.props.onCancel();
        } else if (ev.key === "Enter" && (ev.ctrlKey || ev.metaKey)) {
            ev.stopPropagation();
            this.props.onDone();
        }
    }
}

import { Component } from "@odoo/owl";
import { FileModel } from "@web/core/file_viewer/file_model";
import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";

/** Files kept as evidence: a click shows what the browser can show, and downloads the rest. */
export class SopFileList extends Component {
    static template = "sales_sop.FileList";
    static props = { files: Array };

    setup() {
        this.fileViewer = useFileViewer();
    }

    get fileModels() {
        return this.props.files.map((file) => Object.assign(new FileModel(), file));
    }

    onOpen(ev, index) {
        const files = this.fileModels;
        if (files[index].isViewable) {
            ev.preventDefault();
            this.fileViewer.open(files[index], files);
        }
    }
}

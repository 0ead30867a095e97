import { useExternalListener } from "@odoo/owl";

export function hasFiles(ev) {
    return Boolean(ev.dataTransfer?.types.includes("Files"));
}

/** A file dropped beside its target must not replace the page. */
export function useKeepPageOnFileDrop() {
    const keepPage = (ev) => hasFiles(ev) && ev.preventDefault();
    useExternalListener(window, "dragover", keepPage);
    useExternalListener(window, "drop", keepPage);
}

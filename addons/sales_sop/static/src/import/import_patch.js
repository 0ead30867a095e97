import { ImportAction } from "@base_import/import_action/import_action";
import { ImportDataContent } from "@base_import/import_data_content/import_data_content";
import { BaseImportModel } from "@base_import/import_model";
import { patch } from "@web/core/utils/patch";
import { ImportResult } from "./import_result";

patch(BaseImportModel.prototype, {
    async init() {
        await super.init(...arguments);
        const listId = this.resModel === "crm.lead" && this.context.default_sop_list_id;
        if (listId) {
            await this.orm.write("base_import.import", [this.id], { sop_list_id: listId });
        }
    },

    async updateData() {
        this.sopResult = undefined;
        return super.updateData(...arguments);
    },

    /** Where the server tells what becomes of each row, its list takes the place of the general message. */
    async executeImport(isTest = false) {
        const isResumed = !isTest && this.importOptions.skip && this.sopResult?.isTest === false;
        this.sopRows = isResumed ? this.sopResult.rows : [];
        this.sopResult = undefined;
        const { res } = await super.executeImport(...arguments);
        if (this.sopRows.length) {
            this.importMessages = this.importMessages.filter(({ type }) => type !== "info");
            this.sopResult = {
                rows: this.sopRows,
                isTest,
                isDone: !isTest && !res.hasError && !res.nextrow,
                ids: res.ids,
            };
        }
        return { res };
    },

    async _callImport() {
        const result = await super._callImport(...arguments);
        if (result.sop_rows) {
            this.sopRows = [...this.sopRows, ...result.sop_rows];
        }
        return result;
    },
});

patch(ImportAction.prototype, {
    /** Nobody is taken away from what became of his rows. */
    openRecords() {
        if (!this.model.sopResult) {
            return super.openRecords(...arguments);
        }
    },
});

ImportDataContent.components = { ...ImportDataContent.components, ImportResult };
ImportDataContent.props = { ...ImportDataContent.props, sopResult: { type: Object, optional: true } };

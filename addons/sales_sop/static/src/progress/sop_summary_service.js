import { registry } from "@web/core/registry";

/**
 * Summaries of documents, asked for together: however many cards a view shows,
 * the server gets one request per model.
 */
export const sopSummaryService = {
    dependencies: ["orm"],
    start(env, { orm }) {
        /** @type {Map<string, { resIds: Set<number>, result: Promise<Object> }>} */
        const batches = new Map();

        function openBatch(resModel) {
            const batch = { resIds: new Set() };
            // The cards of one rendering ask in the same tick.
            batch.result = Promise.resolve().then(() => {
                batches.delete(resModel);
                return orm.silent.call(resModel, "get_sop_summary", [[...batch.resIds]]);
            });
            batches.set(resModel, batch);
            return batch;
        }

        return {
            /** @returns {Promise<Object|false>} false when the document follows no process */
            async load(resModel, resId) {
                const batch = batches.get(resModel) || openBatch(resModel);
                batch.resIds.add(resId);
                return (await batch.result)[resId] || false;
            },
        };
    },
};

registry.category("services").add("sop_summary", sopSummaryService);

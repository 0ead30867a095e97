import { _t } from "@web/core/l10n/translation";
import { checkFileSize, useFileUploader } from "@web/core/utils/files";
import { useService } from "@web/core/utils/hooks";

/**
 * What a person can do with a requirement of a document, against the server.
 *
 * @param {Object} params
 * @param {() => Promise<boolean|void>} [params.prepare] runs first; `false` cancels the act
 * @param {() => Promise<void>} params.refresh runs after every act, also a refused one
 */
export function useSopActions({ prepare, refresh }) {
    const orm = useService("orm");
    const notification = useService("notification");
    const uploadFiles = useFileUploader();
    // Files of an act that the server refused are not sent again at the next attempt.
    const attachmentIdByFile = new WeakMap();

    async function upload({ resModel, resId }, files) {
        const newFiles = files.filter((file) => !attachmentIdByFile.has(file));
        if (newFiles.some((file) => !checkFileSize(file.size, notification))) {
            return null;
        }
        if (newFiles.length) {
            const results = await uploadFiles("/web/binary/upload_attachment", {
                csrf_token: odoo.csrf_token,
                ufile: newFiles,
                model: resModel,
                id: resId,
            });
            newFiles.forEach((file, index) => {
                if (!results[index].error) {
                    attachmentIdByFile.set(file, results[index].id);
                }
            });
            const refused = results.find((result) => result.error);
            if (refused) {
                notification.add(refused.error, {
                    title: _t("The file was not uploaded"),
                    type: "danger",
                });
                return null;
            }
        }
        return files.map((file) => attachmentIdByFile.get(file));
    }

    async function run(act) {
        if ((await prepare?.()) === false) {
            return false;
        }
        try {
            return (await act()) !== false;
        } finally {
            await refresh();
        }
    }

    function callDocument({ resModel, resId }, method, args, kwargs = {}) {
        return run(() => orm.call(resModel, method, [[resId], ...args], kwargs));
    }

    function callCheck(requirement, method, args) {
        return run(() => orm.call("sop.check", method, [[requirement.check.id], ...args]));
    }

    return {
        /** @returns {Promise<boolean>} whether it was done */
        tick(document, requirement, { remark, files = [], validUntil } = {}) {
            return run(async () => {
                const attachmentIds = await upload(document, files);
                if (!attachmentIds) {
                    return false;
                }
                await orm.call(
                    document.resModel,
                    "action_sop_tick",
                    [[document.resId], requirement.id],
                    {
                        remark: remark || null,
                        attachment_ids: attachmentIds,
                        valid_until: validUntil || null,
                    }
                );
            });
        },
        setNotApplicable: (document, requirement, reason) =>
            callDocument(document, "action_sop_not_applicable", [requirement.id, reason]),
        waive: (document, requirement, reason, validUntil) =>
            callDocument(document, "action_sop_waive", [requirement.id, reason, validUntil]),
        revoke: (requirement, reason) => callCheck(requirement, "action_revoke", [reason]),
        verify: (requirement, remark) => callCheck(requirement, "action_verify", [remark || null]),
    };
}

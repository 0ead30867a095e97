import { status, toRaw, useComponent } from "@odoo/owl";
import { useRecordObserver } from "@web/model/relational_model/utils";

/**
 * What the server says about the record of a component, asked again whenever
 * the record was read anew: what the answer rests on may have changed.
 *
 * @param {Object} params
 * @param {(record: Object) => any} params.ask
 * @param {(answer: any) => void} params.onAnswer gets the newest answer only
 * @param {() => boolean} [params.isBusy] while it is, nothing is asked
 */
export function useSopLiveRead({ ask, onAnswer, isBusy = () => false }) {
    const component = useComponent();
    let seenData;
    let askCount = 0;

    async function read(record = component.props.record) {
        const askId = ++askCount;
        const answer = await ask(record);
        if (askId === askCount && status(component) !== "destroyed") {
            onAnswer(answer);
        }
        return answer;
    }

    /** Read the record and ask, once. */
    async function reload() {
        const { record } = component.props;
        await record.load();
        seenData = toRaw(record.data);
        await read();
    }

    useRecordObserver((record) => {
        const data = toRaw(record.data);
        if (seenData === data) {
            return;
        }
        seenData = data;
        if (!isBusy()) {
            read(record);
        }
    });
    return { read, reload };
}

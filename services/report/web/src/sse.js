/* Server-sent events out of a stream of text, whatever way it is cut. Pure. */

export function makeReader() {
        let held = "";
        let id = "";

        return {
                get id() {
                        return id;
                },
                /* Gives the events that are whole now: [{event, data}]. */
                take(text) {
                        const events = [];
                        held += text;
                        const half = held.endsWith("\r") ? "\r" : ""; /* its line feed may be in the next piece */
                        const blocks = held.slice(0, held.length - half.length).replace(/\r\n?/g, "\n").split("\n\n");
                        held = blocks.pop() + half;
                        for (const block of blocks) {
                                let event = "message";
                                const data = [];
                                for (const line of block.split("\n")) {
                                        const at = line.indexOf(":");
                                        const [field, value] = at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1).replace(/^ /, "")];
                                        if (field === "event") event = value;
                                        else if (field === "data") data.push(value);
                                        else if (field === "id") id = value;
                                }
                                if (data.length > 0) events.push({ event, data: data.join("\n") });
                        }
                        return events;
                },
        };
}

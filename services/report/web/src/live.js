/* The line to the server: one stream that says how all panels stand and then what
 * changed. fetch, not EventSource: that gives up for good on any answer but 200,
 * cannot carry a token, and tells nobody why. What the line's state is, link.js
 * decides. */
import { begin, heard, isSilent, lost, passed, signed, waits } from "./link.js";
import { makeReader } from "./sse.js";

const HIDDEN_MS = 60000; /* a browser has six connections to a host: a tab that nobody sees gives its own back */

/* tell: { event(name, value), link(link), refused(status, say), unanswered() }; say: in both languages, or null: it is open. */
export function makeLive(tell, bundle) {
        let link = { ...begin(performance.now()), bundle };
        let path = null;
        let token = null;
        let stop = null;
        let timer = null;
        let hiding = null;
        let lastId = "";

        function became(next) {
                link = next;
                tell.link(link);
        }

        function take(text, reader) {
                link = signed(link, performance.now());
                for (const { event, data } of reader.take(text)) {
                        let value;
                        try {
                                value = JSON.parse(data);
                        } catch {
                                continue; /* not ours; the next one is whole again */
                        }
                        if (event === "status") became(heard(link, performance.now(), value));
                        tell.event(event, value);
                }
                lastId = reader.id || lastId;
        }

        async function refused(answer) {
                const said = await answer.json().catch(() => ({}));
                tell.refused(answer.status, { en: said.detail || `HTTP ${answer.status}`, zh: said.zh });
        }

        async function read(signal) {
                const headers = { Accept: "text/event-stream" };
                if (token) headers.Authorization = `Bearer ${token}`;
                if (lastId) headers["Last-Event-ID"] = lastId;
                const answer = await fetch(path, { headers, signal, cache: "no-store" });
                if (!answer.ok) {
                        await refused(answer);
                        return answer.status !== 401;
                }
                tell.refused(0, null);
                const reader = makeReader();
                const decoder = new TextDecoder();
                const source = answer.body.getReader();
                for (;;) {
                        const { done, value } = await source.read();
                        if (done) return true;
                        take(decoder.decode(value, { stream: true }), reader);
                }
        }

        async function run() {
                clearTimeout(timer);
                stop?.abort();
                const own = new AbortController();
                stop = own;
                link = signed(link, performance.now());
                let again = true;
                try {
                        again = await read(own.signal);
                } catch {
                        if (stop === own) tell.unanswered(); /* the end of the line; what the link is then says all there is to say */
                }
                if (stop !== own) return;
                stop = null; /* nothing is under way: who opens it again, with the same token too, is served */
                became(lost(link, performance.now()));
                if (again) timer = setTimeout(run, waits(link, Math.random()));
        }

        function close() {
                clearTimeout(timer);
                stop?.abort();
                stop = null;
        }

        document.addEventListener("visibilitychange", () => {
                clearTimeout(hiding);
                if (document.hidden) hiding = setTimeout(close, HIDDEN_MS);
                else if (!stop && path) run();
        });
        window.addEventListener("online", () => path && link.state !== "live" && run());
        setInterval(() => {
                const now = performance.now();
                const next = passed(link, now);
                if (next !== link) became(next);
                if (stop && isSilent(link, now)) run();
        }, 1000);

        return {
                open(nextPath, nextToken) {
                        if (nextPath === path && nextToken === token && stop) return;
                        if (nextPath !== path) lastId = "";
                        path = nextPath;
                        token = nextToken;
                        run();
                },
        };
}

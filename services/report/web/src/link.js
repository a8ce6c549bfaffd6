/* How the line to the server is, told from what came and when. Pure: it is given
 * the time; live.js has the socket.
 *
 *     connecting ──frame──► live ──15 s without one──► stale ──15 s without a byte──► asked anew
 *          ▲                  │ ▲                         │
 *          └───── retry ── offline ◄──────── error ───────┘
 *
 * A line that is cut without a word never ends by itself: it gives no sign, and is
 * then asked for anew. Times are of a clock that nobody sets (performance.now).
 *
 * EventSource gives up for good on any answer but 200, and else tries again in its
 * own time: each end is an end here, and the next try comes 0.25 s later, then
 * after twice as long, up to 15 s. */

export const STALE_MS = 15000;
export const RETRY_MS = [250, 500, 1000, 2000, 4000, 8000, 15000];

export const begin = (now) => ({ state: "connecting", heard: 0, sign: now, since: now, tries: 0, frame: null, bundle: "" });

/* A frame. "reload" when the server has other pages than this one. */
export function heard(link, now, frame) {
        const bundle = link.bundle || frame.bundle || "";
        return {
                ...link,
                state: "live",
                heard: now,
                sign: now,
                since: link.state === "live" ? link.since : now,
                tries: 0,
                frame,
                bundle,
                reload: Boolean(frame.bundle) && frame.bundle !== bundle,
        };
}

export function lost(link, now) {
        return { ...link, state: "offline", since: link.state === "offline" ? link.since : now, tries: link.tries + 1 };
}

export function passed(link, now) {
        return link.state === "live" && now - link.heard >= STALE_MS ? { ...link, state: "stale", since: now } : link;
}

/* The line was asked for, or said something, whatever it was. */
export const signed = (link, now) => ({ ...link, sign: now });
export const isSilent = (link, now) => now - link.sign >= STALE_MS;

/* A token is what a header can carry; fetch throws on all else, which is no broken line. */
export const isToken = (text) => /^[\x21-\x7e]+$/.test(text);

/* How long to wait before the next try; chance in [0, 1) keeps a thousand walls from coming at once. */
export function waits(link, chance) {
        const base = RETRY_MS[Math.min(Math.max(link.tries - 1, 0), RETRY_MS.length - 1)];
        return Math.round(base * (0.75 + 0.5 * chance));
}

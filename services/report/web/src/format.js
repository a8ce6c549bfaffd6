/* Numbers and times as they are printed. What is a share or a growth comes from the
 * server as text, rounded once there. Pure. */

const grouped = new Intl.NumberFormat("en");

export const count = (value) => (value === null || value === undefined ? "—" : grouped.format(value).replace("-", "−"));

/* "2023-05-06 14:51:23" of a moment in the programme's zone, and 14:51:23 of it. */
export const moment = (ms, zoneMinutes) => new Date(ms + zoneMinutes * 60000).toISOString().slice(0, 19).replace("T", " ");
export const clock = (ms, zoneMinutes) => moment(ms, zoneMinutes).slice(11);

/* With its day, where that is another than now's. */
export function since(ms, nowMs, zoneMinutes) {
        const [then, now] = [moment(ms, zoneMinutes), moment(nowMs, zoneMinutes)];
        return then.slice(0, 10) === now.slice(0, 10) ? then.slice(11) : then;
}

/* Ages in words of one unit. */
export function age(ms, t) {
        const seconds = Math.max(0, Math.floor(ms / 1000));
        if (seconds < 60) return t("ago_s", seconds);
        if (seconds < 3600) return t("ago_min", Math.floor(seconds / 60));
        if (seconds < 86400) return t("ago_h", Math.floor(seconds / 3600));
        return t("ago_d", Math.floor(seconds / 86400));
}

/* As the head of something: "content" → "Content". */
export const headed = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/* A label that is too long for its place ends with an ellipsis; a Chinese character is as wide as two letters. */
export function widthOf(text) {
        let width = 0;
        for (const sign of text) width += sign.codePointAt(0) > 0x2e7f ? 2 : 1;
        return width;
}

/* As much of its beginning as is at most so wide. */
function fitting(text, most) {
        let kept = "";

        for (const sign of text) {
                if (widthOf(kept + sign) > most) break;
                kept += sign;
        }
        return kept;
}

export const shortened = (text, most) => (widthOf(text) <= most ? text : `${fitting(text, most - 1)}…`);

/* Behind a space or a hyphen or before a bracket where there is one, else anywhere; the lines put together are the text. */
function broken(text, most, lines) {
        const begin = fitting(text, most);
        if (lines === 1 || begin === text) return [shortened(text, most)];
        const words = Math.max(text.slice(0, begin.length + 1).lastIndexOf(" ") + 1, begin.lastIndexOf("-") + 1, text.slice(0, begin.length + 1).lastIndexOf("（"));
        const first = text.slice(0, words || begin.length);
        return [first, ...broken(text.slice(first.length), most, lines - 1)];
}

/* A name in at most so many lines, which are as even as can be; only what does not fit at all is shortened. */
export function wrapped(text, most, lines) {
        if (widthOf(text) <= most) return [text];
        for (let width = Math.ceil(widthOf(text) / lines); width < most; width++) {
                const tried = broken(text, width, lines);
                if (tried.join("") === text) return tried;
        }
        return broken(text, most, lines);
}

/* "+50.92", "-3.10" or "—" of the server → {way, text}; null: nothing to compare with. */
export function growthOf(told) {
        const read = /^([+\-−]?)(\d[\d.,]*)$/.exec(told || "");
        if (!read) return null;
        const zero = /^[0.]+$/.test(read[2]);
        return { way: zero ? "same" : read[1] === "-" || read[1] === "−" ? "down" : "up", text: `${read[2]}%` };
}

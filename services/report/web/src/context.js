/* What the panels are given: words, labels, the days that are shown, and what a
 * reader may do. Pure, but for the actions, which are handed in. */
import { headed, moment, since } from "./format.js";
import { speaker } from "./i18n.js";
import { yearSpan } from "./periods.js";
import { dimensionLabel, memberLabel, named } from "./programme.js";

export function makeContext(state, actions) {
        const { view, programme, status } = state;
        const t = speaker(view.lang);
        const year = view.year || status?.year || 0;
        const zone = programme.zone_minutes || 0;
        const countedMs = status ? countedAt(status) : 0;
        const serverNow = () => Date.now() + (state.clockAhead || 0);
        const filter = (status?.where || []).map((pair) => pair.split("="));

        return {
                ...actions,
                t,
                view,
                lang: view.lang,
                asks: view.view !== "print", /* a number is a button that bears the name of what it counts */
                theme: state.theme,
                isWall: state.isWall,
                programme,
                status,
                link: state.link,
                panels: state.panels,
                year,
                last: status?.last || year - 1,
                base: status?.base || 0,
                span: yearSpan(year, status?.today || 0),
                zone,
                asOf: countedMs > 0 ? t("as_of", moment(countedMs, zone)) : "",
                counted: countedMs > 0 ? since(countedMs, serverNow(), zone) : "",
                name: (thing) => named(thing, view.lang),
                label: (dimension, code) => (code === "" || code === undefined ? headed(t("not_stated")) : headed(memberLabel(programme, dimension, code, view.lang))),
                list: (codes, dimension) => codes.split(",").map((code) => headed(memberLabel(programme, dimension, code, view.lang))).join(view.lang === "zh" ? "、" : ", "),
                dimension: (code) => dimensionLabel(programme, code, view.lang),
                /* What is asked for, within all that the numbers are of. The same dimension twice would mean "or". */
                where: (pairs) => [...pairs, ...filter.filter(([dimension]) => !pairs.some((pair) => pair[0] === dimension))],
                /* Records of a declared kind: within the organisation alone, since they have no channel and the like. */
                records: (kind, pairs, span) => ({ kind, where: [...pairs, ...filter.filter(([dimension]) => dimension === "org" && !pairs.some((pair) => pair[0] === "org"))], from: span?.from, to: span?.to }),
                /* The server's clock, so far as the last frame told it. */
                serverNow,
                now: () => performance.now(), /* of the line's times */
        };
}

/* Of when the numbers are, in ms: of the last frame while they are counted, else of when all was counted last; 0: nobody knows. */
function countedAt({ state, why, now_ms, complete_at_ms }) {
        return !why && (state === "ok" || state === "late") ? now_ms : complete_at_ms;
}

/* How things stand, in one word of link.*: the line comes first, then what the server says of itself. */
export function standing(link, status) {
        if (link.state !== "live") return link.state;
        if (status && status.state !== "ok") return status.state;
        return status?.why ? "waits" : "live";
}

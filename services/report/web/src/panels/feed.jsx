/* What came in last, and how old all of it is: the link's age is not the data's. */
import { standing } from "../context.js";
import { age, clock, count, headed, widthOf } from "../format.js";
import { Panel } from "../Panel.jsx";
import { Whole } from "../Whole.jsx";
import { dashed } from "../periods.js";
import { figureOf, textOf } from "../tables.js";

/* The one figure that says most: attendances, else what its kind is summed by, else its first that is a number of something. */
function figuresOf(row, context) {
        const kind = context.programme.kinds.get(row.kind);
        const told = Object.entries(row.figures || {}).filter(([, value]) => value !== null);
        const summed = (code) => kind?.measures?.some((measure) => measure.code === code);
        const best = told.find(([code]) => code === "attendances") || told.find(([code]) => summed(code)) || told.find(([code]) => typeOf(kind, code) === "count");
        return best ? said(wordOf(kind, best[0], context), textOf(figureOf(typeOf(kind, best[0]), best[1], context.t))) : "";
}

/* "58 人次", "5 场" as it is said; else the word before its number. */
function said(word, number) {
        const unit = word === "人次" ? word : /（(.+)）$/.exec(word)?.[1];
        return unit ? `${number} ${unit}` : `${word} ${number}`;
}

const typeOf = (kind, code) => kind?.figures?.find((figure) => figure.code === code)?.type;

function wordOf(kind, code, context) {
        const found = kind?.figures?.find((figure) => figure.code === code) || kind?.measures?.find((measure) => measure.code === code);
        return found ? context.name(found) : context.t(code);
}

/* What it is about: the first thing that it is of, beside the organisation. */
function about(row, context) {
        const told = Object.entries(row.members || {}).find(([dimension, code]) => !["org", "channel", "mode", "co_org"].includes(dimension) && code);
        return told ? context.list(told[1], told[0]) : "";
}

export function Recent({ context }) {
        const { t, label, programme, zone } = context;
        const kindOf = (row) => (programme.kinds.get(row.kind) ? headed(context.name(programme.kinds.get(row.kind))) : row.kind);
        return (
                <Panel name="recent" title={t("panel.recent")} shape="list" context={context}>
                        {(panel) => (
                                <ol class="recent" style={{ "--kind": `${Math.max(...panel.rows.map((row) => widthOf(kindOf(row)))) / 2 + 1}em` }}>
                                        {panel.rows.map((row, i) => (
                                                <li key={`${row.at_ms}/${row.org}/${row.key || i}`} class={row.what}>
                                                        <time>{clock(row.at_ms, zone)}</time>
                                                        <b>{kindOf(row)}</b>
                                                        <span class="what">
                                                                <bdi>{label("org", row.org)}</bdi>
                                                                {row.what !== "new" && <em class="tag">{t(`what.${row.what}`)}</em>} <small>{about(row, context)}</small>
                                                        </span>
                                                        <span class="day">{row.date > 0 && dashed(row.date)}</span>
                                                        <span class="n">{figuresOf(row, context)}</span>
                                                </li>
                                        ))}
                                </ol>
                        )}
                </Panel>
        );
}

export function latestOf(sources) {
        return Math.max(0, ...sources.map((source) => source.last_event_ms || 0));
}

export function Ages({ context }) {
        const { t, label, status, link } = context;
        const now = context.serverNow();
        const sources = [...(status?.rows || [])].sort((a, b) => (b.last_event_ms || 0) - (a.last_event_ms || 0));
        return (
                <section class="panel p-ages" aria-labelledby="h-ages">
                        <header>
                                <h2 id="h-ages">{t("panel.ages")}</h2>
                                {(status?.behind > 0 || standing(link, status) === "live") && <p class="note">{t("ages_behind", status?.behind)}</p>}
                        </header>
                        <Whole context={context} of={sources.map((source) => source.source + source.org).join()}>
                                <ol class="ages">
                                        <li class="of-link">
                                                <b class={`shape ${link.state === "live" ? "good" : link.state === "offline" ? "bad" : "warn"}`} aria-hidden="true" />
                                                <span class="name">{t("ages_link")}</span>
                                                <span class="n">{link.heard ? t("ages_link_say", age(context.now() - link.heard, t)) : "—"}</span>
                                        </li>
                                        {sources.map((source) => (
                                                <li key={`${source.org}/${source.source}`}>
                                                        <b class={`shape ${source.last_event_ms ? "good" : "none"}`} aria-hidden="true" />
                                                        <span class="name">
                                                                <bdi>{label("org", source.org)}</bdi> {source.source !== source.org && <small>{source.source}</small>}
                                                        </span>
                                                        <span class="n">{source.last_event_ms ? age(now - source.last_event_ms, t) : t("ages_never")}</span>
                                                </li>
                                        ))}
                                </ol>
                        </Whole>
                </section>
        );
}

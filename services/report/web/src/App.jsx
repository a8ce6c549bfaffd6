/* The page: head, banner, panels, foot. */
import { useEffect, useState } from "preact/hooks";
import { Behind } from "./Behind.jsx";
import { makeContext, standing } from "./context.js";
import { age, clock, count } from "./format.js";
import { Icon } from "./Panel.jsx";
import { Completeness, Oversight, Plan } from "./panels/boards.jsx";
import { Matrix, Months, Partners } from "./panels/charts.jsx";
import { Ages, Recent, latestOf } from "./panels/feed.jsx";
import { Broadcasts, Headline, Rates } from "./panels/numbers.jsx";
import { Sites } from "./panels/sites.jsx";
import { named } from "./programme.js";
import { readShow } from "./view.js";

const SHAPES = { live: "good", connecting: "none", stale: "warn", late: "warn", checking: "warn", waits: "warn", offline: "bad", stopped: "bad", away: "bad" };

/* Renders its children again each second: clocks and ages. */
function Ticking({ children }) {
        const [, tick] = useState(0);
        useEffect(() => {
                const timer = setInterval(() => tick((n) => n + 1), 1000);
                return () => clearInterval(timer);
        }, []);
        return children();
}

function LinkChip({ context }) {
        const { t, link, status } = context;
        const state = standing(link, status);
        const words = state === "stale" ? t("link.stale", Math.floor((context.now() - link.heard) / 1000)) : t(`link.${state}`);
        return (
                <div class={`linkchip ${state}`} data-state={state}>
                        <b class={`shape ${SHAPES[state] || "warn"}`} aria-hidden="true" />
                        <span>{words}</span>
                </div>
        );
}

/* Two ages: a live line to sources that are silent is not live data. */
function SourceChip({ context }) {
        const { t, status } = context;
        const latest = latestOf(status?.rows || []);
        return (
                <div class="linkchip source">
                        <span>
                                {t("ages_source")}{t("colon")}{latest ? t("ages_latest", age(context.serverNow() - latest, t)) : t("ages_never")}
                        </span>
                </div>
        );
}

function period(context) {
        const { t, span, year } = context;
        if (!span.running) return t("period", year, 0);
        return `${t("period", year, 0)} · ${t("period_month", year, span.month, span.to % 100)}`;
}

function Choices({ context }) {
        const { t, view, status, programme } = context;
        const years = [...new Set([...(status?.years || []), context.year])].sort((a, b) => b - a);
        const orgs = [...(programme.dimensions.get("org")?.members.values() || [])];
        return (
                <>
                        <label>
                                <select aria-label={t("year")} value={String(context.year)} onChange={(event) => context.go({ year: Number(event.currentTarget.value) })}>
                                        {years.map((year) => (
                                                <option key={year} value={String(year)}>
                                                        {t("period", year, 0)}
                                                </option>
                                        ))}
                                </select>
                        </label>
                        <label>
                                <select class="orgs" aria-label={t("partner")} value={view.partner} onChange={(event) => context.go({ partner: event.currentTarget.value })}>
                                        <option value="">{t("all_orgs")}</option>
                                        {orgs.map((org) => (
                                                <option key={org.code} value={org.code}>
                                                        {context.name(org)}
                                                </option>
                                        ))}
                                </select>
                        </label>
                </>
        );
}

function Top({ context }) {
        const { t, view, theme, programme } = context;
        const other = theme === "dark" ? "light" : "dark";
        const goal = context.lang === "zh" ? programme.goal_zh : programme.goal_en;
        const marks = [programme.training && t("training"), programme.sample && t("sample")].filter(Boolean);
        return (
                <header class="top">
                        <svg class="logo" viewBox="0 0 48 48" aria-hidden="true">
                                <path d="M5 17h24a6 6 0 1 0-6-6M5 25h33a6.5 6.5 0 1 1-6.5 6.5M5 33h16a5.5 5.5 0 1 1-5.5 5.5" />
                        </svg>
                        <div class="brand">
                                <h1>
                                        <bdi>{context.name(programme)}</bdi>
                                </h1>
                                <p>
                                        {view.partner && (
                                                <>
                                                        <strong>{context.label("org", view.partner)}</strong> ·{" "}
                                                </>
                                        )}
                                        {period(context)} · {t("board")}
                                        {goal && (
                                                <span class="goal">
                                                        {" "}
                                                        · <bdi>{goal}</bdi>
                                                </span>
                                        )}
                                        {marks.map((mark) => (
                                                <mark key={mark}>{mark}</mark>
                                        ))}
                                </p>
                        </div>
                        <div class="controls">
                                {view.view === "print" && <p class="asof">{context.asOf}</p>}
                                <Ticking>
                                        {() => (
                                                <div class="chips">
                                                        <LinkChip context={context} />
                                                        <SourceChip context={context} />
                                                        <time class="clock">{clock(context.serverNow(), context.zone)}</time>
                                                </div>
                                        )}
                                </Ticking>
                                <span class="away" role="status">
                                        {t(`link.${standing(context.link, context.status)}`, 15)}
                                </span>
                                {view.view === "board" && <Choices context={context} />}
                                {view.view !== "print" && (
                                        <div class="buttons">
                                                <button type="button" class="button" onClick={() => context.go({ lang: view.lang === "zh" ? "en" : "zh" })} aria-label={`${t("language_short")}: ${t("language")}`} lang={view.lang === "zh" ? "en" : "zh-CN"}>
                                                        {t("language_short")}
                                                </button>
                                                <button type="button" class="button square" onClick={() => context.go({ theme: other })} aria-label={t(`theme.${theme}`)} title={t(`theme.${theme}`)}>
                                                        <Icon name={theme === "dark" ? "sun" : "moon"} />
                                                </button>
                                                <button type="button" class="button square" onClick={() => context.go({ view: view.view === "wall" ? "board" : "wall" })} aria-label={t(view.view === "wall" ? "wall_leave" : "wall")} title={t(view.view === "wall" ? "wall_leave" : "wall")}>
                                                        <Icon name="wall" />
                                                </button>
                                                {view.view === "board" && (
                                                        <button type="button" class="button square narrow-away" onClick={() => context.go({ view: "print" })} aria-label={t("print")} title={t("print")}>
                                                                <Icon name="print" />
                                                        </button>
                                                )}
                                        </div>
                                )}
                        </div>
                </header>
        );
}

/* What stands above all panels: why the numbers are not those of now, or there are none. go: another view in which there are. */
function toldAbove(context, refused) {
        const { t, link, status, year } = context;
        const state = standing(link, status);
        if (refused) return { sign: "bad", words: refusal(t, refused, context.lang), go: refused.status === 400 && WHOLE };
        if (link.state === "offline") return { sign: "bad", words: status ? t("offline", context.counted) : t("offline_first") };
        if (link.state === "stale") return { sign: "warn", words: t("stale", context.counted) };
        if (state === "waits") return { sign: "warn", words: t("failing.waits", context.name(status.why), context.counted) };
        if (state === "checking") return { sign: "warn", words: t("failing.checking") };
        if (SHAPES[state] === "bad") return { sign: "bad", words: t(`failing.${state}`, status.why ? context.name(status.why) : state === "stopped" && status.say) };
        if (status?.years.length && !status.years.includes(year)) return { sign: "warn", words: t("no_year", year), go: { words: t("go_year", Math.max(...status.years)), view: { year: 0, base: 0 } } };
        return null;
}

function Banner({ context, refused }) {
        const told = toldAbove(context, refused);
        if (!told) return null;
        return (
                <div class={`banner ${told.sign}`} role="alert">
                        <b class={`shape ${told.sign}`} aria-hidden="true" /> {told.words}
                        {told.go && <Way go={told.go} t={context.t} actions={context} />}
                </div>
        );
}

/* Of a view that there is not. */
const WHOLE = { view: { partner: "", year: 0, base: 0, cross: [], show: "" } };
const refusal = (t, { status, say }, lang) => t(status === 400 ? "not_there" : "refused", named(say, lang).replace(/[.。]$/, ""));

function Way({ go, t, actions }) {
        return (
                <button type="button" class="button small" onClick={() => actions.go(go.view)}>
                        {go.words || t("whole")}
                </button>
        );
}

const LiveAges = ({ context }) => <Ticking>{() => <Ages context={context} />}</Ticking>;
const BOTTOM = { oversight: Oversight, completeness: Completeness, plan: Plan, broadcasts: Broadcasts, ages: LiveAges };
const WALL_ROOM = 3; /* of these, in letters that are read from five metres; the desk has the others */

function Grid({ context }) {
        const there = context.status?.panels;
        const has = (name) => (there ? there.includes(name) : !(name in BOTTOM) && name !== "rates" && name !== "sites");
        const all = Object.keys(BOTTOM).filter((name) => name === "ages" || has(name));
        /* What came in seconds ago is of no use on paper: its room is the organisations'. */
        const onPaper = context.view.view === "print";
        const bottom = context.isWall ? all.slice(0, WALL_ROOM) : all.filter((name) => name !== "ages" || !onPaper || all.length === 1);
        return (
                <main id="main" class={`grid ${has("sites") ? "with-map" : "no-map"} ${has("rates") ? "with-rates" : ""}`} aria-busy={!there} data-many={bottom.length}>
                        <div class="strip">
                                <Headline context={context} />
                                {has("rates") && <Rates context={context} />}
                        </div>
                        <Months context={context} />
                        {has("sites") && <Sites context={context} />}
                        {has("partners") && <Partners context={context} />}
                        {has("matrix") && <Matrix context={context} />}
                        {!onPaper && <Recent context={context} />}
                        <div class="bottom" data-many={bottom.length}>
                                {bottom.map((name) => {
                                        const Each = BOTTOM[name];
                                        return <Each key={name} context={context} />;
                                })}
                        </div>
                </main>
        );
}

function Token({ t, wrong, onToken }) {
        const submit = (event) => {
                event.preventDefault();
                const value = new FormData(event.currentTarget).get("token").trim();
                if (value) onToken(value);
        };
        return (
                <main id="main" class="token">
                        <form onSubmit={submit}>
                                <h1>{t("token.title")}</h1>
                                <p>{t("token.say")}</p>
                                {wrong && <p role="alert"><b class="shape bad" aria-hidden="true" /> {t("token.wrong")}</p>}
                                <input name="token" type="password" autocomplete="off" aria-label={t("token.title")} required />
                                <button type="submit" class="button">
                                        {t("token.go")}
                                </button>
                        </form>
                </main>
        );
}

function Waiting({ t, link, refused, lang, actions }) {
        const failed = refused || link.state === "offline";
        return (
                <main id="main" class="waiting" role="status" aria-busy="true">
                        {failed && (
                                <p class="banner bad">
                                        <b class="shape bad" aria-hidden="true" /> {refused ? refusal(t, refused, lang) : t("offline_first")}
                                        {refused?.status === 400 && <Way go={WHOLE} t={t} actions={actions} />}
                                </p>
                        )}
                        <p class="away">{t("loading")}</p>
                        <div class="blocks" aria-hidden="true">
                                {Array.from({ length: 9 }, (_, i) => (
                                        <i key={i} />
                                ))}
                        </div>
                </main>
        );
}

export function App({ state, actions, t }) {
        if (state.needsToken) return <Token t={t} wrong={state.tokenWrong} onToken={actions.token} />;
        if (!state.programme) return <Waiting t={t} link={state.link} refused={state.refused} lang={state.view.lang} actions={actions} />;
        const context = makeContext(state, actions);
        const dim = state.link.state === "offline" || state.link.state === "stale";
        const broadcasts = context.programme.kinds.get("broadcast")?.usable;
        return (
                <div class={`page ${dim ? "dim" : ""}`}>
                        <a class="skip" href="#main">
                                {t("skip")}
                        </a>
                        <Top context={context} />
                        <Banner context={context} refused={state.refused} />
                        <Grid context={context} />
                        <footer class="foot">
                                <span>{t(broadcasts ? "foot" : "foot_plain")}</span>
                                <span>{[context.asOf, context.status?.behind > 0 && t("ages_behind", count(context.status.behind))].filter(Boolean).join(" · ")}</span>
                        </footer>
                        {state.view.show && <Behind show={readShow(state.view.show)} context={context} />}
                </div>
        );
}

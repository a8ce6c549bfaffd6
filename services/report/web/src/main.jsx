/* Puts it together: the URL, the line to the server, and the page. */
import { render } from "preact";
import { App } from "./App.jsx";
import { hand, pictureOf } from "./picture.js";
import { sheetOf } from "./sheet.js";
import { speaker } from "./i18n.js";
import { makeLive } from "./live.js";
import { begin, isToken } from "./link.js";
import { indexProgramme, saidOf } from "./programme.js";
import { fitWall, readView, themeOf, writeShow, writeView } from "./view.js";
import "./style.css";

const BUNDLE = "QF_BUNDLE_ID"; /* build.mjs puts the bundle's own digest here */
const PROGRAMME_MS = 60000;
const root = document.documentElement;
const light = matchMedia("(prefers-color-scheme: light)");

const state = {
        view: readView(location.search),
        theme: "dark",
        programme: null,
        programmeAt: 0,
        programmeOf: "", /* the version of which its names are */
        status: null,
        panels: {},
        link: begin(performance.now()),
        refused: null,
        needsToken: false,
        tokenWrong: false,
        clockAhead: 0,
        isWall: false, /* asked for, and the window has room for one */
};

/* What a token opens lasts as long as the tab. */
function token() {
        const kept = sessionStorage.getItem("qf.token") || "";
        return isToken(kept) ? kept : null;
}

async function ask(route, words, as = "json") {
        const said = new URLSearchParams();
        for (const [name, value] of Object.entries(words)) if (value) said.set(name, value);
        const headers = token() ? { Authorization: `Bearer ${token()}` } : {};
        const answer = await fetch(`/api/v1/${route}?${said}`, { headers });
        if (answer.ok) return as === "json" ? answer.json() : answer.blob();
        const told = await answer.json().catch(() => ({}));
        throw Object.assign(new Error(told.detail || `HTTP ${answer.status}`), { zh: told.zh });
}

/* --- showing ------------------------------------------------------------------ */

let planned = false;
function show() {
        if (planned) return;
        planned = true;
        requestAnimationFrame(paint);
        setTimeout(paint, 200); /* a hidden tab has no frames */
}

function paint() {
        if (!planned) return;
        planned = false;
        const t = speaker(state.view.lang);
        state.theme = themeOf(state.view, light.matches);
        root.lang = state.view.lang === "zh" ? "zh-CN" : "en";
        root.dataset.theme = state.theme;
        const fit = fitWall(state.view, innerWidth, innerHeight);
        state.isWall = Boolean(fit);
        root.dataset.view = state.view.view === "wall" && !fit ? "board" : state.view.view;
        for (const [name, value] of [["--wall-width", fit && `${fit.width}px`], ["--wall-height", fit && `${fit.height}px`], ["--wall-scale", fit && fit.scale]]) root.style.setProperty(name, value ? String(value) : "");
        if (state.programme) document.title = `${state.view.lang === "zh" ? state.programme.zh || state.programme.en : state.programme.en || state.programme.zh} · ${t("board")}`;
        render(<App state={state} actions={actions} t={t} />, document.getElementById("app"));
}

/* --- hearing ------------------------------------------------------------------ */

/* The names are asked for when the line opens, and again where something changed since, once a minute. */
async function askProgramme(version) {
        if (state.programmeOf === version || Date.now() - state.programmeAt < PROGRAMME_MS) return;
        state.programmeAt = Date.now();
        try {
                state.programme = indexProgramme(await ask("programme", {}));
                state.programmeOf = version;
        } catch {
                state.programmeAt = 0; /* the line says what is wrong; the next frame asks again */
        }
        show();
}

function reloadOnce(bundle) {
        if (sessionStorage.getItem("qf.reloaded") === bundle) return;
        sessionStorage.setItem("qf.reloaded", bundle);
        location.reload();
}

function heardStatus(status) {
        if (state.status?.epoch && state.status.epoch !== status.epoch) state.programmeAt = 0;
        askProgramme(`${status.epoch}/${status.version}`);
        state.clockAhead = status.now_ms - Date.now();
        state.status = status;
}

/* What cannot be made anew stands as it was. */
const heardPanel = (name, value) => (state.panels = { ...state.panels, [name]: value.error ? { panel: state.panels[name]?.panel, error: value.error } : { panel: value, error: null } });

const live = makeLive(
        {
                link(link) {
                        state.link = link;
                        if (link.reload) reloadOnce(link.frame.bundle);
                        show();
                },
                refused(status, say) {
                        state.refused = say && status !== 401 ? { status, say } : null;
                        state.needsToken = status === 401;
                        state.tokenWrong = status === 401 && Boolean(token());
                        show();
                },
                unanswered() {
                        state.refused = null; /* what was said then is not why there is no line now */
                },
                event(name, value) {
                        if (name === "status") heardStatus(value);
                        else heardPanel(name, value);
                        show();
                },
        },
        BUNDLE,
);

const chosen = () => ({ year: state.view.year || "", base: state.view.base || "", org: state.view.partner, cross: state.view.cross.join(",") });

function open() {
        const said = new URLSearchParams();
        for (const [name, value] of Object.entries(chosen())) if (value) said.set(name, String(value));
        const text = said.toString();
        live.open(`/api/v1/live${text ? `?${text}` : ""}`, token());
}

/* --- doing -------------------------------------------------------------------- */

/* Another view is another URL; other numbers are another stream. */
function take(view) {
        const other = view.year !== state.view.year || view.base !== state.view.base || view.partner !== state.view.partner;
        const crossed = view.cross.join() !== state.view.cross.join();
        state.view = view;
        if (other) state.panels = { recent: state.panels.recent };
        else if (crossed) state.panels = { ...state.panels, matrix: undefined };
        open();
        show();
}

function go(change) {
        const view = { ...state.view, ...change };
        history.pushState(null, "", `${location.pathname}${writeView(view)}`);
        take(view);
}

/* A table has no room to say that what is in it is not real: its name does, as the server's names do. */
const unreal = () => ["training", "sample"].filter((mark) => state.programme?.[mark]).map((mark) => `-${mark}`).join("");
const fileName = (name, kind) => `qingfeng-${name}-${state.view.year || state.status?.year || "all"}${state.view.partner ? `-${state.view.partner}` : ""}${unreal()}.${kind}`;

/* Says whether the same is shown as now: an answer to what was asked before another view was taken is of no use in that. */
function unchanged() {
        const view = JSON.stringify(chosen());
        return () => JSON.stringify(chosen()) === view;
}

function tellNotMade(name, notMade) {
        state.panels = { ...state.panels, [name]: { ...state.panels[name], notMade } };
        show();
}

/* A file of a panel, under the name of the view that it was asked of; the panel itself stands. */
async function handOf(name, kind, make) {
        const same = unchanged();
        const file = fileName(name, kind);
        tellNotMade(name, null);
        try {
                hand(await make(), file);
        } catch (error) {
                if (same()) tellNotMade(name, saidOf(error));
        }
}

const actions = {
        go,
        ask,
        show: (what) => go({ show: what ? writeShow(what) : "" }),
        toggleTable(name) {
                const { tables } = state.view;
                go({ tables: tables.includes(name) ? tables.filter((each) => each !== name) : [...tables, name] });
        },
        async retry(name) {
                const same = unchanged();
                const answer = await ask("board", { ...chosen(), panel: name }).catch((error) => ({ error: saidOf(error) }));
                if (same()) heardPanel(name, answer);
                show();
        },
        download: (name) => handOf(name, "csv", () => ask("board", { ...chosen(), panel: name, format: "csv", lang: state.view.lang }, "blob")),
        sheet: (name, title, table, note) => handOf(name, "xlsx", () => sheetOf(table, title, note)),
        picture: (name, section, source) => handOf(name, "png", () => pictureOf(section, source)),
        /* Who shows the list says it when this fails. */
        async downloadOf(route, words) {
                const file = fileName(route === "list" ? "records" : route, "csv");
                hand(await ask(route, { ...words, limit: "", format: "csv", lang: state.view.lang }, "blob"), file);
        },
        async sheetOfList(title, table, note) {
                hand(await sheetOf(table, title, note), fileName("records", "xlsx"));
        },
        token(value) {
                state.tokenWrong = !isToken(value);
                if (!state.tokenWrong) {
                        sessionStorage.setItem("qf.token", value);
                        state.needsToken = false;
                        open();
                }
                show();
        },
};

window.addEventListener("popstate", () => take(readView(location.search)));
light.addEventListener("change", show);
window.addEventListener("resize", show);
open();
show();

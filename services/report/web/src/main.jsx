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

/* The names are asked for when the line opens, and again when something changed, once a minute. */
async function askProgramme() {
        if (Date.now() - state.programmeAt < PROGRAMME_MS) return;
        state.programmeAt = Date.now();
        try {
                state.programme = indexProgramme(await ask("programme", {}));
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
        if (!state.programme || state.status?.version !== status.version) askProgramme();
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

const fileName = (name, kind) => `qingfeng-${name}-${state.view.year || state.status?.year || "all"}${state.view.partner ? `-${state.view.partner}` : ""}.${kind}`;

/* A file of a panel; the panel itself stands. */
function notMade(name, error) {
        state.panels = { ...state.panels, [name]: { ...state.panels[name], notMade: saidOf(error) } };
        show();
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
                try {
                        const answer = await ask("board", { ...chosen(), panel: name });
                        heardPanel(name, answer);
                } catch (error) {
                        heardPanel(name, { error: saidOf(error) });
                }
                show();
        },
        async download(name) {
                try {
                        hand(await ask("board", { ...chosen(), panel: name, format: "csv", lang: state.view.lang }, "blob"), fileName(name, "csv"));
                } catch (error) {
                        notMade(name, error);
                }
        },
        /* Who shows the list says it when this fails. */
        async downloadOf(route, words) {
                hand(await ask(route, { ...words, limit: "", format: "csv", lang: state.view.lang }, "blob"), fileName(route === "list" ? "records" : route, "csv"));
        },
        async sheetOfList(title, table, note) {
                hand(await sheetOf(table, title, note), fileName("records", "xlsx"));
        },
        async sheet(name, title, table, note) {
                try {
                        hand(await sheetOf(table, title, note), fileName(name, "xlsx"));
                } catch (error) {
                        notMade(name, error);
                }
        },
        async picture(name, section) {
                try {
                        hand(await pictureOf(section), fileName(name, "png"));
                } catch (error) {
                        notMade(name, error);
                }
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

/* The records behind a number: a dialog, which the URL keeps ("show=org=HG;from=…"). */
import { useEffect, useRef, useState } from "preact/hooks";
import { count } from "./format.js";
import { Icon, Table, sourceOf } from "./Panel.jsx";
import { dashed } from "./periods.js";
import { saidOf } from "./programme.js";
import { figureOf } from "./tables.js";

const MOST = 200; /* of a page */
const ALL = 10000;
const HIDDEN = /^(records|co_org|changed|.*_unknown)$/;

/* First what tells a record, then its numbers, then all else that is not the same in each of them. */
const FIRST = ["date", "key", "activities", "attendances"];
function columnsOf(rows, whole) {
        const place = (name) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
        const said = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => !HIDDEN.test(name));
        const filled = said.filter((name) => rows.some((row) => row[name] !== null && row[name] !== ""));
        const telling = whole ? filled : filled.filter((name) => FIRST.includes(name) || rows.length < 2 || rows.some((row) => row[name] !== rows[0][name]));
        return telling.filter((name) => whole || name !== "partner" || rows.some((row) => row.partner !== row.org)).sort((a, b) => place(a) - place(b));
}

/* whole: for a file, also what is the same in each of them. */
function tableOf(rows, show, context, whole = false) {
        const { t, dimension, programme } = context;
        const figures = new Map((programme.kinds.get(show.kind)?.figures || []).map((figure) => [figure.code, figure]));
        const names = columnsOf(rows, whole);
        const headOf = (name) => {
                if (figures.has(name)) return context.name(figures.get(name));
                if (programme.dimensions.has(name)) return dimension(name);
                return { date: t("date"), partner: t("partner_fed"), key: t("key") }[name] || t(name);
        };
        const cellOf = (name, row) => {
                const value = row[name] ?? "";
                if (name === "attendances" && row.records_unknown > 0) return null; /* it is sent as 0 */
                if (typeof value === "number" && name !== "date") return figureOf(figures.get(name)?.type, value, t);
                if (!value) return "";
                if (name === "date") return dashed(value);
                if (name === "method" || name === "late") return t(`marks.${value}`);
                if (name !== "partner" && !programme.dimensions.has(name)) return value;
                return context.list(value, name === "partner" ? "org" : name);
        };
        return { head: names.map(headOf), rows: rows.map((row) => names.map((name) => cellOf(name, row))) };
}

function titleOf(show, context) {
        const parts = show.where.map(([dimension, code]) => `${context.dimension(dimension)}: ${context.label(dimension, code)}`);
        if (show.cycle) parts.push(context.t("behind.cycle", show.cycle));
        if (show.from && show.to) parts.push(context.t("behind.from_to", dashed(show.from), dashed(show.to)));
        return parts.join(" · ");
}

/* Asks when what is shown is another; an answer to what is no longer asked for is thrown away. */
function useAnswer(asked, first) {
        const [got, setGot] = useState({ answer: null, rows: [], error: null });
        const latest = useRef(asked);
        latest.current = asked;
        const failed = (error) => latest.current === asked && setGot((had) => ({ ...had, error: saidOf(error) })); /* what is listed stays */
        const add = (rows, answered) => answered.then((answer) => latest.current === asked && setGot({ answer, rows: [...rows, ...answer.rows], error: null }), failed);
        useEffect(() => {
                setGot({ answer: null, rows: [], error: null });
                add([], first());
        }, [asked]);
        return { got, add, failed };
}

const NOTES = ["restricted", "undated_excluded"]; /* what a list is short of */

function Frame({ title, under, got, context, children }) {
        const { t } = context;
        const dialog = useRef(null);
        const noted = NOTES.filter((note) => got.answer?.notes?.includes(note));

        useEffect(() => {
                dialog.current.showModal();
                document.documentElement.classList.add("behind-open");
                return () => document.documentElement.classList.remove("behind-open");
        }, []);
        return (
                <dialog class="behind" ref={dialog} onClose={() => context.show(null)} aria-labelledby="h-behind" onClick={(event) => event.target === dialog.current && dialog.current.close()}>
                        <header>
                                <h2 id="h-behind">{title}</h2>
                                <button type="button" class="tool" onClick={() => dialog.current.close()} aria-label={t("behind.close")}>
                                        <Icon name="close" />
                                </button>
                                <p>{under}</p>
                        </header>
                        {!got.answer && !got.error && <p class="quiet" role="status">{t("loading")}</p>}
                        {got.error && (
                                <p class="failed" role="alert">
                                        <b class="shape bad" aria-hidden="true" /> {context.name(got.error)}
                                </p>
                        )}
                        {noted.length > 0 && <p class="quiet lacks">{noted.map((note) => t(note)).join(" ")}</p>}
                        {got.answer && children}
                </dialog>
        );
}

const wordsOf = (show) => ({ where: show.where.map(([dimension, code]) => `${dimension}=${code}`).join(","), from: show.from && dashed(show.from), to: show.to && dashed(show.to) });

function Records({ show, context }) {
        const { t } = context;
        const words = { kind: show.kind, ...wordsOf(show), key: show.cycle, limit: show.cycle ? ALL : MOST };
        const { got, add, failed } = useAnswer(JSON.stringify(words), () => context.ask("list", words));
        /* Of a cycle the board counts each organisation by itself, without those below it. */
        const own = show.where.find(([dimension]) => dimension === "org")?.[1];
        const rows = show.cycle ? got.rows.filter((row) => row.org === own) : got.rows;
        const table = tableOf(rows, show, context);
        const narrowed = rows.length < got.rows.length;
        /* The server lists an organisation with those below it: a file of its own records alone is made of what is listed. */
        const save = () => (narrowed ? context.sheetOfList(t("behind.title"), tableOf(rows, show, context, true), sourceOf(titleOf(show, context), context)) : context.downloadOf("list", words)).catch(failed);
        return (
                <Frame title={t("behind.title")} under={titleOf(show, context)} got={got} context={context}>
                        <p class="quiet sum">
                                {t("behind.records", count(show.cycle ? rows.length : got.answer?.all.records))}
                                {got.answer?.next && ` · ${t("behind.cut", got.rows.length)}`}
                                {got.answer?.next && (
                                        <button type="button" class="button small" onClick={() => add(got.rows, context.ask("list", { ...words, page: got.answer.next }))}>
                                                {t("behind.more")}
                                        </button>
                                )}
                                <button type="button" class="button small" onClick={save}>
                                        {t("behind.download")}
                                </button>
                        </p>
                        {table.rows.length > 0 ? <Table table={table} context={context} caption={t("behind.title")} /> : <p>{t("behind.none")}</p>}
                </Frame>
        );
}

/* All organisations, not only the first that the panel has room for; each leads on to its activities and its own board. */
function Organisations({ show, context }) {
        const { t, label } = context;
        const words = { by: "org", ...wordsOf(show) };
        const { got, failed } = useAnswer(JSON.stringify(words), () => context.ask("totals", words));
        const rows = got.rows.filter((row) => row.members[0] && row.activities > 0).sort((a, b) => b.activities - a.activities);
        const table = {
                head: [t("org"), t("activities"), t("attendances"), t("not_known")],
                rows: rows.map((row) => [
                        { value: label("org", row.members[0]), go: { partner: row.members[0], show: "" } },
                        { value: row.activities, show: { ...show, kind: "activity", where: [...show.where.filter(([dimension]) => dimension !== "org"), ["org", row.members[0]]] } },
                        row.activities > row.activities_unknown ? row.attendances : null,
                        row.activities_unknown,
                ]),
        };
        return (
                <Frame title={t("behind.orgs")} under={titleOf(show, context)} got={got} context={context}>
                        <p class="quiet sum">
                                {t("behind.orgs_count", count(rows.length))}
                                <button type="button" class="button small" onClick={() => context.downloadOf("totals", words).catch(failed)}>
                                        {t("behind.download")}
                                </button>
                        </p>
                        {rows.length > 0 ? <Table table={table} context={context} caption={t("behind.orgs")} /> : <p>{t("behind.none")}</p>}
                </Frame>
        );
}

export function Behind({ show, context }) {
        return show.kind === "organisations" ? <Organisations show={show} context={context} /> : <Records show={show} context={context} />;
}

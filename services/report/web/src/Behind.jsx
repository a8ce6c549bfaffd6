/* The records behind a number: a dialog, which the URL keeps ("show=org=HG;from=…"). */
import { useEffect, useRef, useState } from "preact/hooks";
import { count } from "./format.js";
import { Icon, Table } from "./Panel.jsx";
import { dashed } from "./periods.js";

const MOST = 200; /* of a page */
const HIDDEN = /^(records|co_org|changed|.*_unknown)$/;

/* First what tells a record, then its numbers, then all else that is not the same in each of them. */
const FIRST = ["date", "key", "title", "activities", "attendances"];
function columnsOf(rows) {
        const place = (name) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
        const said = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter((name) => !HIDDEN.test(name));
        const filled = said.filter((name) => rows.some((row) => row[name] !== null && row[name] !== ""));
        const telling = filled.filter((name) => FIRST.includes(name) || rows.length < 2 || rows.some((row) => row[name] !== rows[0][name]));
        return telling.filter((name) => name !== "partner" || rows.some((row) => row.partner !== row.org)).sort((a, b) => place(a) - place(b));
}

function tableOf(rows, show, context) {
        const { t, dimension, programme } = context;
        const figures = programme.kinds.get(show.kind)?.figures || [];
        const names = columnsOf(rows);
        const headOf = (name) => {
                const figure = figures.find((each) => each.code === name);
                if (figure) return context.name(figure);
                if (programme.dimensions.has(name)) return dimension(name);
                return { date: t("date"), partner: t("partner_fed"), key: t("key"), title: t("what_head") }[name] || t(name);
        };
        const cellOf = (name, value) => {
                if (typeof value === "number" && name !== "date") return value;
                if (!value) return "";
                if (name === "date") return dashed(value);
                if (name !== "partner" && !programme.dimensions.has(name)) return value;
                return context.list(value, name === "partner" ? "org" : name);
        };
        return { head: names.map(headOf), rows: rows.map((row) => names.map((name) => cellOf(name, row[name] ?? ""))) };
}

function titleOf(show, context) {
        const parts = show.where.map(([dimension, code]) => `${context.dimension(dimension)}: ${context.label(dimension, code)}`);
        if (show.from && show.to) parts.push(context.t("behind.from_to", dashed(show.from), dashed(show.to)));
        return parts.join(" · ");
}

export function Behind({ show, context }) {
        const { t } = context;
        const dialog = useRef(null);
        const [got, setGot] = useState({ answer: null, rows: [], error: null });
        const words = { kind: show.kind, where: show.where.map(([dimension, code]) => `${dimension}=${code}`).join(","), from: show.from && dashed(show.from), to: show.to && dashed(show.to), limit: MOST };
        const asked = JSON.stringify(words);

        useEffect(() => {
                dialog.current.showModal();
                document.documentElement.classList.add("behind-open");
                return () => document.documentElement.classList.remove("behind-open");
        }, []);
        const latest = useRef(asked);
        latest.current = asked;
        const failed = (error) => latest.current === asked && setGot((had) => ({ ...had, error: error.message })); /* what is listed stays */
        /* A page more of what is listed; an answer to what is no longer asked for is thrown away. */
        const list = (rows, page) => {
                context.ask("list", { ...words, page }).then(
                        (answer) => latest.current === asked && setGot({ answer, rows: [...rows, ...answer.rows], error: null }),
                        failed,
                );
        };
        useEffect(() => {
                setGot({ answer: null, rows: [], error: null });
                list([], "");
        }, [asked]);
        const table = got.answer && tableOf(got.rows, show, context);
        return (
                <dialog class="behind" ref={dialog} onClose={() => context.show(null)} aria-labelledby="h-behind" onClick={(event) => event.target === dialog.current && dialog.current.close()}>
                        <header>
                                <h2 id="h-behind">{t("behind.title")}</h2>
                                <button type="button" class="tool" onClick={() => dialog.current.close()} aria-label={t("behind.close")}>
                                        <Icon name="close" />
                                </button>
                                <p>{titleOf(show, context)}</p>
                        </header>
                        {!got.answer && !got.error && <p class="quiet" role="status">{t("loading")}</p>}
                        {got.error && (
                                <p class="failed" role="alert">
                                        <b class="shape bad" aria-hidden="true" /> {got.error}
                                </p>
                        )}
                        {table && (
                                <>
                                        <p class="quiet sum">
                                                {t("behind.records", count(got.answer.all.records))}
                                                {got.answer.next && ` · ${t("behind.cut", got.rows.length)}`}
                                                {got.answer.next && (
                                                        <button type="button" class="button small" onClick={() => list(got.rows, got.answer.next)}>
                                                                {t("behind.more")}
                                                        </button>
                                                )}
                                                <button type="button" class="button small" onClick={() => context.downloadList(words).catch(failed)}>
                                                        {t("behind.download")}
                                                </button>
                                        </p>
                                        {table.rows.length > 0 ? <Table table={table} context={context} caption={t("behind.title")} /> : <p>{t("behind.none")}</p>}
                                </>
                        )}
                </dialog>
        );
}

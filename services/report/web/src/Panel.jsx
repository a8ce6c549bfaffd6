/* The frame of a panel: its head and tools, and what stands in it while there is
 * nothing, when there is nothing, when it could not be read, and as a table. */
import { count, headed } from "./format.js";
import { Whole } from "./Whole.jsx";
import { hasData, hasTable, lacks, tableOf, textOf } from "./tables.js";

const ICONS = {
        table: "M3 5h18v14H3zM3 10h18M3 14.5h18M9 10v9",
        chart: "M4 20V10M10 20V4M16 20v-8M21 20H2",
        csv: "M12 4v11m0 0 5-5m-5 5-5-5M4 20h16",
        xlsx: "M4 3h11l5 5v13H4zM15 3v5h5M8 12l6 6M14 12l-6 6",
        png: "M3 5h18v14H3zm0 11 5-5 4 4 4-5 5 6M8.5 8.6v.01",
        close: "M5 5l14 14M19 5 5 19",
        sun: "M12 7.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M19 5l-1.4 1.4M6.4 17.6 5 19",
        moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z",
        wall: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
        print: "M7 9V3h10v6M7 17H4V9h16v8h-3M7 14h10v7H7z",
};

export function Icon({ name }) {
        return (
                <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                        <path d={ICONS[name]} />
                </svg>
        );
}

/* A number that leads to its records; plain where nothing can be asked. */
export function Number({ context, value, show, children, label }) {
        const text = children ?? textOf(value);
        if (!show || !context.asks) return <span class="n">{text}</span>;
        return (
                <button type="button" class="n link" onClick={() => context.show(show)} aria-label={label && (children ? label : `${label} ${text}`)} title={context.t("behind.title")}>
                        {text}
                </button>
        );
}

const DATE = /^\d{4}-\d\d(-\d\d)?$/;

export function Table({ table, context, caption }) {
        return (
                <div class="scroll" tabIndex={0} role="group" aria-label={caption}>
                        <table class="data">
                                <caption class="away">{caption}</caption>
                                <thead>
                                        <tr>
                                                {table.head.map((head, i) => (
                                                        <th key={i} scope="col" class={typeof table.rows[0]?.[i] === "string" ? "text" : ""}>
                                                                {headed(head)}
                                                        </th>
                                                ))}
                                        </tr>
                                </thead>
                                <tbody>
                                        {table.rows.map((row, r) => (
                                                <tr key={r}>
                                                        {row.map((cell, i) =>
                                                                i === 0 ? (
                                                                        <th key={i} scope="row">
                                                                                {cell?.go ? (
                                                                                        <button type="button" class="link" onClick={() => context.go(cell.go)}>
                                                                                                <bdi>{cell.value}</bdi>
                                                                                        </button>
                                                                                ) : (
                                                                                        textOf(cell)
                                                                                )}
                                                                        </th>
                                                                ) : (
                                                                        <td key={i} class={typeof cell === "string" ? `text ${DATE.test(cell) ? "date" : ""}` : ""}>
                                                                                {cell && typeof cell === "object" ? <Number context={context} value={cell.value} show={cell.show} label={`${textOf(row[0]?.value ?? row[0])} ${table.head[i]}`} /> : textOf(cell)}
                                                                        </td>
                                                                ),
                                                        )}
                                                </tr>
                                        ))}
                                </tbody>
                        </table>
                </div>
        );
}

function Skeleton({ shape, t }) {
        const many = { bars: 12, list: 8, grid: 15, rings: 3, map: 1, tiles: 4 }[shape] || 6;
        return (
                <div class={`skeleton of-${shape}`} role="status" aria-label={t("loading")}>
                        {Array.from({ length: many }, (_, i) => (
                                <i key={i} class={`s${i % 5}`} />
                        ))}
                </div>
        );
}

/* title: of a panel that has none above it. */
function Failed({ name, title, error, context }) {
        return (
                <div class="failed" role="alert">
                        <p>
                                <b class="shape bad" aria-hidden="true" /> {title && `${title}${context.t("colon")}`}
                                {context.t("failed")}
                        </p>
                        <p class="say">{context.name(error)}</p>
                        <button type="button" class="button" onClick={() => context.retry(name)}>
                                {context.t("retry")}
                        </button>
                </div>
        );
}

export function Empty({ say }) {
        return (
                <div class="empty">
                        <svg viewBox="0 0 48 48" aria-hidden="true">
                                <path d="M8 18h20a5 5 0 1 0-5-5M8 25h27a5.5 5.5 0 1 1-5.5 5.5M8 32h12a4.5 4.5 0 1 1-4.5 4.5" />
                        </svg>
                        <p>{say}</p>
                </div>
        );
}

function emptyWords(name, panel, context) {
        const told = panel.why_empty && context.name(panel.why_empty);
        const own = context.t(`empty.${name}`);
        return told || (own === `empty.${name}` ? context.t(context.status?.years?.length ? "empty.any" : "empty.ever") : own);
}

/* What stands in the frame. */
function body({ name, panel, error, context, shape, children, title, plain }) {
        if (!panel && error) return <Failed name={name} title={plain ? title : ""} error={error} context={context} />;
        if (!panel) return <Skeleton shape={shape} t={context.t} />;
        if (!hasData(name, panel)) return <Empty say={emptyWords(name, panel, context)} />;
        if (context.view.tables.includes(name)) return <Table table={tableOf(name, panel, context)} context={context} caption={title} />;
        return children(panel);
}

/* What a file says of where it is from. */
export function sourceOf(title, context) {
        const { view, programme, year, asOf, t } = context;
        return [context.name(programme), programme.training && t("training"), programme.sample && t("sample"), title, year, view.partner && context.label("org", view.partner), asOf].filter(Boolean).join(" · ");
}

function Tools({ name, title, panel, context }) {
        const { t, view } = context;
        const table = view.tables.includes(name);
        if (!panel || !hasData(name, panel) || view.view !== "board") return null;
        return (
                <div class="tools">
                        {hasTable(name) && (
                                <button type="button" class="tool" aria-pressed={table} aria-label={`${title}: ${t("table")}`} title={t(table ? "chart" : "table")} onClick={() => context.toggleTable(name)}>
                                        <Icon name={table ? "chart" : "table"} />
                                </button>
                        )}
                        <button type="button" class="tool" aria-label={`${title}: ${t("csv")}`} title={t("csv")} onClick={() => context.download(name)}>
                                <Icon name="csv" />
                        </button>
                        {hasTable(name) && (
                                <button type="button" class="tool" aria-label={`${title}: ${t("xlsx")}`} title={t("xlsx")} onClick={() => context.sheet(name, title, tableOf(name, panel, context), sourceOf(title, context))}>
                                        <Icon name="xlsx" />
                                </button>
                        )}
                        <button type="button" class="tool" aria-label={`${title}: ${t("png")}`} title={t("png")} onClick={(event) => context.picture(name, event.currentTarget.closest("section"), sourceOf(title, context))}>
                                <Icon name="png" />
                        </button>
                </div>
        );
}

/* Not all is here: neither is a table or file made of it. */
function Lacks({ panel, context }) {
        const { restricted, undated_excluded, undated, of } = lacks(panel);
        const { t } = context;
        const said = [restricted && t("restricted"), undated_excluded && t("undated_excluded"), undated > 0 && t("undated", count(undated)), of > 0 && t("cut", count(panel.rows.length), count(of))].filter(Boolean);
        return said.length > 0 && <p class="lacks">{said.join(" ")}</p>;
}

/* children: panel → what to show of it; note: panel → a line beside the title; above: panel → what stands over it, also over
 * its table, and where it is empty. */
export function Panel({ name, title, note, above, shape, context, children, plain }) {
        const { panel, error, notMade } = context.panels[name] || {};
        const noted = panel && hasData(name, panel) && note?.(panel);
        return (
                <section class={`panel p-${name}`} aria-labelledby={`h-${name}`} data-state={panel ? (hasData(name, panel) ? "data" : "empty") : error ? "error" : "loading"}>
                        <header class={plain ? "plain" : ""}>
                                <h2 id={`h-${name}`} title={title} class={plain ? "away" : ""}>{headed(title)}</h2>
                                {noted && <p class="note">{noted}</p>}
                                <Tools name={name} title={headed(title)} panel={panel} context={context} />
                        </header>
                        {panel && error && (
                                <p class="again" role="status">
                                        <b class="shape warn" aria-hidden="true" /> {context.t("failed_again")}
                                        <button type="button" class="button small" onClick={() => context.retry(name)}>
                                                {context.t("retry")}
                                        </button>
                                </p>
                        )}
                        {panel && above?.(panel)}
                        {panel && hasData(name, panel) && <Lacks panel={panel} context={context} />}
                        {notMade && (
                                <p class="again" role="status">
                                        <b class="shape warn" aria-hidden="true" /> {context.t("not_made", context.name(notMade))}
                                </p>
                        )}
                        <Whole context={context} of={panel}>
                                {body({ name, panel, error, context, shape, children, title, plain })}
                        </Whole>
                </section>
        );
}

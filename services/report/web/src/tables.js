/* The table behind each panel: its head and its rows of cells. A cell is a text or a
 * number, {value, show} when the records behind it can be asked for, or {value, format}:
 * in a workbook, the number that the text begins with, in a format that shows the rest. Pure. */
import { count, growthOf, headed } from "./format.js";
import { dashed, monthSpan } from "./periods.js";
import { inOrder } from "./programme.js";

const behind = (context, value, where, span) => ({
        value,
        show: value ? { where: context.where(where), from: span?.from ?? context.span.from, to: span?.to ?? context.span.to } : null,
});

function months(panel, context) {
        const { t } = context;
        const cells = (row, name, now, last) => [name, now, row.attendances, row.activities_unknown, last, row.last_attendances, row.last_activities_unknown];
        const counted = (value, year, month) => behind(context, value, [], monthSpan(year, month % 100, context.span.to));
        const { undated } = panel;
        return {
                head: [t("time"), ...[context.year, context.last].flatMap((year) => ["activities", "attendances", "not_known"].map((word) => `${year} ${t(word)}`))],
                rows: [
                        ...panel.rows.map((row) => cells(row, t("month", row.month % 100), counted(row.activities, context.year, row.month), counted(row.last_activities, context.last, row.month))),
                        ...(undated ? [cells(undated, t("year_only"), undated.activities, undated.last_activities)] : []),
                ],
        };
}

/* The year before, and up to when its days are those of the one that is not over. */
function lastHead(panel, { t, last }) {
        const upto = panel.same_days_upto;
        return upto > 0 ? t("same_days", last, Math.floor(upto / 100) % 100, upto % 100) : `${last}`;
}

function partners(panel, context) {
        const { t, label } = context;
        const last = lastHead(panel, context);
        return {
                head: [t("org"), t("activities"), t("attendances"), t("not_known"), `${last} ${t("activities")}`, `${last} ${t("attendances")}`, `${last} ${t("not_known")}`],
                rows: panel.rows.map((row) => [
                        label("org", row.org),
                        behind(context, row.activities, [["org", row.org]]),
                        row.attendances,
                        row.activities_unknown,
                        row.last_activities,
                        row.last_attendances,
                        row.last_activities_unknown,
                ]),
        };
}

/* Rows and columns of the cross-table in the programme's order, and its cells by both; most of one in which both are stated. */
export function crossOf(panel, programme) {
        const cells = new Map(panel.rows.map((cell) => [`${cell.row}\n${cell.column}`, cell]));
        const codes = (name, dimension) => inOrder(programme, dimension, new Set(panel.rows.map((cell) => cell[name])));
        return {
                rows: codes("row", panel.rows_of),
                columns: codes("column", panel.columns_of),
                at: (row, column) => cells.get(`${row}\n${column}`) || { activities: 0, attendances: 0 },
                most: Math.max(1, ...panel.rows.map((cell) => (cell.row !== "" && cell.column !== "" ? cell.activities : 0))),
        };
}

function matrix(panel, context) {
        const cross = crossOf(panel, context.programme);
        const { label, dimension } = context;
        return {
                head: [`${dimension(panel.rows_of)} \\ ${dimension(panel.columns_of)}`, ...cross.columns.map((code) => label(panel.columns_of, code))],
                rows: cross.rows.map((row) => [
                        label(panel.rows_of, row),
                        ...cross.columns.map((column) =>
                                behind(context, cross.at(row, column).activities, [
                                        [panel.rows_of, row],
                                        [panel.columns_of, column],
                                ]),
                        ),
                ]),
        };
}

function sites(panel, context) {
        const { t, label, dimension } = context;
        return {
                head: [dimension(panel.of), dimension(panel.lines_of), t("activities"), t("attendances"), t("not_known"), t("visits")],
                rows: panel.rows.map((station) => [
                        label(panel.of, station.site),
                        label(panel.lines_of, station.line),
                        behind(context, station.activities, [[panel.of, station.site]]),
                        station.attendances,
                        station.activities_unknown,
                        station.visits,
                ]),
        };
}

function rates(panel, context) {
        const { t, label, dimension } = context;
        return {
                head: [dimension("wave"), dimension("base"), t("question"), t("share"), t("yes"), t("answers")],
                rows: panel.rows.map((row) => [label("wave", row.wave), label("base", row.base), label("rate_kind", row.rate_kind), `${row.percent}%`, row.k, row.n]),
        };
}

function broadcasts(panel, context) {
        const { t } = context;
        return {
                head: [t("what_head"), t("count")],
                rows: [
                        [t("panel.broadcasts"), panel.records],
                        [t("views"), panel.views],
                        [t("least"), panel.least],
                        [t("peak"), panel.peak],
                        ...panel.rows.map((row) => [`${dashed(row.date)} ${context.label("org", row.partner)} ${row.key}`, row.views]),
                ],
        };
}

/* The dimension that groups checkpoints; undefined: the programme has none. */
export const stagesOf = (programme) => [...programme.dimensions.values()].find((each) => each.groups === "checkpoint");

/* Checkpoints in the programme's order, by stage: [{ stage, codes }]. */
export function checkpointsOf(programme) {
        const stages = stagesOf(programme);
        const parts = [];
        for (const member of programme.dimensions.get("checkpoint")?.members.values() || []) {
                const stage = (stages && member.groups?.[stages.code]) || "";
                if (parts.at(-1)?.stage !== stage) parts.push({ stage, codes: [] });
                parts.at(-1).codes.push(member.code);
        }
        return parts;
}

/* The newest cycle first: where not all have room, what is left out is what is over. */
export const cyclesOf = (panel) => [...panel.rows].sort((a, b) => (a.cycle < b.cycle) - (a.cycle > b.cycle));

function oversight(panel, context) {
        const { t, label, programme } = context;
        const stages = stagesOf(programme);
        return {
                head: [t("cycle"), t("org"), ...(stages ? [t("stage")] : []), t("checkpoints"), t("raised"), t("closed"), t("open"), t("overdue")],
                rows: cyclesOf(panel).map((row) => [row.cycle, label("org", row.org), ...(stages ? [row.stage ? label(stages.code, row.stage) : "—"] : []), { value: `${row.done} / ${panel.checkpoints}`, format: `0" / ${panel.checkpoints}"` }, row.raised, row.closed, row.open, row.overdue.length]),
        };
}

/* How an initiative may stand, as the server decides it; null: this reader does not see enough to say. */
export const PLAN_STATES = ["done", "under_way", "overdue", "not_started", "unassigned"];

function plan(panel, context) {
        const { t, label } = context;
        return {
                head: [t("initiative"), t("state"), t("assigned"), t("done"), t("overdue"), t("due"), t("target"), t("achieved")],
                rows: panel.rows.map((row) => [
                        label("initiative", row.initiative),
                        row.state ? t(`plan_state.${row.state}`) : "",
                        row.assigned,
                        row.done,
                        row.overdue,
                        row.due ? dashed(row.due) : "",
                        row.target_activities,
                        /* Of all channels, as the plan counts them. */
                        { value: row.activities, show: row.activities ? context.records("activity", [["initiative", row.initiative]], context.span) : null },
                ]),
        };
}

export function coverState(row) {
        if (row.differs) return "differs";
        if (row.zero) return "zero";
        if (row.received) return "received";
        return row.expected ? "missing" : "none";
}

function completeness(panel, context) {
        const { t, label } = context;
        return {
                head: [t("org"), t("time"), t("state"), `${t("declared")} ${t("activities")}`, `${t("counted")} ${t("activities")}`, `${t("declared")} ${t("attendances")}`, `${t("counted")} ${t("attendances")}`],
                rows: panel.rows.map((row) => [
                        label("org", row.org),
                        dashed(`${row.month}00`),
                        t(`cover.${coverState(row)}`),
                        row.received ? row.declared_activities : null,
                        row.counted_activities,
                        row.received ? row.declared_attendances : null,
                        row.counted_attendances,
                ]),
        };
}

function headline(panel, context) {
        const { t, name } = context;
        return {
                head: ["", `${context.year}`, lastHead(panel, context), t("growth")],
                rows: panel.rows.map((figure) => [headed(name(figure)), figure.value, figure.last_value, growthOf(figure.growth_last) ? `${figure.growth_last}%` : "—"]),
        };
}

const TABLES = { headline, months, partners, matrix, sites, rates, broadcasts, oversight, plan, completeness };

/* A year of months in which nothing took place is not a chart, and one of which nothing came is none that somebody missed. */
const SOMETHING = {
        months: (row) => row.activities > 0 || row.last_activities > 0,
        completeness: (row) => row.received || row.counted_activities > 0,
};
export function hasData(name, panel) {
        return panel.has_data && (!SOMETHING[name] || panel.rows.some(SOMETHING[name]) || Boolean(panel.undated));
}

/* What is not all there is: rows that this reader may not see, records of which the day is not known, and how many there are
 * of which the first are shown. */
export function lacks(panel) {
        return { restricted: Boolean(panel.restricted), undated_excluded: Boolean(panel.undated_excluded), undated: panel.undated?.activities || 0, of: panel.count > panel.rows.length ? panel.count : 0 };
}

export const hasTable = (name) => name in TABLES;
export function tableOf(name, panel, context) {
        return TABLES[name](panel, context);
}

/* A figure of a declared kind as people write it: what is a number stays one, and "no" is not the same as nothing said. */
export function figureOf(type, value, t) {
        if (type === "date") return dashed(value);
        if (type === "clock") return `${Math.floor(value / 60)}:${String(value % 60).padStart(2, "0")}`;
        if (type === "flag") return t(value ? "flag_yes" : "flag_no");
        return type === "thousandths" ? value / 1000 : value;
}

export const textOf = (cell) => (typeof cell === "number" || cell === null || cell === undefined ? count(cell) : cell);

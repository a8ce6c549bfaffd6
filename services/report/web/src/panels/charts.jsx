/* Months against last year, organisations, and the cross-table. */
import { Chart, colour } from "../Chart.jsx";
import { count, widthOf } from "../format.js";
import { Number, Panel } from "../Panel.jsx";
import { monthSpan } from "../periods.js";
import { crossOf } from "../tables.js";

const FONT = "Barlow, 'Noto Sans CJK SC', 'Source Han Sans SC', 'PingFang SC', 'Microsoft YaHei', sans-serif";

const hadLast = (panel) => panel.rows.some((row) => row.last_activities > 0);

function monthsOption(panel, context, width) {
        const { t } = context;
        const large = width > 460;
        const text = { fontFamily: FONT, fontSize: context.isWall ? 16 : large ? 14 : 12, color: colour("muted") };
        const running = context.span.running ? context.span.month - 1 : -1;
        const bars = (name, values, fill) => ({ name, type: "bar", data: values, barGap: "10%", barCategoryGap: "32%", itemStyle: { color: fill, borderRadius: [3, 3, 0, 0] } });
        const digits = String(Math.max(...panel.rows.map((row) => Math.max(row.activities, row.last_activities)))).length;
        const now = panel.rows.map((row, i) => (i === running ? { value: row.activities, itemStyle: { borderColor: colour("gold"), borderWidth: 2 } } : row.activities));
        return {
                grid: { left: 2, right: 4, top: 30, bottom: 4, containLabel: true },
                tooltip: {
                        trigger: "axis", renderMode: "richText", confine: true, backgroundColor: colour("tip"), borderColor: colour("line"),
                        textStyle: { ...text, color: colour("fg") }, axisPointer: { type: "shadow", shadowStyle: { color: colour("hover") } },
                },
                xAxis: {
                        type: "category", data: panel.rows.map((row) => t("month", row.month % 100)), axisTick: { show: false },
                        axisLine: { lineStyle: { color: colour("line") } }, axisLabel: { ...text, interval: width < 350 ? 1 : 0 },
                },
                yAxis: {
                        type: "value", name: t("months_unit"), nameGap: 14, nameTextStyle: { ...text, align: context.lang === "zh" ? "right" : "left", padding: context.lang === "zh" ? [0, 8, 0, 0] : [0, 0, 0, -8 * digits - 6] },
                        splitNumber: 4, minInterval: 1, splitLine: { lineStyle: { color: colour("grid") } }, axisLabel: text,
                },
                series: [
                        ...(hadLast(panel) ? [bars(String(context.last), panel.rows.map((row) => row.last_activities), colour("last"))] : []),
                        {
                                ...bars(String(context.year), now, colour("accent")),
                                label: { show: width > 300, position: "top", ...text, color: colour("fg"), textBorderColor: colour("solid"), textBorderWidth: 3, formatter: ({ value }) => (value ? String(value) : "") },
                        },
                ],
        };
}

export function Months({ context }) {
        const { t } = context;
        const title = t("panel.months");
        const legend = (panel) => (
                <span class="legend" aria-hidden="true">
                        {hadLast(panel) && <i class="key last" />} {hadLast(panel) && context.last} <i class="key now" /> {context.year}
                </span>
        );
        const pick = (picked) => {
                const year = picked.seriesName === String(context.last) ? context.last : context.year;
                context.show({ where: context.where([]), ...monthSpan(year, picked.dataIndex + 1, context.span.to) });
        };
        return (
                <Panel name="months" title={title} note={legend} shape="bars" context={context}>
                        {(panel) => {
                                const said = (year, figure) => `${t("period", year, 0)}${t("colon")}${panel.rows.map((row) => `${t("month", row.month % 100)} ${row[figure]}`).join(t("and"))}`;
                                return (
                                        <Chart
                                                option={(width) => monthsOption(panel, context, width)}
                                                of={`${panel.version}${context.lang}${context.theme}${context.isWall}${JSON.stringify(panel.rows)}`}
                                                label={[title, said(context.year, "activities"), hadLast(panel) && said(context.last, "last_activities")].filter(Boolean).join(context.lang === "zh" ? "。" : ". ")}
                                                onPick={pick}
                                        />
                                );
                        }}
                </Panel>
        );
}

export function Partners({ context }) {
        const { t, label } = context;
        return (
                <Panel name="partners" title={t("panel.partners", context.dimension("org"))} note={(panel) => t(panel.rows.some((row) => row.last_activities > 0) ? "partners_note" : "activities")} shape="list" context={context}>
                        {(panel) => <Bars context={context} rows={panel.rows.map((row) => ({ code: row.org, name: label("org", row.org), value: row.activities, last: row.last_activities, where: [["org", row.org]] }))} />}
                </Panel>
        );
}

/* Bars of one dimension, each with its number. */
function Bars({ rows, context }) {
        const most = Math.max(1, ...rows.map((row) => Math.max(row.value, row.last || 0)));
        const widest = Math.max(...rows.map((row) => widthOf(row.name)));
        return (
                <ol class="bars" style={{ "--name": `${widest / 2 + 1}em` }}>
                        {rows.map((row, i) => (
                                <li key={row.code} class={i < 3 ? "lead" : ""}>
                                        <span class="name" title={row.name} aria-hidden={context.asks}>
                                                <bdi>{row.name}</bdi>
                                        </span>
                                        <span class="bar" aria-hidden="true">
                                                <i class="fill" style={{ width: `${(row.value * 100) / most}%` }} />
                                                {row.last > 0 && <i class="mark" style={{ left: `${(row.last * 100) / most}%` }} />}
                                        </span>
                                        <Number context={context} value={row.value} show={{ where: context.where(row.where), from: context.span.from, to: context.span.to }} label={row.name} />
                                        {row.last !== undefined && <span class="away">{context.t("last_year_same", count(row.last))}</span>}
                                </li>
                        ))}
                </ol>
        );
}

/* Five steps of the same colour: the number stands in each cell, so the colour only helps the eye. */
const stepOf = (value, most) => (value === 0 ? 0 : Math.max(1, Math.ceil((value * 5) / most)));

const ALL_COLUMNS = 76; /* of the table's width: rows have their names in the rest */

/* What may be added in the cross-table, and what may not. */
function additive(panel, { t, dimension }) {
        const shown = isAlone(panel) ? [panel.rows_of] : [panel.rows_of, panel.columns_of];
        return t("matrix_note", shown.filter((code) => (panel.not_additive || []).includes(code)).map(dimension).join(t("and")), count(panel.all));
}
const mayChoose = (panel, context) => context.view.view === "board" && panel.choices?.length > 2 && (panel.has_data || context.view.cross.length > 0);
/* Where nothing is said of the second dimension, the first alone is shown. */
const isAlone = (panel) => panel.rows.length > 0 && panel.rows.every((row) => row.column === "");

/* Any two dimensions, each the other way round when it is chosen for both; it is another view, and a URL of its own. */
function CrossChoice({ panel, context }) {
        const { t, dimension } = context;
        if (!mayChoose(panel, context)) return null;
        const now = [panel.rows_of, panel.columns_of];
        const choose = (i) => (event) => {
                const wanted = event.currentTarget.value;
                const other = now[1 - i] === wanted ? now[i] : now[1 - i];
                context.go({ cross: i === 0 ? [wanted, other] : [other, wanted] });
        };
        return (
                <p class="crosschoice">
                        {["cross_rows", "cross_columns"].map((name, i) => (
                                <label key={name}>
                                        <span>{t(name)}</span>
                                        <select value={now[i]} onChange={choose(i)}>
                                                {panel.choices.map((code) => (
                                                        <option key={code} value={code}>
                                                                {dimension(code)}
                                                        </option>
                                                ))}
                                        </select>
                                </label>
                        ))}
                        {context.view.cross.length > 0 && (
                                <button type="button" class="button small" onClick={() => context.go({ cross: [] })}>
                                        {t("cross_usual")}
                                </button>
                        )}
                        {panel.has_data && <small>{additive(panel, context)}</small>}
                </p>
        );
}

export function Matrix({ context }) {
        const { t, label, dimension } = context;
        const held = context.panels.matrix?.panel;
        const alone = held && isAlone(held);
        const title = alone ? dimension(held.rows_of) : held?.rows_of ? t("panel.matrix", dimension(held.rows_of), dimension(held.columns_of)) : t("panel.matrix", "");
        return (
                <Panel name="matrix" title={title} note={(panel) => !mayChoose(panel, context) && additive(panel, context)} above={(panel) => <CrossChoice panel={panel} context={context} />} shape="grid" context={context}>
                        {(panel) => {
                                const cross = crossOf(panel, context.programme);
                                if (isAlone(panel))
                                        return <Bars context={context} rows={cross.rows.map((code) => ({ code, name: label(panel.rows_of, code), value: cross.at(code, "").activities, where: [[panel.rows_of, code]] }))} />;
                                return (
                                        <div class="scroll" tabIndex={0} role="group" aria-label={title}>
                                                <table class="cross" data-columns={cross.columns.length > 5 ? "many" : cross.columns.length > 4 ? "some" : "few"} data-rows={cross.rows.length > 8 ? "many" : "few"}>
                                                        <thead>
                                                                <tr>
                                                                        <td />
                                                                        {cross.columns.map((code) => (
                                                                                <th key={code} scope="col" style={{ width: `${ALL_COLUMNS / cross.columns.length}%` }}>
                                                                                        <bdi>{label(panel.columns_of, code)}</bdi>
                                                                                </th>
                                                                        ))}
                                                                </tr>
                                                        </thead>
                                                        <tbody>
                                                                {cross.rows.map((row) => (
                                                                        <tr key={row}>
                                                                                <th scope="row">
                                                                                        <bdi>{label(panel.rows_of, row)}</bdi>
                                                                                </th>
                                                                                {cross.columns.map((column) => {
                                                                                        const value = cross.at(row, column).activities;
                                                                                        const where = context.where([
                                                                                                [panel.rows_of, row],
                                                                                                [panel.columns_of, column],
                                                                                        ]);
                                                                                        return (
                                                                                                <td key={column} class={row === "" || column === "" ? "unstated" : `step${stepOf(value, cross.most)}`}>
                                                                                                        <Number context={context} value={value} show={value ? { where, from: context.span.from, to: context.span.to } : null} label={`${label(panel.rows_of, row)} ${label(panel.columns_of, column)}`} />
                                                                                                </td>
                                                                                        );
                                                                                })}
                                                                        </tr>
                                                                ))}
                                                        </tbody>
                                                </table>
                                        </div>
                                );
                        }}
                </Panel>
        );
}

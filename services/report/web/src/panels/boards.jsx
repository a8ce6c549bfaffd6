/* Oversight, plan, completeness: what is done and what is missing, by shape and word. */
import { count } from "../format.js";
import { Number, Panel } from "../Panel.jsx";
import { PLAN_STATES, checkpointsOf, coverState, cyclesOf, stagesOf } from "../tables.js";
import { dashed, monthSpan } from "../periods.js";

export function Oversight({ context }) {
        const { t, label, programme } = context;
        const parts = checkpointsOf(programme);
        const stages = stagesOf(programme);
        const records = (kind, panel, row) => ({ ...context.records(kind, [["org", row.org]], { to: panel.asof }), cycle: row.cycle });
        return (
                <Panel name="oversight" title={t("panel.oversight")} note={(panel) => t("oversight_note", panel.checkpoints)} shape="grid" context={context}>
                        {(panel) => (
                                <ol class={`oversight ${stages ? "staged" : ""}`}>
                                        {cyclesOf(panel).map((row) => (
                                                <li key={`${row.cycle}/${row.org}`}>
                                                        <div class="of">
                                                                <span class="name" title={`${label("org", row.org)} ${row.cycle}`}>
                                                                        <bdi>{label("org", row.org)}</bdi> <small>{row.cycle}</small>
                                                                </span>
                                                                <span class="findings">
                                                                        <span class="word">{t("findings")} </span>
                                                                        <Number context={context} show={row.raised ? records("finding", panel, row) : null} label={`${t("findings")} ${row.closed}/${row.raised}`}>
                                                                                {row.closed}/{row.raised}
                                                                        </Number>
                                                                        {row.overdue.length > 0 && (
                                                                                <em>
                                                                                        <b class="shape warn" aria-hidden="true" /> {t("overdue")} {row.overdue.length}
                                                                                </em>
                                                                        )}
                                                                </span>
                                                        </div>
                                                        <div class="how">
                                                                <span class="steps" aria-hidden="true">
                                                                        {parts.map((part) => (
                                                                                <span key={part.stage} class={stages && part.stage === row.stage ? "at" : ""}>
                                                                                        {part.codes.map((code) => (
                                                                                                <i key={code} class={row.missing.includes(code) ? "todo" : "done"} title={`${label("checkpoint", code)}: ${t(row.missing.includes(code) ? "not_done" : "done")}`} />
                                                                                        ))}
                                                                                </span>
                                                                        ))}
                                                                </span>
                                                                {stages && (
                                                                        <span class="stage" title={`${t("stage")}: ${row.stage ? label(stages.code, row.stage) : "—"}`}>
                                                                                <span class="away">{t("stage")} </span>
                                                                                <bdi>{row.stage ? label(stages.code, row.stage) : "—"}</bdi>
                                                                        </span>
                                                                )}
                                                                <Number context={context} show={records("checkpoint", panel, row)} label={[`${t("checkpoints")} ${row.done}/${panel.checkpoints}`, row.missing.length > 0 && `${t("not_done")}${t("colon")}${context.list(row.missing.join(), "checkpoint")}`].filter(Boolean).join(" · ")}>
                                                                        {row.done}/{panel.checkpoints}
                                                                </Number>
                                                        </div>
                                                </li>
                                        ))}
                                </ol>
                        )}
                </Panel>
        );
}

/* All that is known of an initiative, in a line. */
function saidOf(row, { t, label }) {
        const name = label("initiative", row.initiative);
        return [
                row.initiative + (name === row.initiative ? "" : ` ${name}`) + (row.state ? `: ${t(`plan_state.${row.state}`)}` : ""),
                row.assigned > 0 && t("plan_said", row.assigned, row.done, row.overdue),
                row.due && `${t("due")} ${dashed(row.due)}`,
                row.target_activities && `${t("achieved")} ${count(row.activities)} / ${count(row.target_activities)}`,
        ]
                .filter(Boolean)
                .join(" · ");
}

/* Who does not see enough to say how one stands is told nothing of how many do. */
const areKnown = (panel) => panel.rows.every((row) => row.state !== null);
const many = (panel, state) => panel.rows.filter((row) => row.state === state).length;

export function Plan({ context }) {
        const { t } = context;
        const note = (panel) => areKnown(panel) && t("plan_note", many(panel, "done"), panel.rows.length);
        return (
                <Panel name="plan" title={t("panel.plan")} note={note} shape="grid" context={context}>
                        {(panel) => (
                                <>
                                        <ol class="plan">
                                                {panel.rows.map((row) => {
                                                        const said = saidOf(row, context);
                                                        return (
                                                                <li key={row.initiative} class={row.state || ""}>
                                                                        <button type="button" title={said} aria-label={said} onClick={() => context.show(context.records("activity", [["initiative", row.initiative]], context.span))}>
                                                                                <i aria-hidden="true" />
                                                                                {row.initiative}
                                                                        </button>
                                                                </li>
                                                        );
                                                })}
                                        </ol>
                                        {areKnown(panel) && (
                                                <p class="legend states">
                                                        {PLAN_STATES.map((state) => (
                                                                <span key={state} class={state} data-many={many(panel, state)}>
                                                                        <i aria-hidden="true" /> {t(`plan_state.${state}`)} {many(panel, state)}
                                                                </span>
                                                        ))}
                                                </p>
                                        )}
                                </>
                        )}
                </Panel>
        );
}

const COVER_SIGNS = { received: "✓", zero: "0", missing: "!", differs: "≠", none: "" };

export function Completeness({ context }) {
        const { t, label } = context;
        return (
                <Panel name="completeness" title={t("panel.completeness")} note={(panel) => t("completeness_note", count(panel.received), count(panel.expected))} shape="grid" context={context}>
                        {(panel) => {
                                const months = [...new Set(panel.rows.map((row) => row.month))].sort();
                                const orgs = [...new Set(panel.rows.map((row) => row.org))];
                                const at = new Map(panel.rows.map((row) => [`${row.org}/${row.month}`, row]));
                                return (
                                        <div class="scroll" tabIndex={0} role="group" aria-label={t("panel.completeness")}>
                                                <table class="covers">
                                                        <thead>
                                                                <tr>
                                                                        <td />
                                                                        {months.map((month) => (
                                                                                <th key={month} scope="col">
                                                                                        <span aria-hidden="true">{month % 100}</span>
                                                                                        <span class="away">{t("month", month % 100)}</span>
                                                                                </th>
                                                                        ))}
                                                                </tr>
                                                        </thead>
                                                        <tbody>
                                                                {orgs.map((org) => (
                                                                        <tr key={org}>
                                                                                <th scope="row" title={label("org", org)}>
                                                                                        <bdi>{label("org", org)}</bdi>
                                                                                </th>
                                                                                {months.map((month) => {
                                                                                        const row = at.get(`${org}/${month}`);
                                                                                        const state = row ? coverState(row) : "none";
                                                                                        return (
                                                                                                <td key={month} class={state} title={`${label("org", org)} ${t("month", month % 100)}: ${t(`cover.${state}`)}`}>
                                                                                                        <Number context={context} show={row?.received ? context.records("period_report", [["org", org]], monthSpan(Math.floor(month / 100), month % 100)) : null} label={`${label("org", org)} ${t("month", month % 100)} ${t(`cover.${state}`)}`}>
                                                                                                                <i data-sign={COVER_SIGNS[state]} aria-hidden="true" />
                                                                                                                <span class="away">{t(`cover.${state}`)}</span>
                                                                                                        </Number>
                                                                                                </td>
                                                                                        );
                                                                                })}
                                                                        </tr>
                                                                ))}
                                                        </tbody>
                                                </table>
                                                <p class="coverlegend" aria-hidden="true">
                                                        {Object.keys(COVER_SIGNS)
                                                                .filter((state) => state !== "none")
                                                                .map((state) => (
                                                                        <span key={state}>
                                                                                <i data-sign={COVER_SIGNS[state]} aria-hidden="true" /> {t(`cover.${state}`)}
                                                                        </span>
                                                                ))}
                                                </p>
                                        </div>
                                );
                        }}
                </Panel>
        );
}

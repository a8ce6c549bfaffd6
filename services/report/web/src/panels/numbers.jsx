/* Headline totals, the three rates, broadcasts. */
import { count, growthOf, headed } from "../format.js";
import { Number, Panel } from "../Panel.jsx";

const SIGNS = { up: "▲", down: "▼", same: "＝" };

function Growth({ told, against, context }) {
        const growth = growthOf(told);
        if (!growth) return null;
        return (
                <span class={`chip ${growth.way}`}>
                        <span aria-hidden="true">{SIGNS[growth.way]}</span>
                        {growth.way === "same" ? (
                                context.t("same")
                        ) : (
                                <>
                                        <span class="away">{context.t(growth.way)}</span> {growth.text}
                                </>
                        )}
                        <small>{against}</small>
                </span>
        );
}

/* The records that a figure of the headline is made of: activities, or the kind that has a measure of that name. */
function recordsOf(code, context) {
        const { span, programme } = context;
        if (code === "activities" || code === "attendances") return { where: context.where([]), from: span.from, to: span.to };
        if (code === "organisations") return { kind: "organisations", where: context.where([]), from: span.from, to: span.to };
        const kind = [...programme.kinds.values()].find((each) => each.usable && each.measures.some((measure) => measure.code === code));
        return kind ? context.records(kind.code, [], span) : null;
}

/* Why there is nothing to compare: what is not known (null) is not what there was none of (0). */
function uncompared(figure, { t, last }) {
        if (figure.value === null) return t(figure.code === "organisations" ? "restricted" : "unknown_now");
        return figure.last_value === null ? t("unknown_last", last) : t("none_last", last);
}

function Tile({ figure, panel, context, first }) {
        const { t, name } = context;
        const unit = context.lang === "zh" ? figure.unit_zh : figure.unit_en;
        const definition = context.lang === "zh" ? figure.definition_zh : figure.definition_en;
        const said = unit && (context.lang === "zh" || !name(figure).toLowerCase().includes(unit.toLowerCase())); /* "Views of broadcasts" are views */
        const behind = recordsOf(figure.code, context);
        const same = panel.same_days_upto > 0;
        return (
                <div class={`tile ${first ? "first" : ""}`} data-figure={figure.code}>
                        <h3>{headed(name(figure))}</h3>
                        <p class="big" data-long={count(figure.value).length > 7}>
                                <Number context={context} value={figure.value} show={behind} label={headed(name(figure))} />
                                {said && <small>{unit}</small>}
                                {figure.unknown > 0 && context.view.view === "wall" && <small class="unstated">{t("unknown", count(figure.unknown))}</small>}
                        </p>
                        <p class="growths">
                                <Growth told={figure.growth_last} against={t("compared", context.last, same)} context={context} />
                                {figure.today_value > 0 && <span class="today">{t("today", count(figure.today_value))}</span>}
                                {context.base && context.base !== context.last ? <Growth told={figure.growth_base} against={t("compared", context.base, same)} context={context} /> : null}
                                {!growthOf(figure.growth_last) && <span class="quiet">{uncompared(figure, context)}</span>}
                        </p>
                        <p class="definition">
                                {definition}
                                {figure.unknown > 0 ? ` ${t("unknown", count(figure.unknown))}` : ""}
                        </p>
                </div>
        );
}

export function Headline({ context }) {
        return (
                <Panel name="headline" title={context.t("panel.headline")} shape="tiles" context={context} plain>
                        {(panel) => (
                                <div class="tiles">
                                        {panel.rows.slice(0, 4).map((figure, i) => (
                                                <Tile key={figure.code} figure={figure} panel={panel} context={context} first={i === 0} />
                                        ))}
                                </div>
                        )}
                </Panel>
        );
}

/* Of the last wave that is told, and of the base that most answered. */
function latest(rows) {
        const wave = rows[rows.length - 1]?.wave;
        const own = rows.filter((row) => row.wave === wave);
        const base = own.reduce((best, row) => (row.n > best.n ? row : best), own[0])?.base;
        return own.filter((row) => row.base === base);
}

function Ring({ row, index, context }) {
        const share = row.n > 0 ? (row.k * 100) / row.n : 0;
        const label = context.label("rate_kind", row.rate_kind);
        return (
                <div class={`ring c${index}`}>
                        <svg viewBox="0 0 100 100" aria-hidden="true">
                                <circle class="track" cx="50" cy="50" r="42" />
                                <circle class="share" cx="50" cy="50" r="42" pathLength="100" stroke-dasharray={`${share} 100`} transform="rotate(-90 50 50)" />
                        </svg>
                        <div class="said">
                                <strong>
                                        <Number context={context} show={context.records("survey_result", [["rate_kind", row.rate_kind], ["wave", row.wave], ["base", row.base]])} label={`${label} ${row.percent}%`}>
                                                {row.percent}%
                                        </Number>
                                </strong>
                                <span aria-hidden={context.asks}>{label}</span>
                                <small>{context.t("of", count(row.k), count(row.n))}</small>
                        </div>
                </div>
        );
}

export function Rates({ context }) {
        const { t } = context;
        const note = (panel) => {
                const own = latest(panel.rows);
                return t("rates_note", context.label("wave", own[0].wave), count(own[0].n));
        };
        return (
                <Panel name="rates" title={t("panel.rates")} note={note} shape="rings" context={context}>
                        {(panel) => (
                                <div class="rings">
                                        {latest(panel.rows)
                                                .slice(0, 4)
                                                .map((row, i) => (
                                                        <Ring key={row.rate_kind} row={row} index={i} context={context} />
                                                ))}
                                </div>
                        )}
                </Panel>
        );
}

export function Broadcasts({ context }) {
        const { t } = context;
        const claim = (panel) => {
                const breaks = panel.rows.filter((row) => row.views !== null).length;
                if (panel.holds) return t("claim_holds", count(panel.above));
                return breaks > 0 ? t("claim_breaks", breaks, count(panel.above)) : t("claim_unknown", panel.rows.length);
        };
        return (
                <Panel name="broadcasts" title={t("panel.broadcasts")} note={(panel) => t("broadcasts_note", count(panel.records))} shape="list" context={context}>
                        {(panel) => (
                                <div class="facts">
                                        <p class={`verdict ${panel.holds ? "good" : "warn"}`}>
                                                <b class={`shape ${panel.holds ? "good" : "warn"}`} aria-hidden="true" />
                                                {claim(panel)}
                                        </p>
                                        <dl>
                                                <div>
                                                        <dt>{t("views")}</dt>
                                                        <dd>
                                                                <Number context={context} value={panel.views} show={context.records("broadcast", [], context.span)} label={t("views")} />
                                                        </dd>
                                                </div>
                                                <div>
                                                        <dt>{t("least")}</dt>
                                                        <dd>{count(panel.least)}</dd>
                                                </div>
                                                <div>
                                                        <dt>{t("peak")}</dt>
                                                        <dd>{count(panel.peak)}</dd>
                                                </div>
                                        </dl>
                                </div>
                        )}
                </Panel>
        );
}

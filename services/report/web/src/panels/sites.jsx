/* The schematic map of places. */
import { useMemo } from "preact/hooks";
import { count, widthOf, wrapped } from "../format.js";
import { DOT, HEIGHT, HUB_DOT, LEADING, WIDTH, layMetro, linesOf } from "../metro.js";
import { Number, Panel } from "../Panel.jsx";

const NAME_MOST = 16;
const WALL_MOST = 12; /* where letters are larger */
const HUB_MOST = 22; /* a longer one, where all lines meet, would cover what it is of: the legend has it */
const HUB_LINE = 12;
const NAME_LINES = 2;

/* Of the letters of names, in the map's own units; a wall draws it at three quarters and more. */
const sizeOf = ({ lang, isWall }) => (isWall ? 21 : lang === "zh" ? 19 : 16);

const valueOf = (row) => (row ? row.activities + (row.visits || 0) : 0);

/* The more happens there, the larger: its area goes by the number. */
function radiusOf(value, most, hub) {
        const [least, largest] = hub ? [13, HUB_DOT] : [7, DOT];
        return value || hub ? least + (largest - least) * Math.sqrt(value / most) : 5;
}

const behindOf = (code, context) => ({ where: context.where([[context.panels.sites.panel.of, code]]), from: context.span.from, to: context.span.to });

function Station({ station, facts, radius, context, full }) {
        const value = valueOf(facts);
        const { t } = context;
        /* A name must have what can be seen in it, for those who speak to their computer. */
        const said = `${station.name.at(-1).endsWith("…") ? `${station.name.join("")} ${full}` : full}: ${t("activities")} ${count(facts?.activities ?? 0)}, ${t("attendances")} ${count(facts ? facts.attendances : 0)}${facts?.attendances !== null && facts?.activities_unknown > 0 ? t("unknown_of", facts.activities_unknown) : ""}${facts?.visits === null || facts?.visits === undefined ? "" : `, ${t("visits")} ${count(facts.visits)}`}`;
        const open = () => context.show(behindOf(station.code, context));
        const key = (event) => {
                if (event.key !== "Enter" && event.key !== " ") return;
                event.preventDefault();
                open();
        };
        return (
                <g class={`station l${station.line} ${station.hub ? "hub" : ""} ${value ? "" : "silent"}`} role="button" tabindex="0" aria-label={said} onClick={open} onKeyDown={key}>
                        <title>{said}</title>
                        <circle class="touch" cx={station.x} cy={station.y} r="26" />
                        <circle class="dot" cx={station.x} cy={station.y} r={Math.round(radius * 10) / 10} />
                        <text text-anchor={station.text.anchor}>
                                {station.name.map((line, i) => (
                                        <tspan key={i} x={station.text.x} y={station.text.y} dy={`${0.36 + (i - (station.name.length - 1) / 2) * LEADING}em`}>
                                                {line}
                                        </tspan>
                                ))}
                        </text>
                </g>
        );
}

/* On a phone names have no room beside the dots, and the dots none for a finger: each line has its places below it. */
function Places({ line, index, facts, context }) {
        const { t, label } = context;
        const { of, lines_of } = context.panels.sites.panel;
        const rows = line.places.map((code) => (
                <li key={code}>
                        <bdi aria-hidden="true">{label(of, code)}</bdi>
                        <Number context={context} value={facts.get(code).activities} show={behindOf(code, context)} label={label(of, code)} />
                </li>
        ));
        if (line.code === "") return <ol class="none">{rows}</ol>;
        return (
                <details class={`l${index}`}>
                        <summary>
                                <i aria-hidden="true">{index + 1}</i>
                                <bdi>{label(lines_of, line.code)}</bdi> <em>{t("sites_count", line.places.length)}</em>
                        </summary>
                        <ol>{rows}</ol>
                </details>
        );
}

function Map({ panel, context }) {
        const { label } = context;
        const lines = linesOf(panel.rows, [...(context.programme.dimensions.get(panel.lines_of)?.members.keys() || [])]);
        const facts = new window.Map(panel.rows.map((row) => [row.site, row]));
        const most = Math.max(1, ...panel.rows.map(valueOf));
        const nameOf = (code) => label(panel.of, code);
        const isAside = (code) => widthOf(nameOf(code)) > HUB_MOST;
        const mainName = (code) => (isAside(code) ? [""] : wrapped(nameOf(code), HUB_LINE, NAME_LINES));
        const placeName = (full) => {
                const narrow = context.isWall ? wrapped(full, WALL_MOST, NAME_LINES) : [];
                return narrow.join("") === full ? narrow : wrapped(full, NAME_MOST, NAME_LINES);
        };
        const name = (code, main) => (main ? mainName(code) : placeName(nameOf(code)));
        /* Numbers come each second, places with another programme. */
        const laid = useMemo(() => layMetro(lines, name, sizeOf(context)), [JSON.stringify(lines.map((line) => [line.code, line.places.map(nameOf)])), sizeOf(context)]);
        const hub = laid.stations.find((station) => station.hub);
        return (
                <div class="map">
                        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} font-size={sizeOf(context)} preserveAspectRatio="xMidYMid meet" role="group" aria-label={context.t("panel.sites", context.dimension(panel.of))}>
                                {laid.lines.map((line) => (
                                        <path key={line.code} class={`line l${line.index}`} d={line.path} />
                                ))}
                                {laid.lines.map(
                                        (line) =>
                                                line.badge && (
                                                        <g key={line.code} class={`badge l${line.index}`} transform={`translate(${line.badge})`} aria-hidden="true">
                                                                <rect x="-15" y="-15" width="30" height="30" rx="8" />
                                                                <text text-anchor="middle" dy="0.36em">
                                                                        {line.index + 1}
                                                                </text>
                                                        </g>
                                                ),
                                )}
                                {laid.stations.map((station) => (
                                        <Station key={station.code} station={station} facts={facts.get(station.code)} radius={radiusOf(valueOf(facts.get(station.code)), most, station.hub)} context={context} full={nameOf(station.code)} />
                                ))}
                        </svg>
                        <ul class="maplegend">
                                {lines
                                        .filter((line) => line.code !== "" && laid.lines.some(({ code }) => code === line.code))
                                        .map((line, i) => (
                                                <li key={line.code} class={`l${i}`}>
                                                        <i>{i + 1}</i>
                                                        <bdi>{label(panel.lines_of, line.code)}</bdi> <em>{context.t("sites_count", line.places.length)}</em>
                                                </li>
                                        ))}
                                {hub && (
                                        <li class={`hub ${isAside(hub.code) ? "aside" : ""}`}>
                                                <i aria-hidden="true" />
                                                <bdi>{nameOf(hub.code)}</bdi>
                                        </li>
                                )}
                                {laid.left.length > 0 && <li class="quiet">{context.t("sites_left", laid.left.length)}</li>}
                        </ul>
                        <div class="mapplaces">
                                {lines.map((line, i) => (
                                        <Places key={line.code} line={line} index={i} facts={facts} context={context} />
                                ))}
                        </div>
                </div>
        );
}

export function Sites({ context }) {
        const { t, dimension } = context;
        const held = context.panels.sites?.panel;
        const of = held?.of || "site";
        const place = context.programme.dimensions.has(of) ? dimension(of) : "";
        const note = (panel) => {
                const lines = new Set(panel.rows.map((row) => row.line).filter(Boolean)).size;
                return lines > 0 ? t("sites_note", lines, panel.count, place) : t("sites_note_plain", panel.count, place);
        };
        return (
                <Panel name="sites" title={t("panel.sites", place)} note={note} shape="map" context={context}>
                        {(panel) => <Map panel={panel} context={context} />}
                </Panel>
        );
}

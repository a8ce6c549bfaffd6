/* The schematic map of places. */
import { count, widthOf, wrapped } from "../format.js";
import { HEIGHT, LEADING, WIDTH, layMetro, linesOf } from "../metro.js";
import { Panel } from "../Panel.jsx";

const NAME_MOST = 16;
const HUB_MOST = 22; /* a longer one, where all lines meet, would cover what it is of: the legend has it */
const NAME_LINES = 2;

const valueOf = (row) => (row ? row.activities + (row.visits || 0) : 0);

/* The more happens there, the larger: its area goes by the number. */
function radiusOf(value, most, hub) {
        if (hub) return 13 + 7 * Math.sqrt(value / most);
        return value ? 7 + 7 * Math.sqrt(value / most) : 5;
}

function Station({ station, facts, context, full }) {
        const value = valueOf(facts);
        const { t } = context;
        /* A name must have what can be seen in it, for those who speak to their computer. */
        const said = `${station.name.at(-1).endsWith("…") ? `${station.name.join("")} ${full}` : full}: ${t("activities")} ${count(facts?.activities ?? 0)}, ${t("attendances")} ${count(facts?.attendances ?? 0)}${facts?.visits === null || facts?.visits === undefined ? "" : `, ${t("visits")} ${count(facts.visits)}`}`;
        const open = () => context.show({ where: context.where([[context.panels.sites.panel.of, station.code]]), from: context.span.from, to: context.span.to });
        const key = (event) => {
                if (event.key !== "Enter" && event.key !== " ") return;
                event.preventDefault();
                open();
        };
        return (
                <g class={`station l${station.line} ${station.hub ? "hub" : ""} ${value ? "" : "silent"}`} role="button" tabindex="0" aria-label={said} onClick={open} onKeyDown={key}>
                        <title>{said}</title>
                        <circle class="touch" cx={station.x} cy={station.y} r="26" />
                        <circle class="dot" cx={station.x} cy={station.y} r={Math.round(station.radius * 10) / 10} />
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

function Map({ panel, context }) {
        const { label } = context;
        const lines = linesOf(panel.rows, [...(context.programme.dimensions.get(panel.lines_of)?.members.keys() || [])]);
        const facts = new window.Map(panel.rows.map((row) => [row.site, row]));
        const most = Math.max(1, ...panel.rows.map(valueOf));
        const nameOf = (code) => label(panel.of, code);
        const isAside = (code) => widthOf(nameOf(code)) > HUB_MOST;
        const name = (code, main) => (main ? [isAside(code) ? "" : nameOf(code)] : wrapped(nameOf(code), NAME_MOST, NAME_LINES));
        const laid = layMetro(lines, name, (code, main) => radiusOf(valueOf(facts.get(code)), most, main), context.lang === "zh" ? 19 : 16);
        const hub = laid.stations.find((station) => station.hub);
        return (
                <div class="map">
                        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="xMidYMid meet" role="group" aria-label={context.t("panel.sites", context.dimension(panel.of))}>
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
                                        <Station key={station.code} station={station} facts={facts.get(station.code)} context={context} full={nameOf(station.code)} />
                                ))}
                        </svg>
                        <ul class="maplegend">
                                {lines
                                        .filter((line) => line.code !== "")
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

/* The map of places as a metro map: lines bend by 45 degrees, places stand evenly on
 * them, names find room beside. It shows what belongs together, not where it lies.
 * Pure: lines of codes and names in, coordinates out; the same ones each time. */
import { widthOf } from "./format.js";

export const WIDTH = 1000;
export const HEIGHT = 620;
const HUB = [500, 310];
const ROOM = 46; /* of a line's badge before its first place */

/* Routes for up to six lines: three through the hub, the others around it, so that names have room where lines meet. */
const ROUTES = [
        [[40, 50], [240, 50], [500, 310], [500, 490], [596, 586], [960, 586]],
        [[960, 50], [760, 50], [500, 310], [330, 480], [40, 480]],
        [[40, 220], [180, 220], [270, 310], [690, 310], [780, 400], [960, 400]],
        [[140, 596], [140, 330], [350, 120], [660, 120], [860, 320], [860, 450]],
        [[200, 574], [296, 574], [420, 450], [640, 450], [710, 520], [960, 520]],
        [[960, 120], [960, 340]],
];
/* Places of no line, when there are many: back and forth. */
const SERPENTINE = [[70, 60], [890, 60], [930, 100], [930, 145], [890, 185], [110, 185], [70, 225], [70, 270], [110, 310], [890, 310], [930, 350],
        [930, 395], [890, 435], [110, 435], [70, 475], [70, 520], [110, 560], [930, 560]];

const distance = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);

export function lengthOf(route) {
        let sum = 0;
        for (let i = 1; i < route.length; i++) sum += distance(route[i - 1], route[i]);
        return sum;
}

/* The point so far along a route, and whether it runs level, upright or aslant there. */
export function pointAt(route, along) {
        let left = along;
        for (let i = 1; i < route.length; i++) {
                const [a, b] = [route[i - 1], route[i]];
                const length = distance(a, b);
                if (left <= length || i === route.length - 1) {
                        const part = Math.min(1, left / length);
                        return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part];
                }
                left -= length;
        }
        return route[0];
}

/* Where two routes cross: a place there would look like a change of lines. */
function crossings(a, b) {
        const found = [];
        for (let i = 1; i < a.length; i++)
                for (let j = 1; j < b.length; j++) {
                        const [p, q, r, s] = [a[i - 1], a[i], b[j - 1], b[j]];
                        const across = (q[0] - p[0]) * (s[1] - r[1]) - (q[1] - p[1]) * (s[0] - r[0]);
                        if (across === 0) continue;
                        const t = ((r[0] - p[0]) * (s[1] - r[1]) - (r[1] - p[1]) * (s[0] - r[0])) / across;
                        const u = ((r[0] - p[0]) * (q[1] - p[1]) - (r[1] - p[1]) * (q[0] - p[0])) / across;
                        if (t >= 0 && t <= 1 && u >= 0 && u <= 1) found.push([p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t]);
                }
        return found;
}

/* The part of a route up to there. */
function cut(route, along) {
        const kept = [route[0]];
        let left = along;
        for (let i = 1; i < route.length && left > 0; i++) {
                const length = distance(route[i - 1], route[i]);
                kept.push(left >= length ? route[i] : pointAt([route[i - 1], route[i]], left));
                left -= length;
        }
        return kept;
}

/* "M… L…", with the corners rounded. */
export function pathOf(route, radius = 28) {
        const toward = (from, to, by) => {
                const part = Math.min(by, distance(from, to) / 2) / distance(from, to);
                return [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part].map((value) => Math.round(value * 10) / 10);
        };
        let path = `M${route[0]}`;
        for (let i = 1; i < route.length - 1; i++)
                path += `L${toward(route[i], route[i - 1], radius)}Q${route[i]} ${toward(route[i], route[i + 1], radius)}`;
        return `${path}L${route[route.length - 1]}`;
}

/* Where so many places stand best on a route: evenly, shifted until they are farthest from what is taken, [point, weight];
 * and how far the line goes. */
function spread(route, many, taken) {
        const whole = lengthOf(route) - (ROOM + 14);
        const step = whole / Math.max(1, many);
        let best = { room: -1, points: [], end: lengthOf(route) };

        for (let shift = 0; shift < 24; shift++) {
                const first = ROOM + (step * shift) / 24;
                const points = [];
                for (let i = 0; i < many; i++) points.push(pointAt(route, first + step * i));
                const room = Math.min(...points.map((point) => Math.min(120, ...taken.map(([other, weight]) => distance(point, other) * weight))));
                if (room > best.room) best = { room, points, end: many === 0 ? lengthOf(route) : first + step * (many - 1) };
        }
        return best;
}

const SIDES = {
        e: [1, 0, "start"],
        w: [-1, 0, "end"],
        s: [0, 1, "middle"],
        n: [0, -1, "middle"],
        se: [0.75, 0.75, "start"],
        ne: [0.75, -0.75, "start"],
        sw: [-0.75, 0.75, "end"],
        nw: [-0.75, -0.75, "end"],
};

function boxOf(point, side, width, height, gap) {
        const [dx, dy, anchor] = SIDES[side];
        const x = point[0] + dx * gap;
        const y = point[1] + dy * (gap + (dy === 0 ? 0 : height * 0.46));
        const left = anchor === "start" ? x : anchor === "end" ? x - width : x - width / 2;
        return { left, right: left + width, top: y - height / 2, bottom: y + height / 2, x, y, anchor };
}

const overlap = (a, b) => Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));

/* Points along all lines, close together: what a name should not lie on. */
function inkOf(routes) {
        const ink = [];
        for (const route of routes) for (let at = 0; at <= lengthOf(route); at += 6) ink.push(pointAt(route, at));
        return ink;
}

const GAPS = [9, 20]; /* from a dot to its name; farther where it is crowded */
export const LEADING = 1.2; /* of the lines of a name, in letters */
const CLEAR = 4; /* from a name to the middle of a line */
const ROUNDS = 6; /* a name that was placed early may find better room when all others are known */

/* Who places names first decides who finds room: some orders to try. */
function ordersOf(stations) {
        const outwards = [...stations].sort((a, b) => distance([a.x, a.y], HUB) - distance([b.x, b.y], HUB));
        const across = [...stations].sort((a, b) => a.x - b.x || a.y - b.y);
        return [stations, outwards, across].flatMap((order) => [order, [...order].reverse()]);
}

/* Gives each place the side where its name covers least. */
function nameSides(stations, routes, size) {
        const ink = inkOf(routes);
        const dots = stations.map((station) => {
                const reach = station.radius + 3; /* its ring is half outside */
                return { left: station.x - reach, right: station.x + reach, top: station.y - reach, bottom: station.y + reach, station };
        });

        /* What a name covers there that is not another name. */
        function offersOf(station) {
                const letters = size * (station.hub ? 1.25 : 1);
                const width = (Math.max(...station.name.map(widthOf)) * letters) / 2 + 4;
                const wishes = GAPS.flatMap((gap) => Object.keys(SIDES).map((side) => ({ gap, side })));
                return wishes.map(({ gap, side }, rank) => {
                        const box = boxOf([station.x, station.y], side, width, station.name.length * letters * LEADING, station.radius + gap);
                        let cost = rank * 2; /* the first that covers nothing */
                        for (const dot of dots) if (dot.station !== station && overlap(box, dot) > 0) cost += 100 + overlap(box, dot) * 8;
                        for (const [x, y] of ink) if (x > box.left - CLEAR && x < box.right + CLEAR && y > box.top - CLEAR && y < box.bottom + CLEAR) cost += 9;
                        if (box.left < 4 || box.right > WIDTH - 4 || box.top < 4 || box.bottom > HEIGHT - 4) cost += 5000;
                        return { cost, box };
                });
        }

        function place(order, offers) {
                const placed = new Map();
                let whole = 0;
                for (let round = 0; round < ROUNDS; round++) {
                        whole = 0;
                        for (const station of order) {
                                let best = null;
                                for (const { cost, box } of offers.get(station)) {
                                        let sum = cost;
                                        for (const [other, its] of placed) if (other !== station) sum += overlap(box, its) * 8;
                                        if (!best || sum < best.sum) best = { sum, box };
                                }
                                placed.set(station, best.box);
                                whole += best.sum;
                        }
                }
                return { placed, whole };
        }

        const offers = new Map(stations.map((station) => [station, offersOf(station)]));
        let best = null;
        for (const order of ordersOf(stations)) {
                const tried = place(order, offers);
                if (!best || tried.whole < best.whole) best = tried;
        }
        for (const station of stations) {
                const box = best.placed.get(station);
                station.text = { x: Math.round(box.x), y: Math.round(box.y), anchor: box.anchor };
                station.box = box;
        }
}

/* Places by their line, in the order that the programme has the lines in; those of none last, under "". */
export function linesOf(rows, order) {
        const lines = [...order, ""].map((code) => ({ code, places: rows.filter((row) => row.line === code).map((row) => row.site) }));
        return lines.filter((line) => line.places.length > 0);
}

/* The line with the most places gets the longest route. */
function routed(known) {
        const routes = ROUTES.slice(0, known.length).sort((a, b) => lengthOf(b) - lengthOf(a));
        const ranked = known.map((line, index) => ({ line, index })).sort((a, b) => b.line.places.length - a.line.places.length || a.index - b.index);
        return ranked.map((each, rank) => ({ ...each, route: routes[rank] }));
}

/* lines: [{code, places: [code]}], those of no line last under ""; name(code, hub) → its lines of text, size their letters' height;
 * radius(code, hub) → of the place's dot. Gives {lines: [{code, index, path, badge}], stations: [{code, line, x, y, radius,
 * text: {x, y, anchor}, hub}], left: codes that found no place}. */
export function layMetro(lines, name, radius, size = 19) {
        const rest = lines.find((line) => line.code === "")?.places || [];
        const known = lines.filter((line) => line.code !== "" && line.places.length > 0).slice(0, ROUTES.length);
        const laid = known.length > 0 ? routed(known) : [{ line: { code: "", places: rest }, index: -1, route: SERPENTINE }];
        const routes = laid.map((each) => each.route);
        const taken = [];
        const stations = [];

        for (let i = 0; i < routes.length; i++)
                for (let j = i + 1; j < routes.length; j++) for (const point of crossings(routes[i], routes[j])) taken.push([point, 2]);
        if (known.length > 1) {
                /* One place of no line is the main one, in the middle; else one of the first line. */
                const hub = rest.length > 0 ? rest[0] : known[0].places[0];
                stations.push({ code: hub, line: rest.length > 0 ? -1 : 0, x: HUB[0], y: HUB[1], radius: radius(hub, true), hub: true, name: name(hub, true) });
                taken.push([HUB, 0.5]);
        }
        for (const each of laid) {
                const own = each.line.places.filter((code) => !stations.some((station) => station.hub && station.code === code));
                const { points, end } = spread(each.route, own.length, taken);
                each.drawn = cut(each.route, end);
                own.forEach((code, i) => {
                        stations.push({ code, line: each.index, x: Math.round(points[i][0]), y: Math.round(points[i][1]), radius: radius(code, false), hub: false, name: name(code, false) });
                        taken.push([points[i], 1]);
                });
        }
        nameSides(stations, routes, size);
        return {
                lines: laid.map(({ line, index, route, drawn }) => ({
                        code: line.code,
                        index,
                        path: pathOf(drawn),
                        badge: index < 0 ? null : route[0],
                })),
                stations,
                left: known.length > 1 ? rest.slice(1) : known.length === 1 ? rest : [],
        };
}

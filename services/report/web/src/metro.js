/* The map of places as a metro map: lines bend by 45 degrees, places stand evenly on
 * them, names find room beside. It shows what belongs together, not where it lies.
 * Pure: lines of codes and names in, coordinates out; the same ones each time. */
import { widthOf } from "./format.js";

export const WIDTH = 1000;
export const HEIGHT = 620;
const HUB = [500, 310];
const ROOM = 46; /* of a line's badge before its first place */
const APART = 30; /* from a place to another, or to where lines cross */

/* Routes for up to six lines: three through the hub, the others around it, so that names have room where lines meet. */
const ROUTES = [
        [[40, 50], [240, 50], [500, 310], [500, 510], [576, 586], [960, 586]],
        [[960, 50], [760, 50], [500, 310], [370, 440], [40, 440]],
        [[40, 220], [180, 220], [270, 310], [660, 310], [750, 400], [960, 400]],
        [[140, 596], [140, 330], [350, 120], [660, 120], [860, 320], [860, 450]],
        [[200, 588], [380, 588], [488, 480], [710, 480], [730, 500], [960, 500]],
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

const SHIFTS = 24;

/* So many places evenly on a route, the first so many of SHIFTS parts of a step along; and how far the line goes. */
function spread(route, many, shift) {
        const step = (lengthOf(route) - (ROOM + 14)) / Math.max(1, many);
        const first = ROOM + (step * shift) / SHIFTS;
        const points = Array.from({ length: many }, (_, i) => pointAt(route, first + step * i));
        return { points, drawn: many === 0 ? route : cut(route, first + step * (many - 1)) };
}

/* How far they are from what is taken, [point, weight]. */
const roomOf = ({ points }, taken) => Math.min(...points.map((point) => Math.min(120, ...taken.map(([other, weight]) => distance(point, other) * weight))));

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

const segmentsOf = (routes) => routes.flatMap((route) => route.slice(1).map((end, i) => [route[i], end]));

/* How much of a line from a to b is in a box that is wider by so much. */
function inside(box, clear, [a, b]) {
        let [from, to] = [0, 1];
        for (const [start, end, low, high] of [[a[0], b[0], box.left - clear, box.right + clear], [a[1], b[1], box.top - clear, box.bottom + clear]]) {
                const way = end - start;
                if (way === 0 && (start < low || start > high)) return 0;
                if (way === 0) continue;
                const [enters, leaves] = way > 0 ? [(low - start) / way, (high - start) / way] : [(high - start) / way, (low - start) / way];
                [from, to] = [Math.max(from, enters), Math.min(to, leaves)];
        }
        return from < to ? (to - from) * distance(a, b) : 0;
}

const GAPS = [7, 13, 22]; /* from a dot to its name; farther where it is crowded */
export const LEADING = 1.2; /* of the lines of a name, in letters */
const CLEAR = 5; /* from a name to the middle of a line */
/* Who places names first decides who finds room: some orders to try. */
function ordersOf(stations) {
        const outwards = [...stations].sort((a, b) => distance([a.x, a.y], HUB) - distance([b.x, b.y], HUB));
        const across = [...stations].sort((a, b) => a.x - b.x || a.y - b.y);
        return [stations, outwards, across].flatMap((order) => [order, [...order].reverse()]);
}
/* A name that was placed early may find better room when all others are known. */
const ROUGHLY = { orders: (stations) => [stations], rounds: 2 };
const WELL = { orders: ordersOf, rounds: 6 };

/* Where the name of each place covers least, in its place: {boxes, cost}. */
function nameBoxes(stations, routes, size, { orders, rounds }) {
        const segments = segmentsOf(routes);
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
                        for (const segment of segments) cost += 8 * inside(box, CLEAR, segment);
                        if (box.left < 4 || box.right > WIDTH - 4 || box.top < 4 || box.bottom > HEIGHT - 4) cost += 5000;
                        return { cost, box };
                });
        }

        /* With offers that already cost more than the best there is nothing to add up. */
        function place(order, offers) {
                const boxes = stations.map(() => null);
                let whole = 0;
                for (let round = 0; round < rounds; round++) {
                        whole = 0;
                        for (const at of order) {
                                let best = { sum: Infinity };
                                for (const { cost, box } of offers[at]) {
                                        let sum = cost;
                                        for (let i = 0; i < boxes.length && sum < best.sum; i++) if (i !== at && boxes[i]) sum += overlap(box, boxes[i]) * 8;
                                        if (sum < best.sum) best = { sum, box };
                                }
                                boxes[at] = best.box;
                                whole += best.sum;
                        }
                }
                return { boxes, cost: whole };
        }

        const offers = stations.map(offersOf);
        return orders(stations)
                .map((order) => place(order.map((station) => stations.indexOf(station)), offers))
                .reduce((best, tried) => (tried.cost < best.cost ? tried : best));
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

export const DOT = 14; /* the largest radius that is drawn: the layout is of the places, and stays when their numbers change */
export const HUB_DOT = 20;
const PASSES = 2; /* of moving the places of each line along it */

/* lines: [{code, places: [code]}], those of no line last under ""; name(code, hub) → its lines of text, size their letters' height.
 * Gives {lines: [{code, index, path, badge}], stations: [{code, line, x, y, radius: the largest, text: {x, y, anchor}, hub}],
 * left: codes that found no place: of lines for which there is no route, and of none}. */
export function layMetro(lines, name, size = 19) {
        const rest = lines.find((line) => line.code === "")?.places || [];
        const filled = lines.filter((line) => line.code !== "" && line.places.length > 0);
        const known = filled.slice(0, ROUTES.length);
        const beyond = filled.slice(ROUTES.length).flatMap((line) => line.places);
        const laid = known.length > 0 ? routed(known) : [{ line: { code: "", places: rest }, index: -1, route: SERPENTINE }];
        const routes = laid.map((each) => each.route);
        const crossed = routes.flatMap((route, i) => routes.slice(i + 1).flatMap((other) => crossings(route, other))).map((point) => [point, 2]);
        /* One place of no line is the main one, in the middle; else one of the first line. */
        const main = known.length > 1 ? (rest.length > 0 ? rest[0] : known[0].places[0]) : null;
        const hub = main === null ? [] : [{ code: main, line: rest.length > 0 ? -1 : 0, x: HUB[0], y: HUB[1], radius: HUB_DOT, hub: true, name: name(main, true) }];
        const takenBy = (others) => [...crossed, ...hub.map(() => [HUB, 0.5]), ...others.flatMap((each) => each.points.map((point) => [point, 1]))];
        const better = (a, b) => (b.worth > a.worth ? b : a);
        const tried = (each, worth) => Array.from({ length: SHIFTS }, (_, shift) => spread(each.route, each.own.length, shift)).map((at) => ({ ...at, worth: worth(at) })).reduce(better);
        const stationsOf = (each) => each.own.map((code, i) => ({ code, line: each.index, x: Math.round(each.points[i][0]), y: Math.round(each.points[i][1]), radius: DOT, hub: false, name: each.names[i] }));
        const named = (all, how) => {
                const stations = [...hub, ...all.flatMap(stationsOf)];
                return { stations, ...nameBoxes(stations, all.map((each) => each.drawn), size, how) };
        };

        for (const each of laid) each.own = each.line.places.filter((code) => code !== main);
        for (const each of laid) each.names = each.own.map((code) => name(code, false));
        /* First far from what is taken; then where the names of all find room. */
        laid.forEach((each, i) => Object.assign(each, tried(each, (at) => roomOf(at, takenBy(laid.slice(0, i))))));
        for (let pass = 0; pass < PASSES && known.length > 1; pass++)
                laid.forEach((each, i) => {
                        const others = laid.filter((_, j) => j !== i);
                        const taken = takenBy(others);
                        Object.assign(each, tried(each, (at) => (roomOf(at, taken) < APART ? -Infinity : -named([...others, { ...each, ...at }], ROUGHLY).cost)));
                });
        const { stations, boxes } = named(laid, WELL);
        stations.forEach((station, i) => {
                station.box = boxes[i];
                station.text = { x: Math.round(boxes[i].x), y: Math.round(boxes[i].y), anchor: boxes[i].anchor };
        });
        return {
                lines: laid.map(({ line, index, route, drawn }) => ({
                        code: line.code,
                        index,
                        path: pathOf(drawn),
                        badge: index < 0 ? null : route[0],
                })),
                stations,
                left: [...beyond, ...(known.length > 1 ? rest.slice(1) : known.length === 1 ? rest : [])],
        };
}

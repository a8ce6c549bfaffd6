/* The parts of the board that need no browser: URLs, the state of the line, the
 * stream's events, the map, words. And what its sources must not hold. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";

const web = join(process.env.QF_SOURCE, "services/report/web");
const from = (name) => import(join(web, "src", name));
const { fitWall, readView, writeView, themeOf, readShow, writeShow } = await from("view.js");
const { begin, heard, isSilent, lost, passed, signed, waits, STALE_MS } = await from("link.js");
const { makeReader } = await from("sse.js");
const { layMetro, linesOf, WIDTH, HEIGHT } = await from("metro.js");
const { WORDS, speaker } = await from("i18n.js");
const { growthOf, shortened, wrapped, widthOf, age, count, clock } = await from("format.js");
const { yearSpan, monthSpan, dashed } = await from("periods.js");
const { lacks, checkpointsOf, coverState, crossOf, cyclesOf, figureOf, hasData, tableOf } = await from("tables.js");
const { indexProgramme, memberLabel, inOrder } = await from("programme.js");
const { makeContext, standing } = await from("context.js");

const contextOf = (lang, more) => ({ t: speaker(lang), name: (thing) => thing.en, label: (_, code) => code, where: (pairs) => pairs, year: 2026, last: 2025, span: { from: 20260101, to: 20261130 }, ...more });

test("a table says up to which day the year before is counted", () => {
        const headline = { rows: [{ en: "activities", value: 2, last_value: 1, growth_last: "+100.0" }] };
        const partners = { rows: [{ org: "A", activities: 2, attendances: 5, activities_unknown: 0, last_activities: 1, last_attendances: 3 }] };
        for (const [lang, said] of [["zh", "2025（截至 11 月 30 日）"], ["en", "2025 (to 30 Nov)"]]) {
                for (const [name, panel] of Object.entries({ headline, partners })) {
                        const heads = (upto) => tableOf(name, { ...panel, same_days_upto: upto }, contextOf(lang)).head.join("|");
                        assert.ok(heads(20261130).includes(said), name);
                        assert.ok(!heads(0).includes("30") && heads(0).includes("2025"), name);
                }
        }
});

test("records of a month are those of the days that are counted", () => {
        const last = contextOf("en").span.to;
        assert.deepEqual([monthSpan(2026, 11, last - 13), monthSpan(2026, 11, last), monthSpan(2026, 10, last - 13), monthSpan(2025, 11, last - 13)].map(({ from, to }) => [from, to]), [[20261101, 20261117], [20261101, 20261130], [20261001, 20261031], [20251101, 20251130]]);
});

test("what is known to the year only is in the months' table, and a year of nothing else is not an empty one", () => {
        const nothing = { activities: 0, attendances: 0, activities_unknown: 0, last_activities: 0, last_attendances: 0, last_activities_unknown: 0 };
        const none = { has_data: true, rows: [{ month: 202601, ...nothing }] };
        const some = { ...none, undated: { ...nothing, month: null, activities: 3, attendances: null, activities_unknown: 3, last_activities: 1, last_attendances: 5 } };
        assert.deepEqual([none, some].map((panel) => hasData("months", panel)), [false, true]);
        assert.deepEqual([none, some].map((panel) => tableOf("months", panel, contextOf("zh")).rows.slice(1)), [[], [["只知年份", 3, null, 3, 1, 5, 0]]]);
});

test("beside a sum of attendances stands of how many activities they are not known", () => {
        const sums = { activities: 4, attendances: 5, activities_unknown: 3, last_activities: 2, last_attendances: 1, last_activities_unknown: 1 };
        const panels = { partners: { org: "A" }, months: { month: 202601 }, sites: { site: "S", line: "L", visits: null } };
        for (const [name, row] of Object.entries(panels)) {
                const { head, rows } = tableOf(name, { of: "site", lines_of: "line", rows: [{ ...row, ...sums }] }, contextOf("en", { dimension: (code) => code }));
                const unknown = head.map((each, i) => each.endsWith("Attendance not known") && rows[0][i]).filter((each) => each !== false);
                assert.deepEqual(unknown, name === "sites" ? [3] : [3, 1], name);
        }
});

test("a view is a URL and back", () => {
        for (const said of ["", "?lang=en", "?theme=dark&view=wall", "?year=2023&base=2021&partner=HX", "?show=org%3DHX%3Bfrom%3D20230101&tables=months%2Cpartners"])
                assert.equal(writeView(readView(said)), said);
});

test("what a URL says wrongly is as if it were not there", () => {
        assert.deepEqual(readView("?lang=fr&theme=pink&view=cube&year=1&partner=a%2Cb&tables=..%2F..,months"), readView("?tables=months"));
        assert.deepEqual(readShow("kind=visit;org=HX;from=x;to=20231231;;=;nothing"), { kind: "visit", cycle: "", where: [["org", "HX"]], from: 0, to: 20231231 });
        assert.equal(writeShow(readShow("kind=finding;cycle=2023;org=HX")), "kind=finding;cycle=2023;org=HX");
        assert.deepEqual(readView("?cross=content,channel").cross, ["content", "channel"]);
        for (const wrong of ["content", "a,b,c", "a,a", ",b"]) assert.deepEqual(readView(`?cross=${wrong}`).cross, [], wrong);
        assert.equal(writeShow(readShow("kind=visit;org=HX;to=20231231")), "kind=visit;org=HX;to=20231231");
});

test("walls are dark and paper is light, unless the URL says otherwise", () => {
        assert.equal(themeOf(readView("?view=wall"), true), "dark");
        assert.equal(themeOf(readView("?view=wall&theme=light"), false), "light");
        assert.equal(themeOf(readView("?view=print&theme=dark"), false), "light");
        assert.equal(themeOf(readView(""), true), "light");
});

test("a wall is as large as its screen, and none where that is a phone's", () => {
        const wall = readView("?view=wall");
        assert.deepEqual(fitWall(wall, 1920, 1080), { scale: 1, width: 1920, height: 1080 });
        assert.deepEqual(fitWall(wall, 3840, 2160), { scale: 2, width: 1920, height: 1080 });
        assert.deepEqual(fitWall(wall, 1280, 1024), { scale: 1280 / 1920, width: 1920, height: 1536 });
        assert.equal(fitWall(wall, 390, 844), null);
        assert.equal(fitWall(readView(""), 1920, 1080), null);
});

test("the line: live, stale after 15 s, offline, back again; tries ever more seldom", () => {
        let link = begin(0);
        assert.equal(link.state, "connecting");
        link = heard(link, 100, { bundle: "a" });
        assert.equal(link.state, "live");
        assert.equal(passed(link, 100 + STALE_MS - 1).state, "live");
        assert.equal(passed(link, 100 + STALE_MS).state, "stale");
        assert.deepEqual([isSilent(begin(5), STALE_MS), isSilent(begin(5), 5 + STALE_MS)], [false, true], "an answer that never comes");
        assert.deepEqual([99, 100].map((ms) => isSilent(link, ms + STALE_MS)), [false, true]);
        assert.equal(isSilent(signed(link, 200), 199 + STALE_MS), false, "whatever it said");
        const waited = [];
        for (let i = 0; i < 9; i++) {
                link = lost(link, 20000 + i);
                waited.push(waits(link, 0.5));
        }
        assert.equal(link.state, "offline");
        assert.deepEqual(waited, [250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
        link = heard(link, 30000, { bundle: "a" });
        assert.deepEqual([link.state, link.tries, link.reload], ["live", 0, false]);
        assert.equal(heard(link, 31000, { bundle: "b" }).reload, true);
        assert.equal(heard({ ...begin(0), bundle: "mine" }, 1, { bundle: "other" }).reload, true, "the first frame tells, too");
});

test("a server that does not count is told, however live the line", () => {
        const live = heard(begin(0), 1, {});
        assert.equal(standing(live, { state: "ok" }), "live");
        assert.equal(standing(live, { state: "ok", why: { code: "ingest_away" } }), "waits");
        assert.equal(standing(live, { state: "stopped", why: { code: "damaged" } }), "stopped");
        assert.equal(standing(lost(live, 2), { state: "ok" }), "offline");
        for (const state of ["late", "checking", "stopped", "away"]) for (const lang of ["zh", "en"]) assert.ok(WORDS[lang].link[state], state);
});

test("numbers are of when all was counted, not of the clock, once counting stands", () => {
        const at = (day, time) => Date.parse(`2026-11-${day}T${time}Z`);
        const now = at(30, "09:00:00");
        const told = (status, lang = "zh") => {
                const context = makeContext({ view: readView(`?lang=${lang}`), programme: { zone_minutes: 480 }, clockAhead: now - Date.now(), link: begin(0), status: { now_ms: now, complete_at_ms: at(27, "06:00:00"), ...status } }, {});
                return [context.asOf, context.counted.replace(/ (17:00):0[01]/, "$1")];
        };
        const why = { code: "ingest_away" };
        for (const state of ["ok", "late"]) assert.equal(told({ state })[0], "数字截至 2026-11-30 17:00:00", state);
        for (const status of [{ state: "stopped" }, { state: "away" }, { state: "checking" }, { state: "ok", why }, { state: "late", why }])
                assert.deepEqual(told(status), ["数字截至 2026-11-27 14:00:00", "2026-11-27 14:00:00"], JSON.stringify(status));
        assert.equal(told({ state: "away", complete_at_ms: at(29, "16:00:00") })[1], "00:00:00", "today, in the programme's zone");
        assert.equal(told({ state: "away", complete_at_ms: at(29, "15:59:59") })[1], "2026-11-29 23:59:59");
        assert.deepEqual(told({ state: "stopped", complete_at_ms: 0 }), ["", ""], "nobody knows");
        for (const lang of ["zh", "en"]) for (const word of ["offline", "stale"]) assert.doesNotMatch(WORDS[lang][word](""), /截至|as of/, word);
});

test("events come whole out of a stream that is cut anywhere", () => {
        const text = ': ping\n\nid: 7\nevent: months\ndata: {"a":\ndata: 1}\n\nevent: status\r\ndata: 清风\r\n\r\ndata: x\n\n';
        const whole = [{ event: "months", data: '{"a":\n1}' }, { event: "status", data: "清风" }, { event: "message", data: "x" }];
        for (let at = 0; at <= text.length; at++) {
                const reader = makeReader();
                assert.deepEqual([...reader.take(text.slice(0, at)), ...reader.take(text.slice(at))], whole, `cut at ${at}`);
                assert.equal(reader.id, "7");
        }
});

/* 34 places on five lines and the main one, as a district may have them. */
function district() {
        const sizes = { N: 6, R: 7, L: 6, F: 8, G: 7 };
        const rows = [{ site: "CJL", line: "" }];
        for (const [line, many] of Object.entries(sizes)) for (let i = 0; i < many; i++) rows.push({ site: `${line}${i}`, line });
        return rows;
}

/* Names on a dot, their own or another's. */
function covered(stations) {
        const found = [];
        for (const a of stations)
                for (const b of stations) {
                        const dx = Math.max(a.box.left - b.x, 0, b.x - a.box.right);
                        const dy = Math.max(a.box.top - b.y, 0, b.y - a.box.bottom);
                        if (Math.hypot(dx, dy) < b.radius - 2) found.push(`${a.code}/${b.code}`);
                }
        return found;
}

function overlaps(stations) {
        const found = [];
        for (const a of stations)
                for (const b of stations)
                        if (a.code < b.code && a.box.left < b.box.right - 2 && b.box.left < a.box.right - 2 && a.box.top < b.box.bottom - 2 && b.box.top < a.box.bottom - 2) found.push(`${a.code}/${b.code}`);
        return found;
}

/* Names that a line runs through, by the letters' own height. */
function struck(laid) {
        const along = laid.lines.flatMap((line) => {
                const points = [...line.path.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map((point) => point.slice(1).map(Number));
                return points.slice(1).flatMap((end, i) => Array.from({ length: 41 }, (_, k) => [0, 1].map((axis) => points[i][axis] + ((end[axis] - points[i][axis]) * k) / 40)));
        });
        const through = ({ left, right, top, bottom }) => along.some(([x, y]) => x > left + 2 && x < right - 4 && y > top + 3 && y < bottom - 3);
        return laid.stations.filter((station) => through(station.box)).map((station) => station.code);
}

test("no line runs through a name of usual length", () => {
        const lines = linesOf(district(), ["N", "R", "L", "F", "G"]);
        const order = "RLFGN";
        const sample = linesOf([{ site: 0, line: "" }, ...Array.from({ length: 34 }, (_, i) => ({ site: i + 1, line: order[i % 5] }))], ["N", "R", "L", "F", "G"]);
        for (const size of [19, 21]) assert.deepEqual(struck(layMetro(sample, (i, hub) => (hub ? ["潮江楼廉政", "教育基地"] : i === 3 ? ["示例3", "（更名后）"] : [`示例${i}`]), size)), [], `of the sample, in ${size}`);
        for (const [place, main] of [["清风小院", "潮江楼"], ["廉洁文化园", "廉政教育基地"], ["党校实训基地", "廉政教育基地"]]) assert.deepEqual(struck(layMetro(lines, (_, hub) => [hub ? main : place])), [], place);
});

test("the map has every place once, inside, apart, with names that do not cover each other", () => {
        const lines = linesOf(district(), ["N", "R", "L", "F", "G"]);
        assert.deepEqual(lines.map((line) => line.code), ["N", "R", "L", "F", "G", ""]);
        const laid = layMetro(lines, () => ["廉洁文化园"]);
        assert.equal(new Set(laid.stations.map((station) => station.code)).size, 35);
        assert.equal(laid.stations.filter((station) => station.hub).map((station) => station.code).join(), "CJL");
        assert.deepEqual(laid.left, []);
        for (const a of laid.stations) {
                assert.ok(a.x > 0 && a.x < WIDTH && a.y > 0 && a.y < HEIGHT, a.code);
                for (const b of laid.stations) if (a !== b) assert.ok(Math.hypot(a.x - b.x, a.y - b.y) > 24, `${a.code} ${b.code}`);
        }
        assert.deepEqual(overlaps(laid.stations), []);
        assert.deepEqual(covered(laid.stations), []);
        assert.deepEqual(layMetro(lines, () => ["廉洁文化园"]), laid, "the same each time");
});

test("a map of places without lines, with one line, with seven, with none", () => {
        const plain = layMetro(linesOf(district().map((row) => ({ ...row, line: "" })), ["N"]), (code) => [code]);
        assert.equal(plain.stations.length, 35);
        assert.deepEqual(overlaps(plain.stations), []);
        assert.equal(layMetro(linesOf([{ site: "a", line: "N" }], ["N"]), (code) => [code]).stations.length, 1);
        const seven = Array.from({ length: 7 }, (_, i) => ({ site: `s${i}`, line: `l${i}` }));
        const six = layMetro(linesOf(seven, seven.map((row) => row.line)), (code) => [code]);
        assert.deepEqual([six.stations.length, six.lines.length, six.left], [6, 6, ["s6"]], "six lines are drawn, and what is left is counted");
        const more = layMetro(linesOf([...seven, { site: "main", line: "" }, { site: "none", line: "" }], seven.map((row) => row.line)), (code) => [code]);
        assert.deepEqual([more.stations.length, more.left], [7, ["s6", "none"]]);
        assert.deepEqual(layMetro([], (code) => [code]).stations, []);
});

test("growth, ages and lengths as they are printed", () => {
        assert.deepEqual(growthOf("+50.92"), { way: "up", text: "50.92%" });
        assert.deepEqual(growthOf("-3.10"), { way: "down", text: "3.10%" });
        assert.deepEqual(growthOf("0.00"), { way: "same", text: "0.00%" });
        for (const nothing of ["—", null, "", "x"]) assert.equal(growthOf(nothing), null);
        assert.equal(count(1234567), "1,234,567");
        assert.equal(count(null), "—");
        assert.equal(clock(1700000000000, 480), "06:13:20");
        assert.equal(age(59999, (word, n) => `${word} ${n}`), "ago_s 59");
        assert.equal(age(7200000, (word, n) => `${word} ${n}`), "ago_h 2");
        assert.equal(widthOf("清风ab"), 6);
        assert.equal(shortened("潮江楼廉政教育基地", 9), "潮江楼廉…");
        assert.equal(shortened("abc", 3), "abc");
});

test("a long name stands in even lines, broken between words; what does not fit is shortened", () => {
        assert.deepEqual(wrapped("Town hall", 16, 2), ["Town hall"]);
        assert.deepEqual(wrapped("Chaojianglou integrity-education base", 24, 2), ["Chaojianglou integrity-", "education base"]);
        assert.deepEqual(wrapped("Fuzhou No. 3 Middle School", 16, 2), ["Fuzhou No. 3 ", "Middle School"]);
        assert.deepEqual(wrapped("潮江楼廉政教育基地展厅", 16, 2), ["潮江楼廉政教", "育基地展厅"]);
        assert.deepEqual(wrapped("示例点3（更名后）", 12, 2), ["示例点3", "（更名后）"]);
        assert.deepEqual(wrapped("Donaudampfschifffahrt", 8, 2), ["Donaudam", "pfschif…"]);
});

test("a running year is as long as it has come; a month has its own days", () => {
        assert.deepEqual(yearSpan(2026, 20261128), { from: 20260101, to: 20261128, running: true, month: 11 });
        assert.deepEqual(yearSpan(2023, 20261128), { from: 20230101, to: 20231231, running: false, month: 12 });
        assert.deepEqual(monthSpan(2024, 2), { from: 20240201, to: 20240229 });
        assert.deepEqual([dashed(20230506), dashed(20230500), dashed(20230000)], ["2023-05-06", "2023-05", "2023"]);
});

test("checkpoints by stage", () => {
        const told = (groups) => indexProgramme({ dimensions: [...groups, { code: "checkpoint", members: [{ code: "D1", groups: { stage: "D" } }, { code: "X1", groups: { stage: "X" } }, { code: "X2", groups: { stage: "X" } }] }], kinds: [] });
        assert.deepEqual(checkpointsOf(told([{ code: "stage", groups: "checkpoint", members: [] }])), [{ stage: "D", codes: ["D1"] }, { stage: "X", codes: ["X1", "X2"] }]);
        assert.deepEqual(checkpointsOf(told([])), [{ stage: "", codes: ["D1", "X1", "X2"] }]);
});

test("states of cover sheets", () => {
        assert.equal(coverState({ expected: true, received: false }), "missing");
        assert.equal(coverState({ expected: true, received: true, zero: true }), "zero");
        assert.equal(coverState({ expected: true, received: true, differs: true }), "differs");
        assert.equal(coverState({ expected: false, received: false }), "none");
});

test("names: the language, else the other, else the code; order is the programme's, not stated last", () => {
        const programme = indexProgramme({
                dimensions: [
                        { code: "org", members: [{ code: "b", zh: "乙", en: "" }, { code: "a", zh: "", en: "A" }] },
                        { code: "co_org", members_of: "org", members: [] },
                ],
                kinds: [],
        });
        assert.deepEqual(["a", "b", "c"].map((code) => memberLabel(programme, "co_org", code, "zh")), ["A", "乙", "c"]);
        assert.deepEqual(inOrder(programme, "org", ["", "a", "b"]), ["b", "a", ""]);
        const cross = crossOf({ rows_of: "org", columns_of: "org", rows: [{ row: "a", column: "b", activities: 4 }, { row: "b", column: "", activities: 9 }] }, programme);
        assert.deepEqual([cross.rows, cross.columns, cross.most, cross.at("a", "").activities], [["b", "a"], ["b", ""], 4, 0], "what is not stated is no measure of the others");
});

test("what a panel does not show is told", () => {
        assert.deepEqual(lacks({ rows: [1, 2], count: 2, restricted: false }), { restricted: false, undated_excluded: false, undated: 0, of: 0 });
        assert.deepEqual(lacks({ rows: [1, 2], count: 70, restricted: true }), { restricted: true, undated_excluded: false, undated: 0, of: 70 });
        assert.deepEqual(lacks({ rows: [1], undated_excluded: true, undated: { activities: 3 } }), { restricted: false, undated_excluded: true, undated: 3, of: 0 });
});

test("figures of declared kinds are written as people write them", () => {
        assert.deepEqual([["date", 20230531], ["clock", 1170], ["clock", 545], ["flag", 1], ["flag", 0], ["thousandths", 33250], ["count", 1170]].map(([type, value]) => figureOf(type, value, (word) => WORDS.zh[word])), ["2023-05-31", "19:30", "9:05", "是", "否", 33.25, 1170]);
});

test("a year of which nothing came has no cover sheet that is missing, and the newest cycle stands first", () => {
        const months = [1, 2].map((month) => ({ month, expected: true, received: false, counted_activities: 0 }));
        assert.equal(hasData("completeness", { has_data: true, rows: months }), false);
        assert.equal(hasData("completeness", { has_data: true, rows: [...months, { received: true }] }), true);
        assert.equal(hasData("completeness", { has_data: true, rows: [...months, { counted_activities: 1 }] }), true);
        assert.deepEqual(cyclesOf({ rows: [["2022", "a"], ["2022", "b"], ["2023", "a"]].map(([cycle, org]) => ({ cycle, org })) }).map((row) => row.cycle + row.org), ["2023a", "2022a", "2022b"]);
});

test("both languages have the same words", () => {
        const names = (words, at = "") => Object.entries(words).flatMap(([name, value]) => (typeof value === "object" ? names(value, `${at}${name}.`) : [`${at}${name}:${typeof value}`]));
        assert.deepEqual(names(WORDS.zh), names(WORDS.en));
});

function sources(folder) {
        return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? sources(join(folder, entry.name)) : [join(folder, entry.name)]));
}

test("the sources put text into the page as text, and name no other host", () => {
        const files = [...sources(join(web, "src")), join(web, "build.mjs")];
        assert.ok(files.length > 15);
        for (const file of files) {
                const text = readFileSync(file, "utf8").replaceAll("http://www.w3.org/", "");
                assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|\beval\(|new Function/i, file);
                assert.doesNotMatch(text, /https?:\/\//, file);
        }
        const lock = JSON.parse(readFileSync(join(web, "package-lock.json"), "utf8"));
        for (const [name, entry] of Object.entries(lock.packages)) assert.equal(entry.resolved, undefined, name);
});

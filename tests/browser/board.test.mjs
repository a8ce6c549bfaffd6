/* The board of the sample programme in a browser: numbers move when a partner feeds,
 * every view is a URL, numbers lead to their records, what is downloaded opens, and
 * nothing serious stands in anybody's way. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { PATIENCE, SIZES, number, opened, until, unzipped } from "./site.mjs";

const { site, eyes } = await opened();

const state = (page) => page.locator(".linkchip").first().getAttribute("data-state");
const year = ["--where", "channel=offline", "--from", "2023-01-01", "--to", "2023-12-31"];

test("numbers are those of qf totals, and move when a partner feeds", async () => {
        const page = await eyes.page(`${site.url}?year=2023&base=2021`);
        const before = await site.totals(...year);
        assert.equal(await number(page, "activities"), before.activities);
        assert.equal(await number(page, "attendances"), before.attendances);
        const own = page.locator('.bars li:has-text("福州海关") .n');
        const customs = Number(await own.textContent());

        await site.feedRows("HG", [["新增", "测试-HG-1", "福州海关", "2023-06-18", "测试一场", "线下", "研学", "", 41, "政治素养"]]);
        await page.waitForFunction((wanted) => document.querySelector('.tile[data-figure="activities"] .big .n').textContent === String(wanted), before.activities + 1, { timeout: PATIENCE });
        await until(async () => (await number(page, "attendances")) === before.attendances + 41, "attendances moved");
        await until(async () => Number(await own.textContent()) === customs + 1, "the partner's bar moved");
        await until(async () => /福州海关.*41 人次/.test(await page.locator(".recent li").first().textContent()), "it is told what came in, the number before its unit");
        assert.equal(await state(page), "live");
        await site.feedLines(site.path("broadcast.jsonl", `${JSON.stringify({ kind: "broadcast", key: "测试-直播-1", date: "2023-06-19", org: "HG", minutes: 60, views: 12345 })}\n`), "HG");
        await until(async () => (await page.locator(".recent li").first().textContent()).includes("观看人次 12,345"), "of a broadcast its views are told, not its minutes");
        await eyes.close(page);
});

/* In the page: what stands out of its panel, or lies under its edge where nobody can scroll. */
function outside() {
        const still = document.documentElement.dataset.view !== "board";
        return [...document.querySelectorAll(".panel :is(h2, .note, .bars > li, .oversight > li, .ages > li, .facts dd, .verdict, .states, .maplegend, .coverlegend)")]
                .filter((each) => {
                        if (!each.checkVisibility()) return false;
                        const [box, panel] = [each, each.closest(".panel")].map((one) => one.getBoundingClientRect());
                        return box.right > panel.right + 1 || box.left < panel.left - 1 || (still && box.bottom > panel.bottom + 1);
                })
                .map((each) => `${each.closest(".panel").className}: ${each.textContent.trim().slice(0, 40)}`);
}

test("the sample has something in every panel, in every size, language and theme", async () => {
        const page = await eyes.page(`${site.url}?year=2023&base=2021&theme=light`);
        for (const panel of await page.locator(".panel").all()) assert.notEqual(await panel.getAttribute("data-state"), "error", await panel.textContent());
        assert.equal(await page.locator("mark").textContent(), "样例数据");
        const unstated = page.locator(".p-matrix tbody td:last-child");
        assert.deepEqual(await unstated.evaluateAll((each) => each.map((one) => one.className)), Array(3).fill("unstated"), "what is not stated is not painted as the most");
        assert.ok(await page.locator(".p-matrix td.step5").count(), "but something is");
        await eyes.picture(page, "board-zh-light");
        assert.deepEqual(await eyes.faults(page), []);
        for (const [name, words, size] of [
                ["board-zh-dark", "theme=dark", SIZES.desk],
                ["board-en", "lang=en&theme=light", SIZES.desk],
                ["laptop-zh", "theme=light", { width: 1366, height: 768 }],
                ["laptop-en", "lang=en&theme=dark", { width: 1366, height: 768 }],
                ["phone-zh", "theme=dark", SIZES.phone],
                ["phone-en", "lang=en&theme=light", SIZES.phone],
                ["wall-zh-dark", "view=wall", SIZES.wall],
                ["wall-en-light", "view=wall&theme=light&lang=en", SIZES.wall],
                ["print-zh", "view=print", { width: 1587, height: 1122 }],
                ["print-en", "view=print&lang=en", { width: 1587, height: 1122 }],
        ]) {
                await page.setViewportSize(size);
                await page.goto(`${site.url}?year=2023&base=2021&${words}`);
                await eyes.ready(page);
                await eyes.picture(page, name);
                const low = (found) => found.evaluateAll((each) => each.filter((one) => one.scrollHeight > one.clientHeight + 1).map((one) => one.textContent));
                assert.deepEqual(await low(page.locator(".note")), [], `${name}: no note is cut`);
                if (/^(board|laptop)/.test(name)) assert.deepEqual(await low(page.locator(".covers tbody th bdi, .ages .name, .panel h2:not(.away)")), [], `${name}: nor a name`);
                assert.deepEqual(await page.locator(".panel h2").evaluateAll((each) => each.filter((title) => title.className !== "away" && title.scrollWidth > title.clientWidth + 1).map((title) => title.textContent)), [], `${name}: no title is cut`);
                assert.deepEqual(await page.evaluate(outside), [], `${name}: nothing leaves its panel`);
                if (/^(print|wall)/.test(name)) assert.equal(await page.locator(".p-oversight li:visible").count(), 6, `${name}: all that are overseen`);
                if (/^(print|wall)/.test(name)) {
                        const names = page.locator(".covers tbody th, .oversight .name bdi, .oversight .stage");
                        assert.deepEqual(await names.evaluateAll((each) => each.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)), [], `${name}: no name is cut`);
                        assert.equal(await page.locator(":is(.p-completeness, .p-matrix) .hidden-rows").locator("visible=true").count(), 0, `${name}: all who report, and the whole crossing`);
                }
                if (!name.startsWith("print")) assert.deepEqual(await eyes.faults(page), [], name);
        }
        await eyes.close(page);
});

test("a banner on a wall takes no row of the cross-table", async () => {
        const { panels } = await (await fetch(`${site.url}api/v1/board?year=2023`)).json();
        const stopped = { ...panels, status: { ...panels.status, state: "stopped" } };
        const body = Object.entries(stopped).map(([name, value]) => `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`).join("");
        for (const lang of ["zh", "en"]) {
                const page = await eyes.page(`${site.url}?view=wall&year=2023&lang=${lang}`, { size: SIZES.wall, ready: false });
                await page.route("**/api/v1/live*", (route) => route.fulfill({ status: 200, contentType: "text/event-stream", body }));
                await page.goto(`${site.url}?view=wall&year=2023&lang=${lang}`);
                await page.locator(".banner").waitFor({ timeout: PATIENCE });
                await eyes.ready(page);
                assert.equal(await page.locator(".p-matrix tbody tr:visible").count(), 3, lang);
                await eyes.close(page);
        }
});

/* In the page: text that is drawn smaller than so many pixels, whatever the scale of what it is in, and names that are cut. */
function illegible([least, leastOfMap]) {
        const found = [];
        const walker = document.createTreeWalker(document.querySelector(".page"), NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                const each = node.parentElement;
                if (!node.data.trim() || !each.checkVisibility() || each.closest(".away, .skip, title, [hidden]")) continue;
                const size = parseFloat(getComputedStyle(each).fontSize) * (each.closest("svg")?.getScreenCTM().a ?? 1);
                if (size < (each.closest("svg") ? leastOfMap : least) - 0.05) found.push(`${size.toFixed(1)} ${each.tagName} ${each.className.baseVal ?? each.className}: ${node.data}`);
                if (!each.matches(".hidden-rows") && getComputedStyle(each.closest("th, .name bdi, .what") || each).overflow === "hidden" && each.scrollWidth > each.clientWidth + 1) found.push(`cut: ${node.data}`);
        }
        return found;
}

test("a wall shows all without scrolling, in digits of 54 pixels and more and no letters below 16", async () => {
        const page = await eyes.page(`${site.url}?view=wall&year=2023`, { size: SIZES.wall });
        const [scrolls, digits] = await page.evaluate(() => [
                document.documentElement.scrollHeight > innerHeight || document.documentElement.scrollWidth > innerWidth,
                [...document.querySelectorAll(".tile .big .n")].map((each) => parseFloat(getComputedStyle(each).fontSize)),
        ]);
        assert.equal(scrolls, false);
        assert.ok(digits.length >= 2 && digits.every((size) => size >= 54), String(digits));
        const cut = await page.evaluate(() => [...document.querySelectorAll(".panel, .tile")].filter((each) => each.getBoundingClientRect().bottom > innerHeight + 1).map((each) => each.className));
        assert.deepEqual(cut, []);
        const out = await page.evaluate(() => [...document.querySelectorAll(".plan li, .states span, .verdict, .facts dd, .covers td")].filter((each) => each.getBoundingClientRect().bottom > each.closest(".panel").getBoundingClientRect().bottom).map((each) => each.textContent));
        assert.deepEqual(out, []);
        for (const [words, ofMap] of [["", 16], ["&base=2021", 15.4], ["&base=2021&lang=en", 14]]) {
                await page.goto(`${site.url}?view=wall&year=2023${words}`);
                await eyes.ready(page);
                assert.deepEqual(await page.evaluate(illegible, [16, ofMap]), [], words);
        }
        for (const size of [{ width: 1366, height: 768 }, { width: 2560, height: 1440 }]) {
                await page.setViewportSize(size);
                await page.waitForFunction((scale) => Math.abs(Number(getComputedStyle(document.documentElement).getPropertyValue("--wall-scale")) - scale) < 0.01, size.width / 1920, { timeout: PATIENCE });
                const box = await page.locator(".page").boundingBox();
                assert.ok(Math.abs(box.width - size.width) < 3 && Math.abs(box.height - size.height) < 3, JSON.stringify(box));
        }
        await eyes.close(page);
});

test("a phone scrolls downwards only, and what is to be touched is 40 pixels high", async () => {
        const page = await eyes.page(`${site.url}?year=2023`, { size: SIZES.phone });
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
        const small = await page.evaluate(() =>
                [...document.querySelectorAll("button:not(.n), select, .bars .n.link")].filter((each) => each.offsetParent && each.getBoundingClientRect().height < 39.5).map((each) => `${each.className} ${each.textContent}`));
        assert.deepEqual(small, []);
        const places = page.locator(".mapplaces");
        await places.locator("summary").first().click();
        const place = places.getByRole("button", { name: /^示例\d/ }).first();
        assert.ok((await place.boundingBox()).height >= 39.5);
        await place.click();
        await page.getByRole("dialog").getByText(/^研学点：示例\d|^研学点: 示例\d/).waitFor({ timeout: PATIENCE });
        await eyes.close(page);
});

test("who listens hears each name once, in words, and nothing while all goes well", async () => {
        const page = await eyes.page(`${site.url}?year=2023`);
        const heard = async (panel) => page.locator(`.p-${panel}`).ariaSnapshot();
        assert.match(await heard("partners"), /listitem:\n\s+- button "福州海关 \d+"[^\n]*\n?\s*(- text: )?上年同期 \d+/);
        assert.match(await heard("months"), /img "逐月活动场次。2023 年：1月 \d+、2月 .*。2022 年：1月 /);
        assert.doesNotMatch(await heard("months"), /text: .*202/, "the legend is the chart's");
        const covers = await heard("completeness");
        assert.match(covers, /columnheader "12月"/);
        assert.match(covers, /button "福州海关 1月 已报"/);
        assert.doesNotMatch(covers, /✓|≠/);
        assert.match(await heard("oversight"), /button "检查点 \d\/10 · 未完成：[^"]+、[^"]+"/);
        assert.match(await heard("rates"), /button "知晓率 96.5%"[^\n]*\n\s*- text: 965 \/ 1,000/);
        const whole = await page.locator("body").ariaSnapshot();
        assert.doesNotMatch(whole, /article|这个数由哪些记录得来/, "what a click does is not a part of each name");
        assert.equal(whole.match(/combobox "年份"/g).length, 1);
        assert.doesNotMatch(whole, /text: 年份/);

        await page.evaluate(() => {
                globalThis.said = [];
                new MutationObserver((all) => all.forEach(({ target }) => (target.nodeType === 3 ? target.parentElement : target)?.closest("[role=status], [role=alert], [aria-live]") && globalThis.said.push(target.textContent))).observe(document.body, { subtree: true, childList: true, characterData: true });
        });
        const before = await number(page, "activities");
        await site.feedRows("HX", [["新增", "测试-HX-7", "中建海峡", "2023-06-18", "测试一场", "线下", "研学", "", 41, "政治素养"]]);
        await until(async () => (await number(page, "activities")) === before + 1, "a number moved");
        assert.deepEqual(await page.evaluate(() => globalThis.said), [], "a number that moves is not read out");
        await eyes.close(page);
});

/* In the page: all that the keyboard must reach. */
const reachable = () => [...document.querySelectorAll("a, button, select, summary, [role=button], .scroll")].filter((each) => each.checkVisibility());

/* What Tab did not reach, and where it could not be seen. */
async function walk(page) {
        await page.evaluate(`globalThis.reachable = ${reachable}`);
        const [reached, unseen] = [new Set(), []];
        for (let i = 0; i < 500; i++) {
                await page.keyboard.press("Tab");
                const at = await page.evaluate(() => {
                        const [each, all] = [document.activeElement, globalThis.reachable()];
                        const box = each.getBoundingClientRect();
                        const marked = getComputedStyle(each).outlineStyle !== "none" || getComputedStyle(each.querySelector(".dot") || each).strokeWidth === "7px";
                        return { index: all.indexOf(each), many: all.length, name: each.getAttribute("aria-label") || each.textContent, seen: marked && box.bottom > 0 && box.top < innerHeight };
                });
                if (at.index < 0) break;
                reached.add(at.index);
                if (!at.seen) unseen.push(at.name);
                if (reached.size === at.many) break;
        }
        const names = await page.evaluate(() => globalThis.reachable().map((one) => one.getAttribute("aria-label") || one.textContent));
        return [names.filter((_, i) => !reached.has(i)), unseen];
}

test("the keyboard reaches all that can be clicked in each view, what it is on can be seen, and it gets out again", async () => {
        const page = await eyes.page(`${site.url}?year=2023`);
        for (const [view, size] of [["board&tables=months,partners", SIZES.desk], ["wall", SIZES.wall], ["board", SIZES.phone]]) {
                await page.setViewportSize(size);
                await page.goto(`${site.url}?year=2023&view=${view}`);
                await eyes.ready(page);
                await page.evaluate(() => document.querySelectorAll(".mapplaces details").forEach((each) => (each.open = true)));
                assert.deepEqual(await walk(page), [[], []], view);
        }
        await page.setViewportSize(SIZES.desk);
        await eyes.drawn(page);
        const station = page.locator(".station:not(.silent)").first();
        await station.focus();
        await page.keyboard.press("Enter");
        const dialog = page.getByRole("dialog");
        await dialog.locator("tbody tr").first().waitFor({ timeout: PATIENCE });
        const inside = () => page.evaluate(() => document.activeElement === document.body || Boolean(document.activeElement.closest("dialog")));
        for (let i = 0; i < 6; i++) {
                await page.keyboard.press("Tab");
                assert.ok(await inside(), "what lies under a dialog is not reached");
        }
        await page.keyboard.press("Escape");
        await dialog.waitFor({ state: "detached" });
        assert.ok(await station.evaluate((each) => each === document.activeElement), "and back where it was opened");
        await eyes.close(page);
});

/* In the page: the colours of signs and measures, and what stands in them. */
function signs() {
        const all = "mark, .shape, .key, .fill, .mark, .ring circle, .steps i, .plan i, .states i, .maplegend i, .map .line, .station .dot, .station text, .covers tbody td, .cross tbody td";
        return [...document.querySelectorAll(all)].map((each) => {
                const { backgroundColor, borderWidth, borderColor, stroke, fill, color } = getComputedStyle(each);
                return [each.className.baseVal ?? each.className, backgroundColor, borderWidth !== "0px" && borderColor, stroke, fill, each.textContent && color].join(" ");
        });
}

test("where colours are forced, signs, bars, cells and the map keep theirs", async () => {
        for (const theme of ["light", "dark"]) {
                const page = await eyes.page(`${site.url}?year=2023&base=2021&theme=${theme}`);
                const own = await page.evaluate(signs);
                assert.ok(own.length > 100);
                await page.emulateMedia({ forcedColors: "active", colorScheme: theme });
                await eyes.picture(page, `forced-${theme}`);
                assert.deepEqual(await page.evaluate(signs), own, theme);
                assert.deepEqual(await eyes.faults(page), [], theme);
                await eyes.close(page);
        }
});

test("paper is one sheet", async () => {
        const page = await eyes.page(`${site.url}?view=print&year=2023`, { size: { width: 1587, height: 1122 } });
        const pdf = (await page.pdf({ preferCSSPageSize: true, printBackground: true })).toString("latin1");
        assert.equal((pdf.match(/\/Type\s*\/Page\b/g) || []).length, 1);
        assert.match(pdf, /\/MediaBox\s*\[0 0 119\d[.\d]* 84[12]/);
        assert.match(await page.locator(".asof").textContent(), /数字截至 \d{4}-\d\d-\d\d/);
        for (const live of [".chips .linkchip", ".clock", ".p-recent", ".p-ages"]) assert.equal(await page.locator(live).locator("visible=true").count(), 0, `${live} is of no use on paper`);
        assert.equal(await page.locator(".p-partners .hidden-rows").locator("visible=true").count(), 0, "all organisations have room");
        await eyes.close(page);
});

test("language, theme, year, organisation and tables are in the URL, and come out of it", async () => {
        const page = await eyes.page(site.url);
        await page.getByRole("button", { name: /Switch to English/ }).click();
        await page.getByRole("heading", { name: "Activities by month" }).waitFor({ timeout: PATIENCE });
        assert.equal(await page.getAttribute("html", "lang"), "en");
        await page.getByRole("combobox", { name: "Year" }).selectOption("2022");
        const told = await site.totals("--where", "channel=offline", "--from", "2022-01-01", "--to", "2022-12-31");
        await until(async () => (await page.locator('.tile[data-figure="activities"]').count()) && (await number(page, "activities")) === told.activities, "the year's number");
        await page.getByRole("combobox", { name: "Organisation" }).selectOption("HX");
        const own = await site.totals("--where", "channel=offline,org=HX", "--from", "2022-01-01", "--to", "2022-12-31");
        await until(async () => (await page.locator('.tile[data-figure="activities"]').count()) && (await number(page, "activities")) === own.activities, "the organisation's number");
        const dark = await page.getAttribute("html", "data-theme");
        await page.getByRole("button", { name: /Switch to (dark|light)/ }).click();
        await page.waitForFunction((was) => document.documentElement.dataset.theme !== was, dark);
        await page.getByRole("button", { name: "Activities by month: Data table" }).click();
        await page.locator(".p-months table").waitFor();
        const url = page.url();
        for (const part of ["lang=en", "year=2022", "partner=HX", "tables=months", "theme="]) assert.ok(url.includes(part), `${part} in ${url}`);

        await page.goto(`${page.url()},plan,rates,completeness`);
        await eyes.ready(page);
        assert.deepEqual(await page.locator(".data td.text").evaluateAll((each) => each.filter((one) => one.clientWidth < 50 || one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)), [], "no word is broken letter by letter");
        await page.goBack();
        const again = await eyes.page(url);
        assert.equal(await number(again, "activities"), own.activities);
        assert.equal(await again.locator(".p-months tbody tr").count(), 12);
        await again.goBack().catch(() => {});
        await page.goBack();
        await page.locator(".p-months .chart").waitFor({ timeout: PATIENCE });
        await again.context().close();
        await eyes.close(page);
});

test("a number leads to its records, by mouse, keyboard and URL", async () => {
        const page = await eyes.page(`${site.url}?year=2023&partner=HX`);
        const many = await number(page, "activities");
        await page.locator('.tile[data-figure="activities"] .big button').focus();
        await page.keyboard.press("Enter");
        const dialog = page.getByRole("dialog");
        await dialog.locator("tbody tr").first().waitFor({ timeout: PATIENCE });
        assert.equal(await dialog.locator("tbody tr").count(), many);
        assert.match(await dialog.locator("tbody tr").first().textContent(), /示例-HX-2023/);
        assert.match(await dialog.locator("table").textContent(), /人次来源[^]*(签到|点人头|报名|估计)/);
        assert.doesNotMatch(await dialog.locator("table").textContent(), /method|headcount|signed_in/, "in the reader's words");
        await eyes.picture(page, "records", false);
        await until(async () => /show=/.test(page.url()), "the address says what is shown");
        const url = page.url();
        await page.keyboard.press("Escape");
        await dialog.waitFor({ state: "detached" });
        await until(async () => !/show=/.test(page.url()), "the address says no more of it");
        await page.goto(url);
        await page.getByRole("dialog").locator("tbody tr").first().waitFor({ timeout: PATIENCE });
        assert.deepEqual(await eyes.faults(page), []);

        /* All of the year are more than a page. */
        await page.goto(`${site.url}?year=2023`);
        await eyes.ready(page);
        const all = await number(page, "activities");
        await page.locator('.tile[data-figure="activities"] .big button').click();
        const rows = page.getByRole("dialog").locator("tbody tr");
        await rows.first().waitFor({ timeout: PATIENCE });
        assert.equal(await rows.count(), 200);
        await page.getByRole("button", { name: "再列一些" }).click();
        await until(async () => (await rows.count()) === all, "the rest is listed");
        await page.keyboard.press("Escape");
        for (const [place, wanted] of [
                ['.p-rates .ring .n', /965/],
                ['.p-broadcasts dd .n', /福州海关/],
                ['.p-oversight .how .n.link', /周期 2023[^]*2023\//],
                ['.p-oversight .findings .n.link', /2023-0\d-\d\d[^]*2023-0\d-\d\d/],
                ['.p-completeness .received .n.link', /2023-01/],
        ]) {
                await page.locator(place).first().click();
                await rows.first().waitFor({ timeout: PATIENCE });
                assert.match(await page.getByRole("dialog").textContent(), wanted, place);
                await page.keyboard.press("Escape");
                await page.getByRole("dialog").waitFor({ state: "detached" });
        }
        await eyes.close(page);
});

test("any two dimensions are crossed, in the URL, and it is said what may be added", async () => {
        const page = await eyes.page(`${site.url}?year=2023`);
        const panel = page.locator(".p-matrix");
        assert.match(await panel.textContent(), /一场可属多个内容、三抓三促，不可相加/);
        await panel.getByRole("combobox", { name: "列" }).selectOption({ label: "方式" });
        await panel.getByRole("combobox", { name: "行" }).selectOption({ label: "主办单位" });
        await panel.locator(".cross tbody th", { hasText: "福州海关" }).waitFor({ timeout: PATIENCE });
        const all = await number(page, "activities");
        await panel.getByText(`各格相加即总数 ${all} 场`).waitFor({ timeout: PATIENCE });
        const cells = await panel.locator(".cross tbody td").allTextContents();
        assert.equal(cells.reduce((sum, text) => sum + Number(text.replaceAll(",", "")), 0), all);
        assert.match(page.url(), /cross=org%2Cmode/);
        await panel.getByRole("button", { name: /数据表/ }).click();
        assert.match(await panel.locator("table.data").textContent(), /福州海关/);
        assert.deepEqual(await eyes.faults(page), []);
        await eyes.picture(page, "cross");
        /* The same one for both: they change places. The URL says it again. */
        await panel.getByRole("combobox", { name: "行" }).selectOption({ label: "方式" });
        await until(async () => /cross=mode%2Corg/.test(page.url()), "they changed places");
        await page.goto(`${site.url}?year=2023&cross=five_co,org`);
        await eyes.ready(page);
        assert.match(await panel.locator("h2").textContent(), /五共 × 主办单位/);
        await panel.getByRole("button", { name: "还原" }).click();
        await panel.locator("h2", { hasText: "内容 × 三抓三促" }).waitFor({ timeout: PATIENCE });
        await eyes.close(page);
});

test("the number of organisations leads to them, and they to their activities and their own boards", async () => {
        const page = await eyes.page(`${site.url}?year=2023`);
        const many = await number(page, "organisations");
        const open = () => page.locator('.tile[data-figure="organisations"] .big button').click();
        const dialog = page.getByRole("dialog");
        await open();
        await dialog.getByRole("rowheader", { name: "福州海关" }).waitFor({ timeout: PATIENCE });
        assert.equal(await dialog.locator("tbody tr").count(), many);
        const numbers = (await dialog.locator("tbody td:nth-child(2)").allTextContents()).map((text) => Number(text.replaceAll(",", "")));
        assert.equal(numbers.reduce((a, b) => a + b, 0), await number(page, "activities"));
        assert.deepEqual(numbers, [...numbers].sort((a, b) => b - a));
        assert.deepEqual(await eyes.faults(page), []);
        await eyes.picture(page, "organisations", false);
        const row = dialog.locator("tbody tr", { hasText: "福州海关" });
        const own = Number(await row.locator("td").first().textContent());
        await row.locator("td button").click();
        await dialog.getByText(`${own} 条记录`).waitFor({ timeout: PATIENCE });
        await page.goBack();
        await row.locator("th button").click();
        await dialog.waitFor({ state: "detached", timeout: PATIENCE });
        await until(async () => (await page.locator('.tile[data-figure="activities"]').count()) && (await number(page, "activities")) === own, "its own board");
        assert.match(page.url(), /partner=HG/);
        await eyes.close(page);
});

test("states of initiatives are those of qf report plan; oversight shows the stage reached, and the records of one cycle", async () => {
        const page = await eyes.page(`${site.url}?year=2023`);
        const told = JSON.parse(await site.qf("report", "plan", "--year", "2023", "--asof", "2023-12-31", "--json"));
        const states = Object.fromEntries(told.rows.filter((row) => row.level === "initiative").map((row) => [row.code, row.state]));
        assert.deepEqual(await page.locator(".p-plan .plan li").evaluateAll((each) => Object.fromEntries(each.map((one) => [one.textContent.trim(), one.className]))), states);
        assert.ok(new Set(Object.values(states)).size > 1, JSON.stringify(states));
        const board = JSON.parse(await site.qf("report", "oversight", "--asof", "2023-12-31", "--json"));
        const line = page.locator(".p-oversight li").first();
        const newest = board.rows.map((row) => row.cycle).sort().at(-1);
        const first = board.rows.find((row) => row.cycle === newest);
        assert.match(await line.locator(".stage").textContent(), /已到阶段 [巡督审评]/);
        await line.locator(".how > .n").click();
        const dialog = page.getByRole("dialog");
        await dialog.locator("tbody tr").first().waitFor({ timeout: PATIENCE });
        assert.equal(await dialog.locator("tbody tr").count(), first.done);
        assert.ok((await dialog.locator("tbody tr").allTextContents()).every((text) => text.includes(`${first.cycle}/`)), "of this cycle");
        assert.match(page.url(), new RegExp(`cycle%3D${first.cycle}`));
        const [download] = await Promise.all([page.waitForEvent("download", { timeout: PATIENCE }), dialog.getByRole("button", { name: "下载" }).click()]);
        assert.equal(readFileSync(await download.path(), "utf8").trimEnd().split("\n").length, first.done + 1, "the file has what is listed");
        await eyes.close(page);
});

test("what is downloaded opens: tables with their labels, pictures of any panel", async () => {
        const page = await eyes.page(`${site.url}?year=2023`, { timezoneId: "America/New_York" });
        const get = async (button) => {
                const [download] = await Promise.all([page.waitForEvent("download", { timeout: PATIENCE }), page.getByRole("button", { name: button, exact: true }).click()]);
                return [download.suggestedFilename(), readFileSync(await download.path())];
        };
        const [name, table] = await get("各主办单位: 下载 CSV");
        assert.match(name, /^qingfeng-partners-2023-sample\.csv$/);
        const text = table.toString("utf8");
        assert.ok(text.startsWith("\ufeff"), "Excel needs the mark");
        assert.match(text, /福州海关/);
        assert.ok(text.trim().split("\r\n").length > 7);
        const [book, bytes] = await get("各主办单位: 下载 Excel");
        assert.match(book, /^qingfeng-partners-2023-sample\.xlsx$/);
        const parts = unzipped(bytes);
        assert.match(parts["xl/workbook.xml"], /name="各主办单位"/);
        const first = Number((await page.locator(".p-partners .bars li .n").first().textContent()).replaceAll(",", ""));
        assert.match(parts["xl/worksheets/sheet1.xml"], new RegExp(`<c r="B2"[^>]*><v>${first}</v>`), "a number is a number");
        assert.match(Object.values(parts).join(), /样例数据.*各主办单位.*2023.*数字截至/);
        assert.match(unzipped((await get("“三率”调查: 下载 Excel"))[1])["xl/worksheets/sheet1.xml"], /<v>0\.965<\/v>/, "a share is a number");
        assert.match(parts["xl/worksheets/sheet1.xml"], /<pageSetUpPr fitToPage="1"\/>[^]*<pane [^>]*ySplit="1"[^]*orientation="landscape" fitToWidth="1" fitToHeight="0"[^]*&amp;L各主办单位&amp;R/, "all columns on a page that says what it is");
        assert.match(parts["xl/workbook.xml"], /_xlnm.Print_Titles[^>]*>'各主办单位'!\$1:\$1</, "each page has the heads");
        const [plan, oversight] = [unzipped((await get("举措进展: 下载 Excel"))[1]), unzipped((await get("监督检查: 下载 Excel"))[1])];
        assert.match(plan["xl/worksheets/sheet1.xml"], /<v>45473<\/v>/, "a day is a day: 2024-06-30");
        assert.match(plan["xl/styles.xml"], /formatCode="yyyy-mm-dd"/);
        assert.match(oversight["xl/worksheets/sheet1.xml"], /<c r="D2"[^>]*><v>\d+<\/v>/, "as many of ten as a number");
        assert.match(oversight["xl/styles.xml"], /formatCode="0&quot; \/ 10&quot;"/);
        for (const panel of ["逐月活动场次", "直播", "报送情况"]) assert.ok(unzipped((await get(`${panel}: 下载 Excel`))[1])["xl/worksheets/sheet1.xml"], panel);
        for (const panel of ["逐月活动场次", "研学点地图", "各主办单位"]) {
                const [file, picture] = await get(`${panel}: 下载图片`);
                assert.match(file, /\.png$/);
                assert.equal(picture.subarray(1, 4).toString(), "PNG");
                assert.ok(picture.length > 8000 && picture.readUInt32BE(16) > 500, `${file} ${picture.length}`);
        }
        await eyes.close(page);
});

/* In the page: the share of points that are another colour in one picture, above the line that says where it is from, than in
 * the other, which may be of another size. */
async function unlike([one, other]) {
        const read = async (png) => {
                const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
                return image;
        };
        const [a, b] = [await read(one), await read(other)];
        const panel = (a.width * b.height) / b.width;
        if (a.height - panel < 40 || a.height - panel > 0.02 * panel + 240) return 1;
        const [width, height] = [Math.round(b.width / 4), Math.round(b.height / 4)]; /* letters become grey: where they lie counts, not their edges */
        const points = [a, b].map((image) => {
                const paint = new OffscreenCanvas(width, height).getContext("2d");
                paint.imageSmoothingQuality = "high";
                paint.drawImage(image, 0, 0, image.width, image === a ? panel : image.height, 0, 0, width, height);
                return paint.getImageData(0, 0, width, height).data;
        });
        let many = 0;
        for (let i = 0; i < points[0].length; i += 4) many += [0, 1, 2].some((k) => Math.abs(points[0][i + k] - points[1][i + k]) > 48);
        return many / (width * height);
}

test("the picture of a panel is laid out as the panel is", async () => {
        const page = await eyes.page(`${site.url}?year=2023&theme=light`, { bypassCSP: true });
        await page.addStyleTag({ content: ".tools, .crosschoice label { display: none !important } .panel { border: 0 !important; border-radius: 0 !important; box-shadow: none !important }" });
        for (const panel of await page.locator(".panel:has(.tools)").all()) {
                const name = await panel.locator("h2").textContent();
                const [download] = await Promise.all([page.waitForEvent("download", { timeout: PATIENCE }), panel.getByLabel("下载图片").evaluate((each) => each.click())]);
                const pair = [readFileSync(await download.path()), await panel.screenshot()].map((png) => png.toString("base64"));
                const share = await page.evaluate(unlike, pair);
                assert.ok(share < 0.03, `${name}: ${(100 * share).toFixed(1)} % of it look otherwise`);
        }
        await eyes.close(page);
});

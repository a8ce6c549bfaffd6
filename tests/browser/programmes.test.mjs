/* The same board for other programmes: another one with its own words, one that is
 * empty, one that is a training, and one whose names are written to do harm. */
import assert from "node:assert/strict";
import { copyFileSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { Eyes, HARM, PATIENCE, SIZES, Site, harmed, number, source, unzipped, until } from "./site.mjs";

const INTEGRITY = join(source, "deploy/programmes/integrity-123n.yaml");
let eyes;

test.before(async () => {
        eyes = await Eyes.open();
});

test.after(async () => {
        await eyes?.end();
});

/* A site for one test. */
async function at(programme, doing) {
        const site = await Site.start(programme);
        try {
                await doing(site);
        } finally {
                await site.end();
        }
}

test("a library has a board with its own words and without panels that it has no data for", async () => {
        await at(join(source, "deploy/programmes/library.yaml"), async (site) => {
                await site.partner("library", "TRL");
                const file = join(site.home, "programs.csv");
                copyFileSync(join(source, "tests/data/timberland-2021-programs.csv"), file);
                await site.feed(file, "library", "--map", join(source, "deploy/programmes/library.map.yaml"));
                const page = await eyes.page(`${site.url}?lang=en`);
                assert.equal(await page.locator("h1").textContent(), "Public library programmes");
                const told = await site.totals("--from", "2021-01-01", "--to", "2021-12-31");
                assert.equal(await number(page, "activities"), told.activities);
                for (const none of ["sites", "rates", "oversight", "plan", "broadcasts", "completeness"]) assert.equal(await page.locator(`.p-${none}`).count(), 0, none);
                await assert.rejects(site.qf("report", "completeness"), /period_report[^]*qf programme show/);
                assert.match(await page.locator(".p-partners").textContent(), /Olympia|Lacey/);
                assert.equal(await page.locator(".p-matrix h2").textContent(), "Category × age group");
                await eyes.picture(page, "library-en");
                assert.deepEqual(await eyes.faults(page), []);
                await page.goto(`${site.url}?lang=zh&view=wall`);
                await page.setViewportSize(SIZES.wall);
                await eyes.ready(page);
                assert.match(await page.locator("h1").textContent(), /公共图书馆/);
                await eyes.picture(page, "library-wall", false);
                assert.equal(await page.evaluate(() => document.documentElement.scrollHeight), SIZES.wall.height);
                const matrix = page.locator(".p-matrix");
                const [rows, left] = [await matrix.locator("tbody tr").count(), matrix.locator(".hidden-rows")];
                assert.equal(rows, 14);
                for (const [size, words] of [[SIZES.wall, "view=wall&lang=en"], [{ width: 1587, height: 1122 }, "view=print&lang=en"]]) {
                        await page.setViewportSize(size);
                        await page.goto(`${site.url}?${words}`);
                        await eyes.ready(page);
                        const shown = await matrix.locator("tbody tr:visible").count();
                        assert.ok(shown > 8 && shown < rows, `${words} ${shown}`);
                        assert.match(await left.textContent(), new RegExp(`^and ${rows - shown} more: .*Book Sale$`), "what has no room is named");
                        assert.ok((await matrix.locator("tbody tr:visible").last().boundingBox()).y < (await left.boundingBox()).y - 8, "whole rows");
                        assert.match(await page.locator(".p-partners .hidden-rows").textContent(), /wall/.test(words) ? /^and \d+ more: / : /^$/, "paper has room for all");
                }
                await page.setViewportSize(SIZES.desk);
                await page.goto(`${site.url}?lang=en`);
                await eyes.ready(page);
                assert.equal(await matrix.locator("tbody tr:visible").count(), rows, "where one can scroll, all are there");
                assert.match(await page.locator(".foot").textContent(), /not people\./);
                await eyes.close(page);
        });
});

test("a report in HTML is read on a phone", async () => {
        await at(join(source, "deploy/programmes/library.yaml"), async (site) => {
                await site.partner("library", "TRL");
                const [file, report] = [join(site.home, "programs.csv"), join(site.home, "report.html")];
                copyFileSync(join(source, "tests/data/timberland-2021-programs.csv"), file);
                await site.feed(file, "library", "--map", join(source, "deploy/programmes/library.map.yaml"));
                await until(async () => (await site.totals("--from", "2021-01-01", "--to", "2021-12-31")).activities, "it is counted");
                for (const lang of ["zh", "en"]) {
                        await site.qf("report", "year", "--year", "2021", "--lang", lang, "--format", "html", "--overwrite", "--output", report);
                        const page = await eyes.page(`file://${report}`, { size: SIZES.phone, ready: false, isMobile: true });
                        await eyes.picture(page, `report-phone-${lang}`);
                        const seen = await page.evaluate(() => {
                                const heights = (which) => [...document.querySelectorAll(which)].filter((each) => each.textContent).map((each) => each.getBoundingClientRect().height);
                                return { wide: document.documentElement.scrollWidth, letters: Math.min(...heights("svg text")), heads: Math.max(...heights("th")) };
                        });
                        assert.equal(seen.wide, SIZES.phone.width);
                        assert.ok(seen.letters >= 8, `letters of charts: ${seen.letters}`);
                        assert.ok(seen.heads < 80, `heads of few lines: ${seen.heads}`);
                        await eyes.close(page);
                }
        });
});

test("an empty programme says in each panel why, and what to do; a training says that it is one", async () => {
        await at(INTEGRITY, async (site) => {
                const page = await eyes.page(site.url);
                for (const panel of await page.locator(".panel:not(.p-ages):not(.p-headline):not(.p-sites)").all()) {
                        const name = await panel.getAttribute("class");
                        assert.equal(await panel.getAttribute("data-state"), "empty", name);
                        assert.ok((await panel.locator(".empty p").textContent()).length > 12, name);
                }
                assert.equal(await page.locator("mark").count(), 0);
                await eyes.picture(page, "empty");
                assert.deepEqual(await eyes.faults(page), []);
                for (const [size, name] of [[SIZES.phone, "empty-phone"], [SIZES.wall, "empty-wall"]]) {
                        await page.setViewportSize(size);
                        if (name === "empty-wall") await page.goto(`${site.url}?view=wall`);
                        await eyes.ready(page);
                        await eyes.picture(page, name);
                }
                await eyes.close(page);
        });
        await at(null, async (site) => {
                await site.qf("programme", "load", "--training", INTEGRITY);
                const page = await eyes.page(site.url);
                await page.getByText("培训演练，数字不作数").waitFor({ timeout: PATIENCE });
                await site.partner("SW");
                await site.feedRows("SW", [["新增", "演练-1", "税务部门", "2023-07-02", "测试一场", "线下", "研学", "", 7, "党纪法规"]]);
                await page.goto(`${site.url}?year=2023`);
                await eyes.ready(page);
                await page.evaluate(() => {
                        const { fillText } = CanvasRenderingContext2D.prototype;
                        globalThis.painted = "";
                        CanvasRenderingContext2D.prototype.fillText = function (text, ...at) {
                                globalThis.painted += text;
                                fillText.call(this, text, ...at);
                        };
                });
                for (const [button, kind] of [["下载 CSV", "csv"], ["下载 Excel", "xlsx"], ["下载图片", "png"]]) {
                        const [download] = await Promise.all([page.waitForEvent("download", { timeout: PATIENCE }), page.getByRole("button", { name: `各主办单位: ${button}`, exact: true }).click()]);
                        assert.equal(download.suggestedFilename(), `qingfeng-partners-2023-training.${kind}`);
                        if (kind === "xlsx") assert.match(Object.values(unzipped(readFileSync(await download.path()))).join(), /培训演练，数字不作数.*各主办单位/);
                }
                assert.match(await page.evaluate(() => globalThis.painted), /培训演练，数字不作数.*各主办单位.*2023.*数字截至/, "below the picture");
                await eyes.close(page);
        });
});

test("what a partner sent last is told with the list of it, not with the next beat", async () => {
        await at(INTEGRITY, async (site) => {
                await site.partner("MW");
                const page = await eyes.page(`${site.url}?year=2023`);
                await page.evaluate(() => {
                        const age = () => document.querySelector(".linkchip.source").textContent;
                        const never = age();
                        globalThis.since = {};
                        new MutationObserver(() => {
                                if (document.querySelector(".recent li")) globalThis.since.listed ??= performance.now();
                                if (age() !== never) globalThis.since.aged ??= performance.now();
                        }).observe(document.body, { subtree: true, childList: true, characterData: true });
                });
                const told = page.locator(".foot span").last();
                const beat = await told.textContent();
                await until(async () => (await told.textContent()) !== beat, "a beat: the next comes in five seconds");
                await site.feedRows("MW", [["新增", "甲", "马尾区纪委监委", "2023-05-01", "一场", "线下", "研学", "", "7", "政治素养"]]);
                const { listed, aged } = await until(() => page.evaluate(() => globalThis.since.aged && globalThis.since.listed && globalThis.since), "the chip says that something came");
                assert.ok(aged - listed < 3500, `the chip comes ${Math.round(aged - listed)} ms behind the list`);
                await eyes.close(page);
        });
});

test("a board whose counting stopped says why, in the reader's language", async () => {
        await at(INTEGRITY, async (site) => {
                await site.partner("MW");
                const fed = Date.now();
                await site.feedRows("MW", [["新增", "甲", "马尾区纪委监委", "2023-05-01", "一场", "线下", "研学", "", "7", "政治素养"]]);
                await until(async () => (await site.totals()).activities === 1, "it is counted");
                const written = () => statSync(join(site.dir, "counts", "data.mdb")).mtimeMs;
                await until(() => written() > fed && Date.now() - written() > 1500, "all of it is written down (which takes a second at most): what was shown and is not, is counted again first");
                await site.down();
                for (const gone of ["journal", "journal.begun"]) rmSync(join(site.dir, gone), { recursive: true }); /* ingest begins another one: it was not that which was counted */
                site.programme = null; /* nothing is fed */
                site.begin();
                await until(() => fetch(`${site.url}healthz`).then(() => true, () => false), "the board is served");
                const page = await eyes.page(`${site.url}?year=2023`, { ready: false });
                const banner = page.locator(".banner");
                await banner.getByText("计数已停止").waitFor({ timeout: PATIENCE });
                assert.match(await banner.textContent(), /这不是计过的那份日志/);
                assert.doesNotMatch(await banner.textContent(), /journal/);
                assert.equal(await number(page, "activities"), 1, "the last good numbers");
                await page.getByRole("button", { name: /Switch to English/ }).click();
                await banner.getByText(/Counting has stopped.*another journal/).waitFor({ timeout: PATIENCE });
                await eyes.close(page);
        });
});

test("what is not known is not 0, and a list that is narrowed on the page has its file too", async () => {
        await at(INTEGRITY, async (site) => {
                await site.partner("MW");
                await site.feedRows("MW", [
                        ["新增", "甲", "马尾区纪委监委", "2022-05-01", "一场", "线下", "研学", "", "", "政治素养"],
                        ["新增", "乙", "马尾区纪委监委", "2023-05-01", "一场", "线下", "研学", "", 30, "政治素养"],
                ]);
                const lines = [["MW", "X1"], ["MW", "D1"], ["ZJ", "X1"]].map(([org, code]) => ({ kind: "checkpoint", key: `2023/${org}/${code}`, date: "2023-06-01", org, checkpoint: code }));
                await site.feedLines(site.path("checks.jsonl", lines.map((line) => JSON.stringify(line)).join("\n")), "MW");
                const page = await eyes.page(`${site.url}?year=2023`);
                const said = (code) => page.locator(`.tile[data-figure="${code}"] .growths`).textContent();
                await until(async () => (await said("attendances")) === "2022 年不详，不作比较", "it is known of none of them");
                assert.match(await said("activities"), /持平/);
                await page.goto(`${site.url}?year=2022&lang=en`);
                await eyes.ready(page);
                assert.equal(await said("attendances"), "not stated by anybody");
                assert.equal(await said("activities"), "none in 2021 to compare with");
                await page.goto(`${site.url}?year=2023&show=kind%3Dcheckpoint%3Bcycle%3D2023%3Borg%3DMW`);
                const dialog = page.getByRole("dialog");
                await dialog.locator("tbody tr").first().waitFor({ timeout: PATIENCE });
                assert.equal(await dialog.locator("tbody tr").count(), 2, "without those below it");
                const [download] = await Promise.all([page.waitForEvent("download", { timeout: PATIENCE }), dialog.getByRole("button", { name: "下载" }).click()]);
                const book = Object.values(unzipped(readFileSync(await download.path()))).join();
                assert.ok(book.includes("2023/MW/X1") && book.includes("2023/MW/D1"));
                assert.ok(!book.includes("2023/ZJ/X1"), "the file has what is listed");
                await eyes.close(page);
        });
});

test("names that are written to do harm stay text", async () => {
        const { tag: harm, right } = HARM;
        const first = await harmed();
        try {
                for (const [name, words, size] of [["names", "", SIZES.desk], ["names-phone", "", SIZES.phone], ["names-wall", "&view=wall", SIZES.wall]]) {
                        const page = await eyes.page(`${first.url}?year=2023${words}`, { size });
                        await page.locator(".bars .name", { hasText: harm }).waitFor({ timeout: PATIENCE });
                        assert.equal(await page.locator("main img, main script, main b:not(.shape):has-text('标题')").count(), 0);
                        assert.ok((await page.locator("body").textContent()).includes(right));
                        assert.equal(await page.locator(".bars .name bdi", { hasText: right }).evaluate((each) => getComputedStyle(each).unicodeBidi), "isolate");
                        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), size.width);
                        await eyes.picture(page, name);
                        await eyes.close(page);
                }
                const page = await eyes.page(`${first.url}?year=2023&show=org%3DHG%3Bkind%3Dactivity&partner=%3Cimg%20src%3Dx%20onerror%3Dalert(5)%3E`, { ready: false });
                await page.getByRole("dialog").waitFor({ timeout: PATIENCE });
                await eyes.close(page);
        } finally {
                await first.end();
        }
});

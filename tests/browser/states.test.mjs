/* The board while something is not well: the line breaks and comes back, services are
 * away, an address asks for what there is not, a token is wanted. Each is told in words,
 * and what is shown stays. */
import assert from "node:assert/strict";
import test from "node:test";
import { PATIENCE, SIZES, Wire, number, opened, until } from "./site.mjs";

const { site, eyes } = await opened();

const becomes = (page, wanted) => page.waitForFunction((name) => document.querySelector(".linkchip")?.dataset.state === name, wanted, { timeout: PATIENCE });

test("a restart shows as broken, with the time of the numbers, and heals by itself", async () => {
        const page = await eyes.page(`${site.url}?year=2023`);
        const before = await number(page, "activities");
        await site.down();
        await becomes(page, "offline");
        assert.match(await page.locator(".banner").textContent(), /数字截至 \d\d:\d\d:\d\d/);
        assert.equal(await number(page, "activities"), before, "the last numbers stay");
        assert.match(await page.locator(".p-months .body").evaluate((each) => getComputedStyle(each).filter), /saturate\(0\.25\)/, "pale");
        await eyes.picture(page, "offline");
        await page.setViewportSize(SIZES.phone);
        await eyes.drawn(page);
        assert.deepEqual(await eyes.faults(page), [], "what is old can be read");
        await site.up();
        await becomes(page, "live");
        await until(async () => (await page.locator(".banner").count()) === 0, "the banner goes");
        await site.feedRows("SW", [["新增", "测试-SW-1", "税务部门", "2023-07-01", "测试一场", "线下", "研学", "", 7, "党纪法规"]]);
        await until(async () => (await number(page, "activities")) === before + 1, "numbers move again");
        await eyes.close(page);
});

test("a server that says nothing is stale after fifteen seconds, and live again when it speaks", async (own) => {
        const page = await eyes.page(`${site.url}?year=2023`);
        const pid = await site.pid("qf-report");
        own.after(() => process.kill(pid, "SIGCONT")); /* whatever happens: all that follows waits for it */
        await page.evaluate(() => {
                const now = performance.now.bind(performance);
                globalThis.aheadMs = 0;
                performance.now = () => now() + globalThis.aheadMs;
        });
        process.kill(pid, "SIGSTOP");
        await page.evaluate(() => (globalThis.aheadMs = 16000));
        await becomes(page, "stale");
        assert.match(await page.locator(".banner").textContent(), /数字截至/);
        await eyes.picture(page, "stale");
        process.kill(pid, "SIGCONT");
        await becomes(page, "live");
        await eyes.close(page);
});

test("a board whose source is silent is not live, and says since when", async (own) => {
        const page = await eyes.page(`${site.url}?year=2023`);
        const pid = await site.pid("qf-ingest");
        own.after(() => process.kill(pid, "SIGCONT"));
        process.kill(pid, "SIGSTOP");
        await becomes(page, "waits");
        assert.match(await page.locator(".banner.warn").textContent(), /新报送的暂时计不进来：收报服务没有答复。数字截至 \d\d:\d\d:\d\d。/);
        assert.deepEqual(await eyes.faults(page), []);
        const [told] = /\d\d:\d\d:\d\d/.exec(await page.locator(".banner.warn").textContent());
        assert.match(await page.locator(".foot").textContent(), new RegExp(`数字截至 [-\\d]{10} ${told}`), "the foot says the same");
        await eyes.picture(page, "waits");
        process.kill(pid, "SIGCONT");
        await becomes(page, "live");
        assert.equal(await page.locator(".banner").count(), 0);
        await eyes.close(page);
});

test("while aggregation is away, numbers are of when it went, and nobody says that all is counted", async (own) => {
        const page = await eyes.page(`${site.url}?year=2023`);
        const note = page.locator(".p-ages .note");
        assert.equal(await note.textContent(), "全部已计入");
        const pid = await site.pid("qf-aggregate");
        own.after(() => process.kill(pid, "SIGCONT"));
        process.kill(pid, "SIGSTOP");
        await becomes(page, "away");
        const clock = await page.locator(".clock").textContent();
        await page.waitForFunction((before) => document.querySelector(".clock").textContent !== before, clock, { timeout: PATIENCE });
        const [, told] = /数字截至 [-\d]{10} ([:\d]{8})/.exec(await page.locator(".foot").textContent());
        assert.ok(told !== clock && told !== (await page.locator(".clock").textContent()), told);
        assert.equal(await note.count(), 0);
        process.kill(pid, "SIGCONT");
        await becomes(page, "live");
        await eyes.close(page);
});

test("an address of what there is not says so, and leads to what there is", async () => {
        const page = await eyes.page(`${site.url}?year=1950`);
        const banner = page.locator(".banner");
        assert.match(await banner.textContent(), /1950 年没有任何数据。/);
        await page.locator('.p-completeness[data-state="empty"]').waitFor({ timeout: PATIENCE }); /* nobody missed anything */
        assert.match(await page.locator(".p-rates .empty").textContent(), /这一年还没有调查结果/);
        await eyes.picture(page, "no-year");
        await banner.getByRole("button", { name: "看 2023 年" }).click();
        await until(async () => (await page.locator('.tile[data-figure="activities"]').count()) && (await number(page, "activities")) > 300, "the last year that has data");
        assert.equal(await banner.count(), 0);
        for (const [words, say, lead, at] of [
                ["partner=NOBODY&lang=en", /There is no such board[^]*no organisation of this code/, "Show the whole board", /^\?lang=en$/],
                ["cross=content,channel0", /网址里的这个看板没有：这两个维度不能交叉统计。/, "看整个看板", /^$/],
        ]) {
                await page.goto(`${site.url}?${words}`);
                await banner.getByText(say).waitFor({ timeout: PATIENCE });
                assert.deepEqual(await eyes.faults(page), []);
                await page.getByRole("button", { name: lead }).click();
                await eyes.ready(page);
                assert.match(new URL(page.url()).search, at);
        }
        await eyes.close(page);
});

test("a line that was cut without a word is asked for anew", async (own) => {
        const wire = await Wire.to(site.port);
        own.after(() => wire.end());
        const page = await eyes.page(`${wire.url}?year=2023`);
        const before = await number(page, "activities");
        wire.freeze();
        await page.evaluate(() => {
                const now = performance.now.bind(performance);
                const since = now();
                performance.now = () => since + (now() - since) * 8; /* the browser keeps dead lines for the next request, too */
        });
        await site.feedRows("SW", [["新增", "测试-SW-2", "税务部门", "2023-07-02", "测试一场", "线下", "研学", "", 7, "党纪法规"]]);
        await until(async () => (await number(page, "activities")) === before + 1, "numbers move on another line");
        await becomes(page, "live");
        await eyes.close(page);
});

test("what fails says so, and what is shown stays", async () => {
        const page = await eyes.page(`${site.url}?year=2023`);
        const refuse = (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: '{"status":503,"detail":"Not now."}' });
        const notYet = '{"status":503,"detail":"There are no totals to show yet: ingest does not answer","zh":"还没有可以显示的合计：收报服务没有答复"}';
        await page.route("**/api/v1/live*", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: notYet }));
        await page.reload();
        await page.getByText("还没有可以显示的合计：收报服务没有答复。正在自动重试。").waitFor({ timeout: PATIENCE });
        await page.unroute("**/api/v1/live*");
        await page.route("**/api/v1/live*", (route) => route.abort());
        await page.getByText("还连不上服务，正在自动重试。").waitFor({ timeout: PATIENCE }); /* no longer what was said before it went */
        await page.unroute("**/api/v1/live*");
        await becomes(page, "live");
        await page.route("**/api/v1/board?*format=csv*", refuse);
        await page.getByRole("button", { name: "各主办单位: 下载 CSV", exact: true }).click();
        await page.locator(".p-partners").getByText("Not now.").waitFor({ timeout: PATIENCE });
        assert.ok(await page.locator(".p-partners .bars li").count());
        await page.unroute("**/api/v1/board?*format=csv*");
        await page.getByRole("button", { name: "各主办单位: 下载 CSV", exact: true }).click();
        await page.locator(".p-partners").getByText("Not now.").waitFor({ state: "detached", timeout: PATIENCE });
        await page.evaluate(() => (HTMLCanvasElement.prototype.toBlob = () => { throw new Error("No picture."); }));
        await page.getByRole("button", { name: "逐月活动场次: 下载图片", exact: true }).click();
        await page.locator(".p-months").getByText("No picture.").waitFor({ timeout: PATIENCE });
        await page.locator('.tile[data-figure="activities"] .big button').click();
        const dialog = page.getByRole("dialog");
        await dialog.locator("tbody tr").first().waitFor({ timeout: PATIENCE });
        await page.route("**/api/v1/list?*", refuse);
        for (const name of ["下载这份清单", "再列一些"]) {
                await dialog.getByRole("button", { name }).click();
                await dialog.getByRole("alert").getByText("Not now.").waitFor({ timeout: PATIENCE });
                assert.equal(await dialog.locator("tbody tr").count(), 200, name);
        }
        await page.unroute("**/api/v1/list?*");
        await dialog.getByRole("button", { name: "再列一些" }).click();
        await until(async () => (await dialog.locator("tbody tr").count()) > 200, "the rest is listed");
        assert.equal(await dialog.getByRole("alert").count(), 0);
        await eyes.close(page);
});

test("names that changed within a minute of the last look are asked for when it is over", async () => {
        const page = await eyes.page(site.url); /* it has asked */
        let asked = 0;
        await page.route("**/api/v1/programme*", async (route) => {
                asked += 1;
                await route.continue();
        });
        await page.goto(`${site.url}?year=2023`);
        await eyes.ready(page);
        const before = await number(page, "activities");
        await site.feedRows("SW", [["新增", "测试-SW-名称", "税务部门", "2023-07-03", "测试一场", "线下", "研学", "", 7, "党纪法规"]]);
        await until(async () => (await number(page, "activities")) === before + 1, "the change is here");
        assert.equal(asked, 1);
        await page.evaluate(() => {
                const now = Date.now.bind(Date);
                Date.now = () => now() + 61000;
        });
        await until(() => asked === 2, "and its names, though nothing else happened");
        await eyes.close(page);
});

test("a page from before an upgrade loads itself again, once", async () => {
        let old = 0;
        const page = await eyes.page(site.url, { ready: false });
        await page.route("**/assets/board-*.js", async (route) => {
                const answer = await route.fetch();
                const text = await answer.text();
                const id = /board-([0-9a-f]{12})\.js/.exec(route.request().url())[1];
                assert.ok(text.includes(id));
                old += 1;
                await route.fulfill({ response: answer, body: old === 1 ? text.replaceAll(id, "000000000000") : text });
        });
        await page.goto(site.url);
        await until(() => old >= 2, "it was loaded again");
        await eyes.ready(page);
        assert.equal(old, 2);
        await eyes.close(page);
});

test("a panel that cannot be made says so, the others stand, and trying again helps", async () => {
        const page = await eyes.page(`${site.url}?year=2023`, { ready: false });
        await page.route("**/api/v1/live*", async (route) => {
                const body = `event: status\ndata: ${JSON.stringify(await status)}\n\n${["partners", "headline"].map((panel) => `event: ${panel}\ndata: {"panel":"${panel}","error":{"zh":"要显示的太多","en":"There is too much to show"}}\n\n`).join("")}`;
                await route.fulfill({ status: 200, contentType: "text/event-stream", body });
        });
        const status = (async () => (await (await fetch(`${site.url}api/v1/board?year=2023&panel=status`)).json()))();
        await page.goto(`${site.url}?year=2023`);
        const partners = page.locator(".p-partners");
        await partners.getByText("要显示的太多").waitFor({ timeout: PATIENCE });
        await page.locator(".p-headline").getByText("总计：这一部分读取失败").waitFor({ timeout: PATIENCE });
        for (const panel of ["months", "matrix", "recent"]) for (const part of await page.locator(`.p-${panel} .skeleton i`).all()) assert.ok((await part.boundingBox()).height > 5, `a skeleton can be seen: ${panel}`);
        await eyes.picture(page, "error");
        await page.route("**/api/v1/board?*panel=partners*", async (route) => {
                const answer = await (await route.fetch()).json();
                await route.fulfill({ json: { ...answer, restricted: true, count: 90 } });
        });
        await page.getByRole("button", { name: /Switch to English/ }).click();
        await partners.getByText("There is too much to show").waitFor({ timeout: PATIENCE });
        await page.getByRole("button", { name: /切换为中文/ }).click();
        await partners.getByRole("button", { name: "重试" }).click();
        await partners.locator(".bars li").first().waitFor({ timeout: PATIENCE });
        assert.match(await partners.locator(".lacks").textContent(), /有权查看.*共 90 项/);
        let answer;
        const later = new Promise((resolve) => (answer = resolve));
        await page.route("**/api/v1/board?*panel=headline*", async (route) => {
                const told = await route.fetch();
                await later;
                await route.fulfill({ response: told });
        });
        const begun = page.waitForRequest("**/api/v1/board?*panel=headline*");
        await page.locator(".p-headline").getByRole("button", { name: "重试" }).click();
        const late = (await begun).response();
        await page.getByLabel("年份").selectOption("2022");
        await page.locator(".p-headline").getByText("总计：这一部分读取失败").waitFor({ timeout: PATIENCE });
        answer();
        await (await late).finished();
        await eyes.drawn(page);
        assert.equal(await page.locator(".tile").count(), 0, "what was asked of another year is not of this one");
        await eyes.close(page);
});

test("an attendance that is not known is not 0, on the map nor in the list", async () => {
        await site.feedRows("SW", [["新增", "测试-SW-3", "税务部门", "2020-07-03", "测试一场", "线下", "研学", "CJL", "", "党纪法规"]]);
        const page = await eyes.page(`${site.url}?year=2020`);
        await until(async () => (await page.locator('.tile[data-figure="activities"]').count()) && (await number(page, "activities")) === 1, "it is counted");
        await page.locator('.p-sites .station.hub[aria-label$="活动场次 1, 人次 —"]').waitFor({ timeout: PATIENCE });
        await page.locator('.tile[data-figure="activities"] .big button').click();
        const dialog = page.getByRole("dialog");
        await dialog.locator("tbody tr", { hasText: "测试-SW-3" }).waitFor({ timeout: PATIENCE });
        const column = (await dialog.locator("thead th").allTextContents()).indexOf("人次");
        assert.equal(await dialog.locator("tbody tr > *").nth(column).textContent(), "—");
        await eyes.picture(page, "unknown", false);
        await eyes.close(page);
});

test("who does not see all is told so, and nothing of what is not known", async () => {
        const { panels } = await (await fetch(`${site.url}api/v1/board?year=2023`)).json();
        for (const row of panels.plan.rows) row.state = null;
        panels.plan.restricted = true;
        Object.assign(panels.headline.rows.find((row) => row.code === "organisations"), { value: null, growth_last: null });
        const page = await eyes.page(`${site.url}?year=2023`, { ready: false });
        await page.route("**/api/v1/live*", (route) => route.fulfill({ status: 200, contentType: "text/event-stream", body: Object.entries(panels).map(([name, panel]) => `event: ${name}\ndata: ${JSON.stringify(panel)}\n\n`).join("") }));
        await page.route("**/api/v1/list?*", async (route) => {
                const answer = await (await route.fetch()).json();
                await route.fulfill({ json: { ...answer, notes: [...answer.notes, "restricted", "undated_excluded"] } });
        });
        await page.goto(`${site.url}?year=2023`);
        await eyes.ready(page);
        assert.match(await page.locator(".p-plan .lacks").textContent(), /只含您有权查看的单位/);
        assert.equal(await page.locator(".p-plan :is(.note, .legend)").count(), 0);
        const organisations = await page.locator('.tile[data-figure="organisations"]').textContent();
        assert.match(organisations, /只含您有权查看的单位/);
        assert.doesNotMatch(organisations, /均未报此数/);
        await page.locator('.tile[data-figure="activities"] .big button').click();
        await page.getByRole("dialog").locator(".lacks", { hasText: "只含您有权查看的单位。 只知年、月而超出这段日期的记录未计入。" }).waitFor({ timeout: PATIENCE });
        await eyes.picture(page, "restricted", false);
        await eyes.close(page);
});

test("where a token is asked for, the page asks for it, says when it is wrong, and goes on with the right one", async () => {
        const page = await eyes.page(site.url, { ready: false });
        const asked = [];
        let granted = false;
        let answer;
        const answered = new Promise((resolve) => (answer = resolve));
        await page.route("**/api/v1/**", async (route) => {
                const told = await route.request().headerValue("authorization");
                asked.push(told);
                if (granted && told === "Bearer right") await route.continue();
                else if (told === "Bearer right") await answered;
                if (!granted || told !== "Bearer right") await route.fulfill({ status: 401, contentType: "application/problem+json", body: '{"status":401,"detail":"A token is needed."}' });
        });
        await page.goto(site.url);
        const field = page.getByLabel("请输入访问令牌");
        await field.fill("wrong");
        await page.keyboard.press("Enter");
        await page.getByText("这个令牌没有通过").waitFor({ timeout: PATIENCE });
        await eyes.picture(page, "token");
        assert.deepEqual(await eyes.faults(page), []);
        for (const pasted of ["令牌：right", "ri\u200bght", "not right"]) {
                await page.evaluate(() => sessionStorage.clear());
                await page.reload();
                await field.fill(pasted);
                await page.keyboard.press("Enter");
                await page.getByText("这个令牌没有通过").waitFor({ timeout: PATIENCE });
                assert.ok(!asked.includes(`Bearer ${pasted}`));
        }
        await page.evaluate(() => sessionStorage.setItem("qf.token", "令牌：right")); /* of an earlier page */
        await page.reload();
        await field.fill("right");
        await page.keyboard.press("Enter");
        await field.waitFor({ state: "detached", timeout: PATIENCE });
        answer();
        await page.getByText("这个令牌没有通过").waitFor({ timeout: PATIENCE });
        granted = true; /* the office has made it since: the same text once more */
        await field.fill("right");
        await page.keyboard.press("Enter");
        await eyes.ready(page);
        assert.ok(await number(page, "activities"));
        assert.ok(!page.url().includes("right"), "a token is in no URL");
        await eyes.close(page);
});

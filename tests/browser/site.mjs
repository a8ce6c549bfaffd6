/* An installation of its own for the tests in a browser: `qf up` in a temporary
 * folder, fed by `qf feed`, and a browser that fails the test for any request to
 * elsewhere, any error of the page and any breach of its content security policy. */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { closeSync, copyFileSync, mkdirSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const bin = process.env.QF_BIN;
export const source = process.env.QF_SOURCE;
const modules = createRequire(join(process.env.QF_NODE_MODULES, "/"));
const { chromium } = modules("playwright-core");
export const axe = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf8");
export const PATIENCE = 40000 * Number(process.env.QF_PATIENCE || 1);

function freePort() {
        return new Promise((resolve, reject) => {
                const server = createServer();
                server.once("error", reject);
                server.listen(0, "127.0.0.1", () => {
                        const { port } = server.address();
                        server.close(() => resolve(port));
                });
        });
}

export async function until(condition, what) {
        const end = Date.now() + PATIENCE;
        for (;;) {
                const got = await condition();
                if (got) return got;
                assert.ok(Date.now() < end, `not in time: ${what}`);
                await new Promise((resolve) => setTimeout(resolve, 50)); /* between two looks */
        }
}

/* A restart loads it again, when what it was made from is gone. */
function copied(home, programme) {
        const path = join(home, "programme.yaml");
        copyFileSync(programme, path);
        return path;
}

export class Site {
        static async start(programme, port = 0) {
                const site = new Site();
                site.home = mkdtempSync(join(tmpdir(), "qf-web-"));
                site.dir = join(site.home, "d");
                site.programme = programme && copied(site.home, programme);
                site.port = port || (await freePort());
                await site.up();
                return site;
        }

        /* The sample programme of the demo with all that its partners have. */
        static async sample() {
                const folder = mkdtempSync(join(tmpdir(), "qf-sample-"));
                try {
                        await run("/usr/bin/python3", ["-B", join(source, "deploy/sample/make_sample.py"), folder]);
                        const site = await Site.start(join(folder, "programme.yaml"));
                        for (const file of readdirSync(folder).filter((name) => /^[A-Z]+\.csv$/.test(name))) {
                                const code = file.replace(".csv", "");
                                await site.partner(code);
                                await site.feed(join(folder, file), code);
                                await site.feedLines(join(folder, `${code}.jsonl`), code);
                        }
                        return site;
                } finally {
                        rmSync(folder, { recursive: true, force: true });
                }
        }

        get url() {
                return `http://127.0.0.1:${this.port}/`;
        }

        async up() {
                this.begin();
                await until(() => {
                        assert.equal(this.child.exitCode, null, this.said.err);
                        return this.said.out.includes('"ready"');
                }, "qf up is ready");
        }

        begin() {
                const words = ["up", "--json", "--dir", this.dir, "--http", `127.0.0.1:${this.port}`];
                if (this.programme) words.push("--programme", this.programme);
                this.child = spawn(join(bin, "qf"), words, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, LC_ALL: "C.UTF-8" } });
                const said = { out: "", err: "" };
                this.child.stdout.on("data", (data) => (said.out += data));
                this.child.stderr.on("data", (data) => (said.err += data));
                this.said = said;
        }

        async down() {
                if (!this.child || this.child.exitCode !== null) return;
                const ended = new Promise((resolve) => this.child.once("exit", resolve));
                this.child.kill("SIGTERM");
                await ended;
        }

        async end() {
                await this.down();
                rmSync(this.home, { recursive: true, force: true });
        }

        async qf(...words) {
                try {
                        return (await run(join(bin, "qf"), [...words, "--dir", this.dir], { env: { ...process.env, LC_ALL: "C.UTF-8" }, maxBuffer: 1 << 26 })).stdout;
                } catch (error) {
                        throw new Error(`qf ${words.join(" ")}\n${error.stdout}\n${error.stderr}`);
                }
        }

        async partner(code, org = code) {
                await this.qf("key", "new", code);
                await this.qf("key", "add", code, join(this.dir, "keys", `${code}.public`), "--org", org, "--role", "feed,read");
        }

        async feed(file, as, ...words) {
                return this.qf("feed", file, "--as", as, ...words);
        }

        /* Rows of the clerks' template. */
        async feedRows(as, rows) {
                const file = join(this.home, `${as}-${Date.now()}-${Math.floor(Math.random() * 1e6)}.csv`);
                const head = ["操作", "活动编号", "主办单位", "活动日期", "活动名称", "线上线下", "方式", "地点", "参加人次", "内容"];
                writeFileSync(file, `\ufeff${[head, ...rows].map((row) => row.join(",")).join("\r\n")}\r\n`);
                return this.feed(file, as);
        }

        /* Lines of JSON; some may come back. */
        async feedLines(file, as) {
                const input = openSync(file, "r");
                const child = spawn(join(bin, "qf"), ["feed", "-", "--as", as, "--dir", this.dir], { stdio: [input, "ignore", "pipe"] });
                closeSync(input);
                let said = "";
                child.stderr.on("data", (data) => (said += data));
                const code = await new Promise((resolve) => child.once("exit", resolve));
                assert.ok(code === 0 || code === 2, `qf feed - --as ${as} ended with ${code}\n${said}`);
        }

        async totals(...words) {
                return JSON.parse(await this.qf("totals", "--json", ...words)).all;
        }

        /* The process of one of the daemons. */
        async pid(daemon) {
                const { stdout } = await run("pgrep", ["-f", `${daemon}.*${this.dir}`]);
                return Number(stdout.trim().split("\n")[0]);
        }

        path(name, text) {
                const path = join(this.home, name);
                writeFileSync(path, text);
                return path;
        }
}

/* A programme and events whose names are written to do harm, or are long, or run from right to left. */
export const HARM = { tag: "<img src=x onerror=alert(1)>", right: "مكتب النزاهة", long: "一个名字特别特别长的驻区单位和它下属的许多许多部门以及联合会和分支机构的总和" };
export async function harmed() {
        const { tag, right, long } = HARM;
        const text = readFileSync(join(source, "deploy/programmes/integrity-123n.yaml"), "utf8")
                .replace("zh: 福州海关, en: Fuzhou Customs", `zh: "${tag}", en: "${tag}"`)
                .replace("zh: 中建海峡, en: CSCEC Strait", `zh: "${right}", en: "${right}"`)
                .replace("zh: 税务部门, en: tax authority, groups: [org_kind=tax], aliases: [税务]", `zh: ${long}, en: "${long}", groups: [org_kind=tax]`)
                .replace("zh: 政治素养, en: political literacy", `zh: "<script>alert(2)</script>", en: "javascript:alert(3)"`);
        assert.ok([tag, right, long, "<script>"].every((each) => text.includes(each)));
        const site = await Site.start(null);
        await site.qf("programme", "load", site.path("harm.yaml", text));
        for (const [code, many] of [["HG", 3], ["HX", 2], ["SW", 1]]) {
                await site.partner(code);
                const rows = Array.from({ length: many }, (_, i) => ["新增", `<svg onload=alert(4)>${i}`, code, "2023-05-0" + (i + 1), "<b>标题</b>", "线下", "研学", "CJL", 10, "PL"]);
                await site.feedRows(code, rows);
        }
        return site;
}

/* Between browser and server: a line that goes dead without a word, as when a box in between forgets it. */
export class Wire {
        static async to(port) {
                const wire = new Wire();
                wire.pairs = [];
                wire.server = createServer((near) => {
                        const far = connect(port, "127.0.0.1");
                        near.on("error", () => far.destroy()).pipe(far);
                        far.on("error", () => near.destroy()).pipe(near);
                        wire.pairs.push([near, far]);
                });
                await new Promise((resolve) => wire.server.listen(0, "127.0.0.1", resolve));
                wire.url = `http://127.0.0.1:${wire.server.address().port}/`;
                return wire;
        }

        /* Those that are there now carry nothing more, and do not end. */
        freeze() {
                for (const [near, far] of this.pairs) {
                        near.unpipe(far).pause();
                        far.unpipe(near).pause();
                }
        }

        async end() {
                for (const pair of this.pairs) for (const socket of pair) socket.destroy();
                await new Promise((resolve) => this.server.close(resolve));
        }
}

export const SIZES = { wall: { width: 1920, height: 1080 }, desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

/* The browser, and what its pages did that they should not. */
export class Eyes {
        static async open() {
                const eyes = new Eyes();
                eyes.browser = await chromium.launch({
                        executablePath: process.env.QF_CHROMIUM || "/usr/bin/chromium",
                        args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
                });
                eyes.wrong = [];
                mkdirSync(process.env.QF_PICTURES, { recursive: true });
                return eyes;
        }

        async page(url, { size = SIZES.desk, ready = true, ...options } = {}) {
                const context = await this.browser.newContext({ viewport: size, reducedMotion: "reduce", acceptDownloads: true, ...options });
                const page = await context.newPage();
                const host = new URL(url).host;
                page.on("request", (request) => {
                        const at = new URL(request.url());
                        if (!["data:", "blob:"].includes(at.protocol) && at.host !== host) this.wrong.push(`request to ${request.url()}`);
                });
                page.on("pageerror", (error) => this.wrong.push(`error of the page: ${error.message}`));
                page.on("console", (message) => /Content Security Policy|violates/i.test(message.text()) && this.wrong.push(message.text()));
                page.on("dialog", (dialog) => {
                        this.wrong.push(`a dialog: ${dialog.message()}`);
                        dialog.dismiss();
                });
                await page.goto(url);
                if (ready) await this.ready(page);
                return page;
        }

        /* All panels have come, and the digits they are set in: a test that stops the server next would wait for those for ever. */
        async ready(page) {
                await page.waitForSelector('main.grid:not([aria-busy="true"])', { timeout: PATIENCE });
                await page.waitForFunction(() => !document.querySelector('.panel[data-state="loading"]'), null, { timeout: PATIENCE });
                await this.drawn(page);
        }

        /* What changed is on the screen. */
        async drawn(page) {
                await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
                await page.waitForFunction(() => document.fonts.status === "loaded", null, { timeout: PATIENCE });
        }

        async picture(page, name, full = true) {
                await this.drawn(page);
                await page.screenshot({ path: join(process.env.QF_PICTURES, `${name}.png`), fullPage: full });
        }

        /* What axe finds that is serious or worse, in words. */
        async faults(page) {
                /* By the protocol, not by a script tag: the page's policy holds for pages, not for who looks at them. */
                await page.evaluate(axe);
                const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
                return found.violations.filter((each) => ["serious", "critical"].includes(each.impact)).map((each) => `${each.id}: ${each.nodes.slice(0, 4).map((node) => `${node.target} ${node.any[0]?.message || ""}`).join(" | ")}`);
        }

        async close(page) {
                await page.context().close();
                const wrong = this.wrong;
                this.wrong = [];
                assert.deepEqual(wrong, []);
        }

        async end() {
                await this.browser.close();
        }
}

/* The parts of a workbook, as text. */
export function unzipped(bytes) {
        const { strFromU8, unzipSync } = modules("fflate");
        return Object.fromEntries(Object.entries(unzipSync(new Uint8Array(bytes))).map(([name, part]) => [name, strFromU8(part)]));
}

export const figure = (page, code) => page.locator(`.tile[data-figure="${code}"] .big .n`);
export const number = async (page, code) => Number((await figure(page, code).textContent()).replaceAll(",", ""));

/* An installation of the sample and a browser, for all tests of a file. */
export async function opened() {
        const eyes = await Eyes.open();
        test.after(() => eyes.end());
        const site = await Site.sample();
        test.after(() => site.end());
        return { eyes, site };
}

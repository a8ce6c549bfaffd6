/* Pictures of the board in every state, language, theme and size, for those who look at
 * it before it is shown: node tests/browser/gallery.mjs FOLDER [WORD …], with the
 * environment of the tests in a browser. Words choose by parts of names, as
 * "library", "wall" or "stale". The states are made of what a real server sends. */
import { mkdirSync, mkdtempSync, copyFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Eyes, PATIENCE, SIZES, Site, harmed, source } from "./site.mjs";

const VIEWS = { wall: [SIZES.wall, "wall"], desk: [SIZES.desk, "board"], phone: [SIZES.phone, "board"], print: [{ width: 1587, height: 1122 }, "print"] };
const STATES = ["full", "stale", "offline", "stopped", "checking", "error", "skeleton"];
const [folder, ...words] = process.argv.slice(2);
process.env.QF_PICTURES = folder;
mkdirSync(folder, { recursive: true });

/* In the page: what the server says is let through, made into an error, or held back. */
function between(state) {
        const real = globalThis.fetch;
        const told = (event) => {
                const [name, data] = [/^event: (.*)$/m.exec(event)?.[1], /^data: (.*)$/m.exec(event)?.[1]];
                if (globalThis.cut) throw new TypeError("cut");
                if (globalThis.held) return "";
                if (!name || !data) return event;
                const value = JSON.parse(data);
                const why = state === "stopped" ? { code: "disk_full", zh: "磁盘已满，腾出空间后自动接着计", en: "the disk is full: counting waits for room" } : null;
                if (["checking", "stopped"].includes(state) && name === "status") return `event: status\ndata: ${JSON.stringify({ ...value, state, why })}`;
                if (name === "status") return event;
                if (state === "skeleton") return "";
                return state === "error" ? `event: ${name}\ndata: ${JSON.stringify({ panel: name, error: { zh: "答复超时", en: "it took too long" } })}` : event;
        };
        globalThis.fetch = async (...asked) => {
                if (globalThis.cut) throw new TypeError("cut");
                const answer = await real(...asked);
                if (!String(asked[0]).includes("/api/v1/live")) return answer;
                let rest = "";
                const parts = new TransformStream({
                        transform(text, out) {
                                const events = (rest + text).split("\n\n");
                                rest = events.pop();
                                for (const event of events.map(told).filter(Boolean)) out.enqueue(`${event}\n\n`);
                        },
                });
                return new Response(answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(parts).pipeThrough(new TextEncoderStream()), { status: answer.status, headers: answer.headers });
        };
}

async function library() {
        const site = await Site.start(join(source, "deploy/programmes/library.yaml"));
        const own = mkdtempSync(join(tmpdir(), "qf-gallery-"));
        await site.partner("library", "TRL");
        copyFileSync(join(source, "tests/data/timberland-2021-programs.csv"), join(own, "programs.csv"));
        await site.feed(join(own, "programs.csv"), "library", "--map", join(source, "deploy/programmes/library.map.yaml"));
        rmSync(own, { recursive: true });
        return site;
}

/* One year of which some numbers were never told, and one before it of which none was. */
async function unknown() {
        const site = await Site.start(join(source, "deploy/programmes/integrity-123n.yaml"));
        await site.partner("MW");
        await site.feedRows("MW", [
                ["新增", "甲", "马尾区纪委监委", "2022-05-01", "一场", "线下", "研学", "", "", "政治素养"],
                ["新增", "乙", "马尾区纪委监委", "2023-05-01", "一场", "线下", "研学", "", 30, "政治素养"],
                ["新增", "丙", "马尾区纪委监委", "2023-06-01", "一场", "线下", "研学", "", "", "党纪法规"],
        ]);
        return site;
}

const SITES = [
        ["integrity", () => Site.sample(), "year=2023", STATES],
        ["integrity-empty", () => Site.start(join(source, "deploy/programmes/integrity-123n.yaml")), "", ["full"]],
        ["unknown", unknown, "year=2023", ["full"]],
        ["names", harmed, "year=2023", ["full"]],
        ["library", library, "", STATES],
        ["library-empty", () => Site.start(join(source, "deploy/programmes/library.yaml")), "", ["full"]],
];

async function takeAll(eyes, site, name, query, state, meant) {
        for (const [view, [size, mode]] of Object.entries(VIEWS)) {
                for (const lang of ["zh", "en"]) {
                        for (const theme of mode === "print" ? ["light"] : ["dark", "light"]) {
                                const title = [name, view, state, lang, theme].join("-");
                                if (!meant(title)) continue;
                                const context = await eyes.browser.newContext({ viewport: size, reducedMotion: "reduce" });
                                const page = await context.newPage();
                                if (state !== "full") await page.addInitScript(between, state);
                                await page.goto(`${site.url}?${query}&view=${mode}&lang=${lang}&theme=${theme}`);
                                await page.waitForSelector('main.grid:not([aria-busy="true"])', { timeout: PATIENCE });
                                if (state !== "skeleton") await page.waitForFunction(() => !document.querySelector('.panel[data-state="loading"]'), null, { timeout: PATIENCE });
                                if (state === "stale") {
                                        await page.evaluate(() => {
                                                globalThis.held = true;
                                                const now = performance.now.bind(performance);
                                                performance.now = () => now() + 16000;
                                        });
                                        await page.locator(".linkchip.stale").waitFor({ timeout: PATIENCE });
                                }
                                if (state === "offline") {
                                        await page.evaluate(() => (globalThis.cut = true));
                                        await page.locator(".linkchip.offline").waitFor({ timeout: PATIENCE });
                                }
                                await eyes.picture(page, title, view !== "wall");
                                await context.close();
                        }
                }
        }
}

const eyes = await Eyes.open();
try {
        for (const [name, start, query, states] of SITES) {
                const meant = (title) => words.every((word) => (word.startsWith("-") ? !title.includes(word.slice(1)) : title.includes(word)));
                const many = states.flatMap((state) => Object.keys(VIEWS).flatMap((view) => ["zh", "en"].flatMap((lang) => ["dark", "light"].map((theme) => [name, view, state, lang, theme].join("-")))));
                if (!many.some(meant)) continue;
                const site = await start();
                try {
                        for (const state of states) await takeAll(eyes, site, name, query, state, meant);
                } finally {
                        await site.end();
                }
        }
} finally {
        await eyes.end();
}

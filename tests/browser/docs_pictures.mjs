/* The pictures of the board and of the annual report in README, taken of a fresh deploy/demo, so that what is promised is
 * what is shown: ninja -C build/dev docs-pictures. Look at them before they are committed. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Eyes, SIZES, source, until } from "./site.mjs";

const PICTURES = { "board-wall": "lang=zh", "board-wall-en": "lang=en" };

/* With 256 colours it is a third as large and looks the same; where there is no ImageMagick it stays as it is. */
function slimmed(path) {
        try {
                execFileSync("convert", [path, "-dither", "None", "-colors", "256", `PNG8:${path}`]);
        } catch (error) {
                if (error.code !== "ENOENT") throw error;
        }
}

/* The cover, the overview and the organisations beside each other; as it was where there is no ImageMagick. */
function pictureReport(dir) {
        const own = mkdtempSync(join(tmpdir(), "qf-report-"));
        const paper = ["-background", "#e5e2dd", "-bordercolor", "#e5e2dd"];
        const pages = [1, 3, 5].map((page) => join(own, `page${page}`));
        try {
                execFileSync(join(source, "build/release/bin/qf"), ["report", "year", "--year", "2023", "--base", "2021", "--from", "2022", "--format", "pdf", "--lang", "zh", "--output", join(own, "year.pdf"), "--dir", dir]);
                for (const [i, page] of pages.entries()) execFileSync("pdftoppm", ["-r", "52", "-f", String(2 * i + 1), "-singlefile", "-png", join(own, "year.pdf"), page]);
                execFileSync("montage", [...pages.map((page) => `${page}.png`), "-tile", "3x1", "-geometry", "+6+6", ...paper, join(own, "all.png")]);
                execFileSync("convert", [join(own, "all.png"), ...paper, "-border", "6", `PNG24:${join(process.env.QF_PICTURES, "annual-report.png")}`]);
        } catch (error) {
                if (error.code !== "ENOENT") throw error;
        } finally {
                rmSync(own, { recursive: true });
        }
}

const demo = spawn(join(source, "deploy/demo"), { stdio: ["ignore", "pipe", "inherit"], detached: true });
let said = "";
demo.stdout.on("data", (data) => (said += data));
const ended = new Promise((resolve) => demo.once("exit", resolve));
const eyes = await Eyes.open();
try {
        const url = await until(() => {
                if (demo.exitCode !== null) throw new Error(`deploy/demo ended\n${said}`);
                return /(http:\/\/127\.0\.0\.1:\d+\/\?base=2021)/.exec(said)?.[1];
        }, "the demo says where its board is");
        pictureReport(/^ *directory +(\S+)/m.exec(said)[1]);
        for (const [name, words] of Object.entries(PICTURES)) {
                const page = await eyes.page(`${url}&view=wall&${words}`, { size: SIZES.wall });
                await eyes.picture(page, name, false);
                await eyes.close(page);
                slimmed(join(process.env.QF_PICTURES, `${name}.png`));
        }
} finally {
        await eyes.end();
        if (demo.exitCode === null) process.kill(demo.pid, "SIGTERM");
        await ended;
}

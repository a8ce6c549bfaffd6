/* The pictures of the board in README, taken of a fresh deploy/demo, so that what is promised is what is shown:
 * ninja -C build/dev docs-pictures. Look at them before they are committed. */
import { execFileSync, spawn } from "node:child_process";
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

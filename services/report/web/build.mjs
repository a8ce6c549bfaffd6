/* Builds the board: node build.mjs FOLDER NODE_MODULES. FOLDER gets index.html, icon.svg,
 * version (the bundle's digest, which the server tells each page, so that one from
 * before an upgrade loads itself again) and assets/, each with its .gz. The same
 * sources and packages give the same bytes. */
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const [out, modules] = process.argv.slice(2).map((path) => resolve(path));
const { build } = createRequire(join(modules, "/"))("esbuild");

const zip = join(here, "src/zip.js");
const zipWithoutWorkers = { name: "zip", setup: (its) => its.onResolve({ filter: /^fflate$/ }, ({ importer }) => (importer === zip ? null : { path: zip })) };

const made = await build({
        entryPoints: [join(here, "src/main.jsx")],
        bundle: true,
        minify: true,
        write: false,
        format: "iife",
        target: ["chrome87", "firefox91"],
        charset: "utf8",
        outdir: join(out, "assets"),
        entryNames: "board",
        assetNames: "[name]-[hash]",
        loader: { ".woff2": "file" },
        jsx: "automatic",
        jsxImportSource: "preact",
        legalComments: "none",
        nodePaths: [modules],
        plugins: [zipWithoutWorkers],
        define: { "process.env.NODE_ENV": '"production"' },
        logLevel: "warning",
});

const digest = createHash("sha256");
for (const file of made.outputFiles) digest.update(file.contents);
const pages = ["index.html", "icon.svg"];
for (const name of pages) digest.update(readFileSync(join(here, "src", name)));
const id = digest.digest("hex").slice(0, 12);
const named = (text) => text.replaceAll("QF_BUNDLE_ID", id);

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "assets"), { recursive: true });
for (const file of made.outputFiles) {
        const name = file.path.replace(/board\.(js|css)$/, `board-${id}.$1`);
        writeFileSync(name, /\.(js|css)$/.test(name) ? named(file.text) : file.contents);
}
for (const name of pages) writeFileSync(join(out, name), named(readFileSync(join(here, "src", name), "utf8")));
writeFileSync(join(out, "version"), `${id}\n`);
copyFileSync(join(here, "LICENSES.txt"), join(out, "LICENSES.txt"));
for (const name of readdirSync(join(out, "assets")))
        if (/\.(js|css)$/.test(name)) writeFileSync(join(out, "assets", `${name}.gz`), gzipSync(readFileSync(join(out, "assets", name)), { level: 9 }));

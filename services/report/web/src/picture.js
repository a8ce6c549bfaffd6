/* A panel as a PNG, drawn by the browser itself: the panel, the page's own style and
 * font inside an SVG that is painted on a canvas. Nothing leaves the page. */

import { wrapped } from "./format.js";

const SCALE = 2;
const LETTER = 12; /* of what is said below the panel */
const LEADING = 18;
const PAD = 16;
const LINES_MOST = 6;

/* What is for certain windows holds, or not, as it does for the page: the picture is as narrow as its panel. */
function textOf(rules) {
        let text = "";
        for (const rule of rules) {
                if (rule instanceof CSSMediaRule) text += matchMedia(rule.conditionText).matches ? textOf(rule.cssRules) : "";
                else if (!(rule instanceof CSSFontFaceRule)) text += `${rule.cssText}\n`;
        }
        return text;
}

const styleText = () => [...document.styleSheets].map((sheet) => textOf(sheet.cssRules)).join("");

async function asData(url) {
        const blob = await (await fetch(url)).blob();
        return new Promise((resolve, reject) => {
                const reader = new FileReader();
                reader.onload = () => resolve(reader.result);
                reader.onerror = () => reject(reader.error);
                reader.readAsDataURL(blob);
        });
}

/* A picture in an SVG may load nothing, so the font goes in with it. */
async function fontText() {
        let text = "";
        for (const sheet of document.styleSheets)
                for (const rule of sheet.cssRules) {
                        if (!(rule instanceof CSSFontFaceRule)) continue;
                        const url = /url\("?([^")]+)"?\)/.exec(rule.style.getPropertyValue("src"))?.[1];
                        if (!url) continue;
                        const data = await asData(new URL(url, sheet.href || document.baseURI));
                        text += `@font-face{font-family:${rule.style.getPropertyValue("font-family")};font-weight:${rule.style.getPropertyValue("font-weight")};src:url(${data})}\n`;
                }
        return text;
}

function svgOf(section, width, height, style) {
        const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        const root = document.documentElement;
        svg.setAttribute("width", width);
        svg.setAttribute("height", height);
        for (const name of ["data-theme", "data-view", "lang", "class"]) svg.setAttribute(name, root.getAttribute(name) || "");
        const sheet = document.createElementNS("http://www.w3.org/2000/svg", "style");
        sheet.textContent = style;
        const foreign = document.createElementNS("http://www.w3.org/2000/svg", "foreignObject");
        foreign.setAttribute("width", width);
        foreign.setAttribute("height", height);
        const body = document.createElement("div");
        body.className = "picture";
        const copy = section.cloneNode(true);
        copy.querySelector(".tools")?.remove();
        copy.style.width = `${width}px`;
        copy.style.height = `${height}px`;
        body.append(copy);
        foreign.append(body);
        svg.append(sheet, foreign);
        return new XMLSerializer().serializeToString(svg);
}

/* source: what a file says of where it is from, written below the panel. */
export async function pictureOf(section, source) {
        const { width, height } = section.getBoundingClientRect();
        const [w, h] = [Math.ceil(width), Math.ceil(height)];
        const text = svgOf(section, w, h, (await fontText()) + styleText());
        const image = new Image();
        image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
        await image.decode();
        const lines = wrapped(source, Math.floor((w - 2 * PAD) / (LETTER / 2)), LINES_MOST);
        const whole = h + lines.length * LEADING + PAD / 2;
        const style = getComputedStyle(document.documentElement);
        const canvas = document.createElement("canvas");
        canvas.width = w * SCALE;
        canvas.height = whole * SCALE;
        const paint = canvas.getContext("2d");
        paint.scale(SCALE, SCALE);
        paint.fillStyle = style.getPropertyValue("--bg").trim();
        paint.fillRect(0, 0, w, whole);
        paint.drawImage(image, 0, 0, w, h);
        paint.fillStyle = style.getPropertyValue("--muted").trim();
        paint.font = `${LETTER}px ${getComputedStyle(document.body).fontFamily}`;
        lines.forEach((line, i) => paint.fillText(line, PAD, h + (i + 0.75) * LEADING, w - 2 * PAD));
        return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/* Hands a blob to the reader as a file. */
export function hand(blob, name) {
        const link = document.createElement("a");
        link.href = URL.createObjectURL(blob);
        link.download = name;
        document.body.append(link);
        link.click();
        link.remove();
        setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

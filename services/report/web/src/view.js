/* A view is a URL, and a URL is a view: what is chosen stands behind "?", and
 * nothing else decides what is shown. Pure. */

const CHOICES = {
        lang: ["zh", "en"],
        theme: ["auto", "dark", "light"],
        view: ["board", "wall", "print"],
};
const CODE = /^[^\u0000-\u001f,=/]{1,64}$/;

/* What a URL says; what it says wrongly is as if it were not there. */
export function readView(search) {
        const said = new URLSearchParams(search);
        const view = { lang: "zh", theme: "auto", view: "board", year: 0, base: 0, partner: "", cross: [], tables: [], show: "" };

        for (const [name, choices] of Object.entries(CHOICES))
                if (choices.includes(said.get(name))) view[name] = said.get(name);
        for (const name of ["year", "base"]) if (/^(19|20|21)\d\d$/.test(said.get(name) || "")) view[name] = Number(said.get(name));
        if (CODE.test(said.get("partner") || "")) view.partner = said.get("partner");
        const cross = (said.get("cross") || "").split(",");
        if (cross.length === 2 && cross[0] !== cross[1] && cross.every((code) => CODE.test(code))) view.cross = cross;
        if (said.get("tables")) view.tables = said.get("tables").split(",").filter((id) => /^[a-z]{1,20}$/.test(id));
        if ((said.get("show") || "").length <= 400) view.show = said.get("show") || "";
        return view;
}

/* The other way; only what is not as usual. */
export function writeView(view) {
        const said = new URLSearchParams();

        if (view.lang !== "zh") said.set("lang", view.lang);
        if (view.theme !== "auto") said.set("theme", view.theme);
        if (view.view !== "board") said.set("view", view.view);
        for (const name of ["year", "base"]) if (view[name]) said.set(name, String(view[name]));
        for (const name of ["partner", "show"]) if (view[name]) said.set(name, view[name]);
        if (view.cross.length) said.set("cross", view.cross.join(","));
        if (view.tables.length) said.set("tables", view.tables.join(","));
        const text = said.toString();
        return text ? `?${text}` : "";
}

/* A wall is dark and paper is light, unless the URL says otherwise. */
export function themeOf(view, systemIsLight) {
        if (view.view === "print") return "light";
        if (view.theme !== "auto") return view.theme;
        return view.view === "wall" || !systemIsLight ? "dark" : "light";
}

/* A wall is laid out for 1920 × 1080 and drawn as large as the screen allows, whatever screen it is; null: the window is too
 * small for one, and shows the board. */
const WALL = { width: 1920, height: 1080, least: 1000 };
export function fitWall(view, width, height) {
        if (view.view !== "wall" || width < WALL.least) return null;
        const scale = Math.min(width / WALL.width, height / WALL.height);
        return { scale, width: Math.floor(width / scale), height: Math.floor(height / scale) };
}

/* What a drill-down asks for, as it stands in the URL: "org=HG;from=20230101". */
export function readShow(text) {
        const show = { kind: "activity", cycle: "", where: [], from: 0, to: 0 };

        for (const part of text.split(";")) {
                const at = part.indexOf("=");
                const [name, value] = [part.slice(0, at), part.slice(at + 1)];
                if (at < 1) continue;
                if (name === "from" || name === "to") show[name] = /^\d{8}$/.test(value) ? Number(value) : 0;
                else if (name === "kind" || name === "cycle") show[name] = value;
                else show.where.push([name, value]);
        }
        return show;
}

export function writeShow({ kind, cycle, where, from, to }) {
        const parts = kind && kind !== "activity" ? [`kind=${kind}`] : [];

        if (cycle) parts.push(`cycle=${cycle}`);
        for (const [dimension, code] of where || []) parts.push(`${dimension}=${code}`);
        if (from) parts.push(`from=${from}`);
        if (to) parts.push(`to=${to}`);
        return parts.join(";") || "kind=activity";
}

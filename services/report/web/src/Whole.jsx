/* Where nobody can scroll, on a wall and on paper, nothing is cut off without a word:
 * rows that have no room are taken out, and a line below the others names them. */
import { useLayoutEffect, useRef } from "preact/hooks";

const ROWS = ":is(.bars, .oversight, .ages, .plan) > li, .cross tbody > tr, .covers tbody > tr";
const isCut = (box) => [box, ...box.querySelectorAll(".scroll, .bars, .oversight, .ages, .plan")].some((each) => each.scrollHeight > each.clientHeight + 1);
const nameOf = (row) => (row.querySelector("th, .name") || row).textContent.trim();

/* From the end, one after the other. */
function fit(box, context) {
        const rows = [...box.querySelectorAll(ROWS)];
        const line = box.querySelector(".hidden-rows");
        const left = [];
        for (const row of rows) row.hidden = false;
        line.hidden = true;
        line.textContent = "";
        if (context.view.view === "board") return;
        while (rows.length > 1 && isCut(box)) {
                const row = rows.pop();
                row.hidden = true;
                left.unshift(nameOf(row));
                line.hidden = false;
                line.textContent = context.t("hidden", left.length, left.join(context.t("and")));
        }
}

/* of: what is shown; as long as it is the same, so is what fits. */
export function Whole({ context, of, children }) {
        const box = useRef(null);
        const latest = useRef(context);
        latest.current = context;
        useLayoutEffect(() => {
                let wanted = 0;
                const again = () => {
                        cancelAnimationFrame(wanted);
                        wanted = requestAnimationFrame(() => box.current && fit(box.current, latest.current));
                };
                const sizes = new ResizeObserver(again);
                sizes.observe(box.current);
                document.fonts.addEventListener("loadingdone", again);
                return () => {
                        cancelAnimationFrame(wanted);
                        sizes.disconnect();
                        document.fonts.removeEventListener("loadingdone", again);
                };
        }, []);
        useLayoutEffect(() => fit(box.current, context), [of, context.view, context.theme]);
        return (
                <div class="body" ref={box}>
                        {children}
                        <p class="hidden-rows" hidden />
                </div>
        );
}

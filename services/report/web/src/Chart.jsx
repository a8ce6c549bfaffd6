/* A chart of ECharts, drawn as SVG: only what is used of it is in the bundle. */
import { BarChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "preact/hooks";

echarts.use([BarChart, GridComponent, TooltipComponent, SVGRenderer]);

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/* option: (width) → of ECharts; it is made anew when `of` changes. */
export function Chart({ option, of, label, onPick }) {
        const place = useRef(null);
        const chart = useRef(null);
        const latest = useRef(null);
        latest.current = { option, onPick };

        const draw = () => {
                if (!place.current) return;
                const { clientWidth: width, clientHeight: height } = place.current; /* as laid out: a wall is scaled */
                if (width < 40 || height < 40) return;
                if (!chart.current) {
                        chart.current = echarts.init(place.current, null, { renderer: "svg", width, height });
                        chart.current.on("click", (picked) => latest.current.onPick?.(picked));
                }
                chart.current.resize({ width, height });
                chart.current.setOption({ animation: false, ...latest.current.option(width) }, { notMerge: true });
        };
        useEffect(() => {
                /* Not window.resize: a banner above makes the box smaller and the window not. */
                const watch = new ResizeObserver(draw);
                watch.observe(place.current);
                draw();
                return () => {
                        watch.disconnect();
                        chart.current?.dispose();
                        chart.current = null;
                };
        }, []);
        useEffect(() => {
                if (chart.current) draw();
        }, [of]);
        return <div class="chart" ref={place} role="img" aria-label={label} />;
}

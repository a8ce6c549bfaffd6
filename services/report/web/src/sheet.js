/* A panel's table as a workbook: numbers and shares as numbers, text as text, whatever it begins with. */
import writeExcelFile from "write-excel-file/browser";
import { widthOf } from "./format.js";

const NAME_MOST = 31; /* Excel's, and the signs that it takes in no sheet's name */
const NAME_BARRED = /[[\]:*?/\\]/g;
const WIDEST = 60; /* letters */

const PERCENT = /^[+-]?\d+(?:\.(\d+))?%$/;

/* A cell of tableOf() as the sheet has it. */
export function cellOf(cell) {
        const value = cell && typeof cell === "object" ? cell.value : cell;
        if (value === null || value === undefined || value === "") return null;
        if (typeof value === "number") return { value, type: Number, format: "#,##0" };
        const share = PERCENT.exec(value);
        if (!share) return { value, type: String };
        const places = share[1]?.length || 0;
        return { value: Number((Number(value.slice(0, -1)) / 100).toFixed(places + 2)), type: Number, format: places ? `0.${"0".repeat(places)}%` : "0%" };
}

const printed = (cell) => (cell === null ? "" : String(cell.value));

/* table as tableOf() gives it; title and note are the panel's. Gives a Blob. */
export function sheetOf(table, title, note) {
        const rows = table.rows.map((row) => row.map(cellOf));
        const head = table.head.map((value) => ({ value, type: String, fontWeight: "bold", backgroundColor: "#E3EEEA", wrap: true }));
        const columns = head.map(({ value }, i) => ({ width: Math.min(WIDEST, Math.max(widthOf(value), ...rows.map((row) => widthOf(printed(row[i] ?? null)))) + 3) }));
        const sheet = title.replace(NAME_BARRED, " ").slice(0, NAME_MOST).trim();
        return writeExcelFile([head, ...rows, [], [{ value: note, type: String, color: "#5A6B68" }]], { sheet, columns, stickyRowsCount: 1 }).toBlob();
}

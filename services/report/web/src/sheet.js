/* A panel's table as a workbook: days as days, numbers and shares as numbers, text as text, whatever it begins with. */
import writeExcelFile from "write-excel-file/browser";
import { sanitizeTextContent } from "write-excel-file/utility";
import { headed, widthOf } from "./format.js";
import { textOf } from "./tables.js";

const NAME_MOST = 31; /* Excel's, and the signs that it takes in no sheet's name */
const NAME_BARRED = /[[\]:*?/\\]/g;
const FOOT_MOST = 100; /* of a title: Excel takes 255 signs in all */
const WIDEST = 60; /* letters */

const PERCENT = /^([+-]?)\d+(?:\.(\d+))?%$/;
const DAY = /^\d{4}-\d\d-\d\d$/;

function shareOf(value, [, sign, decimals = ""]) {
        const format = `0${decimals && "."}${"0".repeat(decimals.length)}%`;
        return { value: Number((Number(value.slice(0, -1)) / 100).toFixed(decimals.length + 2)), type: Number, format: sign ? `+${format};-${format};${format}` : format };
}

/* A cell of tableOf() as the sheet has it. */
function cellOf(cell) {
        const { value, format } = cell && typeof cell === "object" ? cell : { value: cell };
        if (value === null || value === undefined || value === "") return null;
        if (format) return { value: parseInt(value, 10), type: Number, format };
        if (typeof value === "number") return { value, type: Number, format: "#,##0" };
        const [share, day] = [PERCENT.exec(value), new Date(DAY.test(value) ? value : NaN)];
        if (share) return shareOf(value, share);
        if (day > 0 && day.toISOString().startsWith(value)) return { value: day, type: Date, format: "yyyy-mm-dd" };
        return { value, type: String, wrap: widthOf(value) > WIDEST };
}

const shown = (cell) => String(textOf(cell && typeof cell === "object" ? cell.value : cell));

/* On paper all columns stand side by side, below their heads on each page, and pages say what they are of. */
function printed(title, sheet) {
        const rows = sanitizeTextContent(`'${sheet.replaceAll("'", "''")}'!$1:$1`);
        const foot = sanitizeTextContent(`&L${title.slice(0, FOOT_MOST).replaceAll("&", "&&")}&R&P / &N`);
        return {
                files: {
                        transform: {
                                "xl/workbook.xml": {
                                        transform: (xml) => xml.replace("<definedNames/>", () => `<definedNames><definedName name="_xlnm.Print_Titles" localSheetId="0">${rows}</definedName></definedNames>`),
                                },
                                "xl/worksheets/sheet{id}.xml": {
                                        transformElementAttributes: (tag, attributes) => (tag === "pageSetup" ? { ...attributes, fitToWidth: 1, fitToHeight: 0 } : attributes),
                                        transform: (xml) => xml.replace("<sheetViews>", '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews>').replace(/<pageSetup [^>]*>/, (setup) => `${setup}<headerFooter><oddFooter>${foot}</oddFooter></headerFooter>`),
                                },
                        },
                },
        };
}

/* table as tableOf() gives it; title and note are the panel's. Gives a Blob. */
export function sheetOf(table, title, note) {
        const rows = table.rows.map((row) => row.map(cellOf));
        const places = table.head.map((_, i) => (rows.some((row) => row[i]?.type === Number) ? { align: "right" } : { align: "left", indent: 1 })); /* words do not touch the number at their left */
        const head = table.head.map((value, i) => ({ value: headed(value), type: String, fontWeight: "bold", backgroundColor: "#E3EEEA", wrap: true, ...places[i] }));
        const columns = table.head.map((value, i) => ({ width: Math.min(WIDEST, Math.max(widthOf(value), ...table.rows.map((row) => widthOf(shown(row[i]))))) + 4 }));
        const body = rows.map((row) => row.map((cell, i) => cell && { ...cell, ...places[i] }));
        const sheet = title.replace(NAME_BARRED, " ").slice(0, NAME_MOST).replace(/^[ ']+|[ ']+$/g, "");
        const options = { sheet, columns, stickyRowsCount: 1, orientation: "landscape" };
        return writeExcelFile([head, ...body, [], [{ value: note, type: String, color: "#5A6B68" }]], options, { fontFamily: "Microsoft YaHei", fontSize: 10, features: [printed(title, sheet)] }).toBlob();
}

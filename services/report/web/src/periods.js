/* Days as whole numbers, yyyymmdd, in the programme's own zone. Pure. */

const lastOf = (year, month) => new Date(Date.UTC(year, month, 0)).getUTCDate();

export const dashed = (date) => String(date).replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3").replace(/-00/g, "");
export const dayIn = (year, month, day) => year * 10000 + month * 100 + day;

/* The days of a year that are counted: the running one is as far as it has come. */
export function yearSpan(year, today) {
        const running = Math.floor(today / 10000) === year;
        return { from: dayIn(year, 1, 1), to: running ? today : dayIn(year, 12, 31), running, month: running ? Math.floor(today / 100) % 100 : 12 };
}

/* The days of a month, of the running one those that are counted: up to the last. */
export function monthSpan(year, month, last) {
        const [from, to] = [dayIn(year, month, 1), dayIn(year, month, lastOf(year, month))];
        return { from, to: from <= last && last < to ? last : to };
}

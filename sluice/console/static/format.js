// Numbers and times as text.

const numbers = new Intl.NumberFormat("en-US");
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** 1234567 → 1,234,567; a dash where the number is unknown. */
export function number(value) {
  return value === null || value === undefined ? "–" : numbers.format(value);
}

/** Records a second: 1,234/s; below 10 with one decimal. */
export function rate(perSecond) {
  if (perSecond === null || perSecond === undefined) return "–";
  return `${numbers.format(perSecond < 10 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond))}/s`;
}

/** 1536 → 1.5 KiB. */
export function bytes(count) {
  if (count === null || count === undefined) return "–";
  let unit = 0;
  while (count >= 1024 && unit < UNITS.length - 1) {
    count /= 1024;
    unit += 1;
  }
  return `${unit && count < 100 ? count.toFixed(1) : Math.round(count)} ${UNITS[unit]}`;
}

/** 2012-11-16T21:01:18.298235Z → 2012-11-16 21:01:18.298 (UTC, milliseconds). */
export function time(iso) {
  return iso ? iso.slice(0, 23).replace("T", " ").replace("Z", "") : "–";
}

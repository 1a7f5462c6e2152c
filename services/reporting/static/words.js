// How numbers, times and names read.

const LOCALE = navigator.language;
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

const clock = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const hourOnly = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit", hour12: false });
const dayOnly = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short" });
const whole = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false,
});
const short = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });
const count = new Intl.NumberFormat(LOCALE);

export const number = (value) => count.format(value ?? 0);
export const time = (iso) => clock.format(new Date(iso));
export const hour = (date) => hourOnly.format(date);
export const day = (date) => dayOnly.format(date);
export const moment = (iso) => (iso ? whole.format(new Date(iso)) : "–");
export const brief = (iso) => (iso ? short.format(new Date(iso)) : "–");
export const plain = (word) => (word ?? "").replaceAll("_", " ");
export const title = (word) => {
  const text = plain(word);
  return text.charAt(0).toUpperCase() + text.slice(1);
};
export const channel = (name) => ({ email: "E-mail", web: "Web form", whatsapp: "WhatsApp", api: "API" })[name] ?? title(name);

export function percent(share, digits = 0) {
  if (share === null || share === undefined) return "–";
  // Nothing but all is 100 %.
  const factor = 10 ** digits;
  const rounded = Math.round(share * 100 * factor) / factor;
  return `${(share < 1 && rounded === 100 ? 100 - 1 / factor : rounded).toFixed(digits)} %`;
}

/** The two largest units: "1 d 4 h", "12 min", "48 s". */
export function span(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const left = Math.round(Math.abs(seconds));
  if (left < 60) return `${left} s`;
  const units = [[Math.floor(left / 86400), "d"], [Math.floor(left / 3600) % 24, "h"], [Math.floor(left / 60) % 60, "min"]];
  return units.filter(([amount]) => amount).slice(0, 2).map(([amount, unit]) => `${amount} ${unit}`).join(" ");
}

/** A countdown: to the second below an hour. */
export function countdown(seconds) {
  const left = Math.floor(Math.abs(seconds));
  if (left >= 3600) return span(left);
  const two = (value) => String(value).padStart(2, "0");
  return `${Math.floor(left / 60)}:${two(left % 60)}`;
}

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

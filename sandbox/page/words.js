// How times, days, sizes and names are written in Vietnamese. Time is Vietnam's, wherever the browser stands.

const ZONE = { timeZone: "Asia/Ho_Chi_Minh" };
const CLOCK = new Intl.DateTimeFormat("vi-VN", { ...ZONE, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const KEY = new Intl.DateTimeFormat("en-CA", { ...ZONE, year: "numeric", month: "2-digit", day: "2-digit" });
const LONG = new Intl.DateTimeFormat("vi-VN", {
  ...ZONE, weekday: "long", day: "numeric", month: "numeric", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});
const NUMBER = new Intl.NumberFormat("vi-VN", { maximumFractionDigits: 1 });
const DAY = 86_400;

// The sandbox's clock may be ahead of this machine's: operators move it forward.
let ahead = 0;
export const setAhead = (seconds) => { ahead = seconds; };
export const now = () => Date.now() / 1000 + ahead;

export const number = (value) => NUMBER.format(value);
export const time = (seconds) => CLOCK.format(seconds * 1000);
export const dayKey = (seconds) => KEY.format(seconds * 1000);
export const moment = (seconds) => LONG.format(seconds * 1000);

export function day(seconds) {
  const key = dayKey(seconds);
  if (key === dayKey(now())) return "Hôm nay";
  if (key === dayKey(now() - DAY)) return "Hôm qua";
  const [year, month, date] = key.split("-").map(Number);
  const sameYear = year === Number(dayKey(now()).slice(0, 4));
  return `${date} tháng ${month}${sameYear ? "" : `, ${year}`}`;
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${number(Math.round(bytes / 1024))} KB`;
  return `${number(bytes / 1024 ** 2)} MB`;
}

/** "8 ngày 2 giờ", at most two parts. */
export function duration(seconds) {
  const parts = [[Math.floor(seconds / DAY), "ngày"], [Math.floor(seconds / 3600) % 24, "giờ"], [Math.floor(seconds / 60) % 60, "phút"]];
  const said = parts.filter(([count]) => count).slice(0, 2).map(([count, unit]) => `${count} ${unit}`);
  return said.join(" ") || "dưới 1 phút";
}

/** First letters of the first and of the last word: "Nguyễn Thu Mai" → "NM". */
export function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters.map((word) => [...word][0].toLocaleUpperCase("vi")).join("") || "?";
}

/** What a message is in one line, for the pin, a reply, a screen reader. */
export function gist(message) {
  if (message.deleted) return "Tin nhắn đã thu hồi";
  if (message.text) return message.text.replace(/\s+/g, " ").trim();
  if (message.photo) return "Ảnh";
  if (message.document) return message.document.name;
  if (message.poll) return message.poll.question;
  if (message.contact) return `Số điện thoại của ${message.contact.first_name}`;
  return "Tin nhắn";
}

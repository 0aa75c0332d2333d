// What the sandbox counted: deliveries, the same text again to the same chat, refusals, and the last minute as a small chart.

import * as api from "./api.js";
import { h } from "./dom.js";
import { number } from "./words.js";

const SPAN = 60; // seconds in the chart
const FINE = ["200", "0", "408"]; // Telegram's, the OA's, and a Zalo bot's poll that heard nothing

/** Of all platforms. */
function together(platforms) {
  const sum = (name) => platforms.reduce((total, each) => total + each[name], 0);
  const most = (name) => Math.max(...platforms.map((each) => each[name]));
  const count = (entries) => entries.reduce((counts, [key, more]) => counts.set(key, (counts.get(key) ?? 0) + more), new Map());
  return {
    delivered: sum("delivered"), chats: sum("chats"), duplicates: sum("duplicates"), worst_second: most("worst_second"), last: most("last"),
    per_second: count(platforms.flatMap((each) => each.per_second)),
    answers: Object.fromEntries(count(platforms.flatMap((each) => Object.entries(each.answers)))),
  };
}

export function figuresSection() {
  const values = Object.fromEntries(["delivered", "chats", "duplicates", "worst_second"].map((name) => [name, h("dd", {}, "–")]));
  const labels = { delivered: "Tin đã đến", chats: "Cuộc trò chuyện", duplicates: "Tin trùng nội dung", worst_second: "Giây dày nhất" };
  const bars = h("div", { class: "bars", role: "img" });
  const answers = h("p", { class: "faint" });

  function show(all) {
    const stats = together([all, all.zalo_oa, all.zalo_bot]);
    for (const [name, place] of Object.entries(values)) place.textContent = number(stats[name]);
    chart(stats.per_second, stats.last);
    const refused = Object.entries(stats.answers).filter(([code]) => /^-?\d+$/.test(code) && !FINE.includes(code));
    answers.textContent = refused.length ? `Không thành công: ${refused.map(([code, count]) => `${code} × ${number(count)}`).join(", ")}` : "Mọi yêu cầu của bot đều thành công.";
  }

  function chart(perSecond, last) {
    const end = Math.floor(last), counts = Array.from({ length: SPAN }, (_, at) => perSecond.get(end - SPAN + 1 + at) ?? 0);
    const top = Math.max(...counts, 1);
    bars.replaceChildren(...counts.map((count) => {
      const bar = h("i");
      bar.style.height = `${(100 * count) / top}%`;
      return bar;
    }));
    bars.setAttribute("aria-label", `Tin mỗi giây trong 60 giây gần nhất, cao nhất ${Math.max(...counts)}`);
  }

  const clear = h("button", { type: "button", class: "quiet", onclick: () => api.clearStats().then(api.stats).then(show, () => {}) }, "Đếm lại từ đầu");
  const element = h("section", { class: "panel-section" }, h("h3", {}, "Số liệu"),
    h("dl", { class: "figures" }, Object.entries(labels).map(([name, label]) => h("div", {}, h("dt", { class: "faint" }, label), values[name]))),
    bars, answers, clear);
  return { element, refresh: async () => show(await api.stats()) };
}

// What Zalo charges the OA for its messages.

import * as api from "./api.js";
import { h } from "./dom.js";
import { number } from "./words.js";

const LABELS = { free: "Miễn phí", paid: "Trả phí", template: "Theo mẫu", dong: "Thành tiền" };

export function billSection() {
  const values = Object.fromEntries(Object.keys(LABELS).map((name) => [name, h("dd", {}, "–")]));
  const left = h("p", { class: "faint" });

  function show(bill) {
    for (const [name, place] of Object.entries(values)) place.textContent = name === "dong" ? `${number(bill.dong)} đ` : number(bill[name]);
    left.textContent = `Tài khoản của OA còn ${number(bill.money)} đ.`;
  }

  const clear = h("button", { type: "button", class: "quiet", onclick: () => api.clearBill().then(show, () => {}) }, "Tính lại từ đầu");
  const element = h("section", { class: "panel-section" }, h("h3", {}, "Hóa đơn Zalo OA"),
    h("dl", { class: "figures" }, Object.entries(LABELS).map(([name, label]) => h("div", {}, h("dt", { class: "faint" }, label), values[name]))),
    left, clear);
  return { element, refresh: async () => show(await api.bill()) };
}

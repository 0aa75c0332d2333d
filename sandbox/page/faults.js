// Faults of the platform, switched on by an operator: each number is what docs/sandbox.md says of PUT /sandbox/faults.

import * as api from "./api.js";
import { h, freshId } from "./dom.js";

const SHARE = { scale: 100, unit: "%", step: "1", max: "100" };
const FIELDS = [
  { name: "rate", label: "Trần gửi của bot", hint: "Nhanh hơn thì bị từ chối (429). 0 là không giới hạn.", unit: "tin/giây", step: "1" },
  { name: "latency", label: "Trả lời chậm", hint: "Chờ trước mỗi câu trả lời.", unit: "giây", step: "0.1", max: "60" },
  { name: "p5xx", label: "Máy chủ lỗi", hint: "Trả lời 502, tin không đến.", ...SHARE },
  { name: "pdrop", label: "Đứt kết nối", hint: "Cắt giữa chừng, tin không đến.", ...SHARE },
  { name: "plost", label: "Mất câu trả lời", hint: "Tin đã đến nhưng bot không được báo.", ...SHARE },
];

/** `flag` is the button in the page's head that says how many faults are on. */
export function faultsSection(flag) {
  let others = FIELDS.map(({ name }) => name);
  const state = h("p", { class: "state", role: "status" });
  const problem = h("p", { class: "field-problem", role: "alert" });
  const fields = FIELDS.map((field) => ({ ...field, input: input(field) }));
  const off = h("button", { type: "button", class: "quiet", onclick: () => put({ ...Object.fromEntries(others.map((name) => [name, 0])), codes: {}, only: "" }) }, "Tắt mọi sự cố");

  function input({ name, unit, step, max, scale = 1 }) {
    return h("input", {
      type: "number", id: freshId(name), name, min: "0", max, step, inputmode: "decimal", value: "0",
      onchange: (event) => {
        const value = event.target.valueAsNumber;
        if (!event.target.checkValidity() || Number.isNaN(value)) problem.textContent = `Vui lòng nhập số từ 0${max ? ` đến ${max}` : ""} (${unit}).`;
        else put({ [name]: value / scale });
      },
    });
  }

  function show(faults) {
    problem.textContent = "";
    // Faults that have no field here (set by a test) count too, and "off" means all of them.
    others = Object.keys(faults).filter((name) => typeof faults[name] === "number" && !["burst", "retry_after"].includes(name));
    const on = [...others.filter((name) => faults[name] > 0), ...Object.keys(faults.codes)];
    for (const { name, scale = 1, input: box } of fields) {
      if (document.activeElement !== box) box.value = String(Math.round(faults[name] * scale * 1000) / 1000);
      box.classList.toggle("on", faults[name] > 0);
    }
    state.textContent = on.length ? `Đang bật ${on.length} sự cố` : "Không có sự cố nào, mọi thứ chạy bình thường";
    state.classList.toggle("on", on.length > 0);
    off.disabled = !on.length;
    flag.hidden = !on.length;
    flag.textContent = `${on.length} sự cố đang bật`;
  }

  async function put(changed) {
    try {
      show(await api.faults(changed));
    } catch (refused) {
      problem.textContent = refused.message;
    }
  }

  const rows = fields.map(({ label, hint, unit, input: box }) => h("div", { class: "fault" },
    h("label", { for: box.id }, label, h("span", { class: "faint" }, hint)),
    h("span", { class: "with-unit" }, box, h("span", { class: "unit faint", "aria-hidden": true }, unit))));
  const element = h("section", { class: "panel-section" }, h("h3", {}, "Sự cố giả lập"), state, rows, problem, off);
  return { element, refresh: async () => show(await api.faults()) };
}

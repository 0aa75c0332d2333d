// The operators' panel: the sandbox's clock, its faults, what it counted, and more phones.

import * as api from "./api.js";
import { billSection } from "./bill.js";
import { faultsSection } from "./faults.js";
import { figuresSection } from "./figures.js";
import { h, iconButton } from "./dom.js";
import { PLATFORMS } from "./platforms.js";
import { duration, moment, now, setAhead } from "./words.js";

const STEPS = [["1 giờ sau", 3600], ["1 ngày sau", 86_400], ["8 ngày sau", 8 * 86_400]];
const KEYS = [
  ["Alt + 1 … 9", "tới điện thoại thứ mấy"], ["Enter", "gửi"], ["Shift + Enter", "xuống dòng"], ["/", "các lệnh của bot"], ["↑ ↓", "đi giữa các lệnh, các tin"],
  ["Enter trên tin", "trả lời, thả cảm xúc"], ["Esc", "đóng"],
];

export class Panel {
  /** `opener` is the button in the page's head, `flag` the warning beside it; `onclock` after the time was moved. */
  constructor(element, { opener, flag, onclock }) {
    Object.assign(this, { element, opener, onclock });
    this.faults = faultsSection(flag);
    this.figures = figuresSection();
    this.bill = billSection();
    this.problem = h("p", { class: "field-problem", role: "alert" });
    element.append(
      h("header", { class: "panel-top" }, h("h2", {}, "Vận hành"), iconButton("close", "Đóng bảng vận hành", () => this.toggle(false))),
      h("div", { class: "panel-body" }, this.problem, this._clock(), this.faults.element, this.bill.element, this.figures.element, this._phones(), keys()));
    opener.addEventListener("click", () => this.toggle(element.hidden));
    flag.addEventListener("click", () => this.toggle(true));
    element.addEventListener("keydown", (event) => event.key === "Escape" && this.toggle(false));
  }

  toggle(open) {
    const had = this.element.contains(document.activeElement);
    this.element.hidden = !open;
    this.opener.setAttribute("aria-expanded", String(open));
    clearInterval(this.timer);
    if (!open) return had && this.opener.focus();
    this.timer = setInterval(() => this.refresh(), 2000);
    this.refresh();
    return this.element.querySelector("button").focus();
  }

  /** Faults and time may be changed by a test or on another page. */
  async refresh() {
    try {
      const [clock] = await Promise.all([api.clock(), this.faults.refresh(), ...(this.element.hidden ? [] : [this.figures.refresh(), this.bill.refresh()])]);
      this._told(clock);
      this.problem.textContent = "";
    } catch (problem) {
      this.problem.textContent = problem.message;
    }
  }

  _told({ offset }) {
    const moved = Math.abs(offset - (this.offset ?? 0)) > 1;
    this.offset = offset;
    setAhead(offset);
    this.time.textContent = moment(now());
    this.ahead.textContent = offset < 1 ? "Đúng giờ máy" : `Nhanh hơn giờ máy ${duration(offset)}`;
    this.ahead.classList.toggle("on", offset >= 1);
    if (moved) this.onclock();
  }

  _clock() {
    this.time = h("p", { class: "time-now" });
    this.ahead = h("p", { class: "state" });
    const move = (seconds) => async () => {
      try {
        this._told(await api.clock(seconds));
      } catch (problem) {
        this.problem.textContent = problem.message;
      }
    };
    return section("Đồng hồ", this.time, this.ahead,
      h("div", { class: "steps" }, STEPS.map(([label, seconds]) => h("button", { type: "button", class: "quiet", onclick: move(seconds) }, label))),
      h("p", { class: "faint" }, "Đồng hồ thử chỉ đi tới: dùng để xem hạn phản hồi, và 48 giờ, 7 ngày của Zalo."));
  }

  _phones() {
    const name = h("input", { type: "text", id: "new-name", autocomplete: "off", maxlength: "64", required: true, placeholder: "Họ và tên" });
    const subtitle = h("input", { type: "text", id: "new-subtitle", autocomplete: "off", maxlength: "64", placeholder: "Chức vụ, nơi công tác" });
    const kind = h("select", { id: "new-platform" }, Object.entries(PLATFORMS).map(([value, { name: shown }]) => h("option", { value }, shown)));
    const problem = h("p", { class: "field-problem", role: "alert" });
    return section("Thêm điện thoại", h("form", {
      class: "add-phone",
      onsubmit: async (event) => {
        event.preventDefault();
        const given = { name: name.value.trim(), subtitle: subtitle.value.trim(), platform: kind.value };
        problem.textContent = given.name ? "" : "Vui lòng nhập họ và tên.";
        if (!given.name) return;
        await api.addPhone(given).then(() => event.target.reset(), (refused) => { problem.textContent = refused.message; });
      },
    }, h("label", { for: "new-name" }, "Họ và tên"), name, h("label", { for: "new-subtitle" }, "Mô tả"), subtitle, h("label", { for: "new-platform" }, "Nền tảng"), kind, problem,
    h("button", { type: "submit", class: "quiet" }, "Thêm")));
  }
}

export function section(title, ...content) {
  return h("section", { class: "panel-section" }, h("h3", {}, title), content);
}

function keys() {
  return section("Phím tắt", h("dl", { class: "shortcuts" }, KEYS.map(([key, does]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, does)])));
}

// Files waiting to be sent: chosen, dropped or pasted.

import { h, iconButton } from "./dom.js";
import { size } from "./words.js";

const LARGEST = 50 * 1024 ** 2; // bytes; the platform's limit for bots
const PICTURES = ["image/png", "image/jpeg"];

export class Attachments {
  constructor({ oncomplain, onchange }) {
    Object.assign(this, { oncomplain, onchange, waiting: [] });
    this.element = h("div", { class: "attachments", hidden: true });
    this.picker = h("input", { type: "file", multiple: true, hidden: true, "aria-label": "Chọn tệp", onchange: () => {
      this.add(this.picker.files);
      this.picker.value = ""; // so that the same file can be chosen again
    } });
  }

  add(files) {
    for (const file of files) {
      if (file.size > LARGEST) this.oncomplain(`“${file.name}” lớn hơn 50 MB. Vui lòng chọn tệp nhỏ hơn.`);
      else if (!file.size) this.oncomplain(`“${file.name}” trống nên không gửi được.`);
      else this.waiting.push({ file, kind: PICTURES.includes(file.type) ? "photo" : "document", url: "" });
    }
    this._draw();
  }

  /** What waits, taken away. → [{file, kind}] */
  take() {
    const taken = this.waiting;
    this.waiting = [];
    this._draw();
    return taken;
  }

  giveBack(taken) {
    this.waiting.unshift(...taken);
    this._draw();
  }

  _draw() {
    for (const old of this.element.querySelectorAll("img")) URL.revokeObjectURL(old.src);
    this.element.replaceChildren(...this.waiting.map((each) => this._chip(each)));
    this.element.hidden = !this.waiting.length;
    this.onchange();
  }

  _chip(each) {
    const { file } = each;
    const picture = PICTURES.includes(file.type);
    const remove = () => {
      this.waiting = this.waiting.filter((other) => other !== each);
      this._draw();
    };
    const change = () => {
      each.kind = each.kind === "photo" ? "document" : "photo";
      this._draw();
    };
    return h("div", { class: "attachment" },
      picture ? h("img", { src: URL.createObjectURL(file), alt: "" }) : null,
      h("span", { class: "file-words" },
        h("span", { class: "file-name" }, file.name),
        h("span", { class: "faint" }, size(file.size))),
      picture ? h("button", { type: "button", class: "text-button", onclick: change, title: "Đổi cách gửi" },
        each.kind === "photo" ? "Gửi như ảnh" : "Gửi như tệp") : null,
      iconButton("close", `Bỏ ${file.name}`, remove));
  }
}

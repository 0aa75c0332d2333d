// The lower edge of a phone: where one writes, or the one large button Telegram shows instead.

import { Attachments } from "./attachments.js";
import { CommandMenu } from "./commands.js";
import { h, icon, iconButton } from "./dom.js";
import { PLATFORMS, platform } from "./platforms.js";
import { number } from "./words.js";

const WARN_AT = 300; // characters before the platform's limit
const TALLEST = 132; // px, then the field scrolls

export class Composer {
  /** `acts`: send(text, replyTo, files) → Promise, contact(), start(), unblock(), activate(), complain(text). */
  constructor(label, acts) {
    this.acts = acts;
    this.replyTo = null;
    this.limit = PLATFORMS.telegram.limit;
    this.attachments = new Attachments({ oncomplain: acts.complain, onchange: () => this._changed() });
    this.input = h("textarea", {
      rows: "1", class: "message-text", "aria-label": label, placeholder: "Nhắn tin", enterkeyhint: "send",
      oninput: () => this._typed(), onkeydown: (event) => this._key(event), onpaste: (event) => this._paste(event),
      onblur: () => this.commands.close(),
    });
    this.commands = new CommandMenu(this.input, {
      onpick: (command) => this._write(`/${command}`).send(),
      onfill: (command) => this._write(`/${command} `),
    });
    const hold = (event) => event.preventDefault(); // a press on these buttons leaves the focus in the field
    this.slash = iconButton("slash", "Các lệnh", () => this.commands.toggle(), { onpointerdown: hold });
    this.keysToggle = iconButton("keys", "Bàn phím của bot", () => this._showKeys(this.keys.hidden), { onpointerdown: hold, "aria-expanded": "false" });
    this.clip = iconButton("clip", "Đính kèm tệp", () => this.attachments.picker.click());
    this.sendButton = iconButton("send", "Gửi", () => this.send(), { class: "send", onpointerdown: hold });
    this.left = h("span", { class: "left faint", role: "status" });
    this.reply = h("div", { class: "replying", hidden: true });
    this.keys = h("div", { class: "keys", hidden: true, role: "group", "aria-label": "Bàn phím của bot" });
    this.field = h("div", { class: "field" }, this.slash, this.input, this.keysToggle, this.clip);
    this.writing = h("div", { class: "writing" }, this.commands.element, this.reply, this.attachments.element, this.left,
      h("div", { class: "line" }, this.field, this.sendButton), this.keys, this.attachments.picker);
    this.large = h("button", { type: "button", class: "large" });
    this.notice = h("p", { class: "notice" });
    this.instead = h("div", { class: "instead" }, this.notice, this.large);
    this.element = h("footer", { class: "composer" }, this.writing, this.instead);
    this.setKeys(null);
    this._changed();
  }

  /** Writing is possible only with a started, unblocked bot on a living account. */
  setInfo(info) {
    const { start, left, back, limit, writesFirst } = platform(info);
    this.limit = limit;
    const [notice, label, run] = info.deactivated ? ["Tài khoản này đang bị vô hiệu hóa.", "Kích hoạt lại", this.acts.activate]
      : info.blocked ? [left, back, this.acts.unblock]
      : info.started || writesFirst ? [] : ["", start, this.acts.start];
    const had = this.element.contains(document.activeElement) && this.writing.hidden !== Boolean(label);
    this.writing.hidden = Boolean(label);
    this.instead.hidden = !label;
    this.notice.textContent = notice ?? "";
    this.notice.hidden = !notice;
    this.large.textContent = label ?? "";
    this.large.onclick = run ?? null;
    this.commands.set(info.commands);
    this.slash.hidden = !info.commands.length;
    if (had) this.focus(); // what had the focus has just gone
  }

  focus() {
    (this.writing.hidden ? this.large : this.input).focus({ preventScroll: true });
  }

  setKeys(keyboard) {
    this.keysToggle.hidden = !keyboard;
    this.input.placeholder = keyboard?.placeholder || "Nhắn tin";
    this.keys.replaceChildren(...(keyboard?.rows ?? []).map((row) => h("div", { class: "buttons-row" }, row.map((key) =>
      h("button", { type: "button", class: "key", onclick: () => this._pressKey(key) }, key.contact ? icon("person") : null, h("span", {}, key.text))))));
    this._showKeys(Boolean(keyboard));
  }

  replyingTo(message, gist) {
    this.replyTo = message?.id ?? null;
    this.reply.hidden = !message;
    this.reply.replaceChildren();
    if (!message) return;
    this.reply.append(icon("reply"), h("span", { class: "quoted-text" }, gist), iconButton("close", "Không trả lời tin này nữa", () => this.replyingTo(null)));
    this.input.focus();
  }

  async send() {
    const text = this.input.value.trim(), files = this.attachments.take(), replyTo = this.replyTo;
    if ((!text && !files.length) || [...text].length > this.limit) return this.attachments.giveBack(files);
    this._write("");
    this.replyingTo(null);
    try {
      await this.acts.send(text, replyTo, files);
    } catch (problem) {
      this.acts.complain(problem.message);
      if (!this.input.value) this._write(text); // nothing typed may be lost
      this.attachments.giveBack(problem.unsent ?? files);
    }
  }

  _pressKey(key) {
    if (key.contact) this.acts.contact();
    else this.acts.send(key.text, null, []).catch((problem) => this.acts.complain(problem.message));
  }

  _showKeys(on) {
    this.keys.hidden = !on;
    this.keysToggle.setAttribute("aria-expanded", String(on));
  }

  _write(text) {
    this.input.value = text;
    this._typed();
    if (document.activeElement !== this.input && text) this.input.focus();
    return this;
  }

  _typed() {
    this.commands.typed();
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, TALLEST)}px`;
    this._changed();
  }

  _changed() {
    const length = [...this.input.value.trim()].length;
    this.sendButton.disabled = !(length || this.attachments.waiting.length) || length > this.limit;
    this.left.textContent = length <= this.limit - WARN_AT ? "" : length <= this.limit ? `Còn ${number(this.limit - length)} ký tự`
      : `Dài hơn giới hạn ${number(length - this.limit)} ký tự, vui lòng chia nhỏ`;
    this.left.classList.toggle("over", length > this.limit);
  }

  _key(event) {
    if (event.isComposing || event.keyCode === 229) return; // Telex and VNI keyboards are still putting a letter together
    if (this.commands.key(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "Escape" && this.replyTo) {
      this.replyingTo(null);
    }
  }

  _paste(event) {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    this.attachments.add(event.clipboardData.files);
  }
}

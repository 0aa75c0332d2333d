// The command menu: opened by the "/" button, or by typing "/", which also filters it.

import { freshId, h } from "./dom.js";

// "bản tin" is found by "bantin" and by "ban tin": people type commands without diacritics.
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("đ", "d").replaceAll("Đ", "D").toLowerCase();

export class CommandMenu {
  /** `input` is the text field; `onpick(command)` sends it, `onfill(command)` only writes it. */
  constructor(input, { onpick, onfill }) {
    Object.assign(this, { input, onpick, onfill, commands: [], found: [], at: 0, open: false });
    this.element = h("ul", { class: "commands", role: "listbox", id: freshId("commands"), "aria-label": "Các lệnh của bot", hidden: true });
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", this.element.id);
  }

  set(commands) {
    this.commands = commands;
    if (this.open) this._show(this.commands);
  }

  /** After every change of the text. */
  typed() {
    const text = this.input.value;
    const [first, ...rest] = text.slice(1).split(" ");
    const complete = rest.length > 0 && this.commands.some(({ command }) => command === first); // now come its arguments
    if (!/^\/[^\n]*$/.test(text) || complete) return this.close();
    const wanted = folded(text.slice(1).trim());
    const begins = this.commands.filter(({ command }) => command.startsWith(wanted));
    const speaks = this.commands.filter((one) => !begins.includes(one) && folded(one.description).includes(wanted));
    return this._show([...begins, ...speaks]);
  }

  toggle() {
    if (this.open) return this.close();
    this.input.focus();
    return this._show(this.commands);
  }

  close() {
    this.open = false;
    this.element.hidden = true;
    this.input.removeAttribute("aria-activedescendant");
  }

  /** True when the key was for the menu. */
  key(event) {
    if (!this.open) return false;
    if (event.key === "Escape") this.close();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") this._mark(this.at + (event.key === "ArrowDown" ? 1 : -1));
    else if (event.key === "Tab" && !event.shiftKey) this.onfill(this.found[this.at].command);
    else if (event.key === "Enter" && !event.shiftKey) this.onpick(this.found[this.at].command);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  _show(found) {
    this.found = found;
    if (!found.length) return this.close();
    this.open = true;
    this.element.hidden = false;
    this.element.replaceChildren(...found.map(({ command, description }) => h("li", {
      role: "option", id: freshId("command"),
      onpointerdown: (event) => event.preventDefault(), // the field keeps the focus
      onclick: () => this.onpick(command),
    }, h("span", { class: "command-name" }, `/${command}`), h("span", { class: "faint" }, description))));
    return this._mark(0);
  }

  _mark(at) {
    this.at = (at + this.found.length) % this.found.length;
    [...this.element.children].forEach((item, n) => item.setAttribute("aria-selected", String(n === this.at)));
    const marked = this.element.children[this.at];
    marked.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", marked.id);
  }
}

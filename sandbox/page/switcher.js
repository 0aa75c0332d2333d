// On a narrow page one phone at a time is shown; these tabs choose which. On a wide page the style sheet hides them.

import { h } from "./dom.js";
import { platform } from "./platforms.js";
import { initials } from "./words.js";

export class Switcher {
  constructor(element, onchoose) {
    Object.assign(this, { element, onchoose, tabs: new Map() });
    element.addEventListener("keydown", (event) => this._walk(event));
  }

  show(records, current) {
    for (const [id, tab] of this.tabs) {
      if (records.some((record) => record.id === id)) continue;
      tab.element.remove();
      this.tabs.delete(id);
    }
    for (const { id, info } of records) {
      const tab = this.tabs.get(id) ?? this._add(id);
      tab.avatar.textContent = initials(info.name);
      tab.name.textContent = info.name.split(" ").slice(-2).join(" ");
      if (CSS.supports("color", info.accent)) tab.element.style.setProperty("--accent", info.accent);
      tab.badge.hidden = !info.unread;
      tab.badge.textContent = info.unread > 99 ? "99+" : String(info.unread);
      tab.element.title = [info.name, info.subtitle, platform(info).name].filter(Boolean).join(", ");
      tab.element.classList.toggle("zalo", info.platform !== "telegram");
      tab.element.setAttribute("aria-selected", String(id === current));
      tab.element.tabIndex = id === current ? 0 : -1;
    }
  }

  _add(id) {
    const avatar = h("span", { class: "avatar", "aria-hidden": true }), name = h("span", { class: "tab-name" }), badge = h("span", { class: "badge" });
    const element = h("button", {
      type: "button", role: "tab", class: "tab", "aria-controls": `phone-${id}`, onclick: () => this.onchoose(id),
    }, avatar, name, badge);
    this.element.append(element);
    const tab = { element, avatar, name, badge };
    this.tabs.set(id, tab);
    return tab;
  }

  _walk(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const ids = [...this.tabs.keys()];
    const here = ids.findIndex((id) => this.tabs.get(id).element === document.activeElement);
    const next = ids.at((here + step) % ids.length);
    event.preventDefault();
    this.onchoose(next);
    this.tabs.get(next).element.focus();
  }
}

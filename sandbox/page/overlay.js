// What lies over one phone's screen: dialogs, menus, the toast. The other phones stay usable.

import { freshId, h, icon } from "./dom.js";

const TOAST = { least: 2500, most: 7000, aCharacter: 55 }; // ms

/** Only the topmost layer of this screen can be reached. */
function settle(screen) {
  const layers = [...screen.querySelectorAll(":scope > .overlay")];
  for (const child of screen.children) child.inert = layers.length > 0 && child !== layers.at(-1) && !child.matches(".toast");
}

function layer(screen, content, onclose) {
  const back = document.activeElement;
  const overlay = h("div", { class: "overlay" }, content);
  const close = () => {
    if (!overlay.isConnected) return;
    overlay.remove();
    settle(screen);
    onclose?.();
    if (back?.isConnected) back.focus({ preventScroll: true });
  };
  overlay.addEventListener("pointerdown", (event) => event.target === overlay && close());
  overlay.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  screen.append(overlay);
  settle(screen);
  return close;
}

/**
 * A dialog on this phone. `acts`: [{label, kind?: "main" | "danger", run?}]; a run that returns false keeps it open.
 * Enter in a field takes the act of kind "main". → close()
 */
export function dialog(screen, { title, body = [], acts, role = "dialog" }) {
  const name = freshId("title");
  const take = (act) => act.run?.() !== false && close();
  const buttons = acts.map((act) => h("button", { type: "button", class: `act ${act.kind ?? ""}`, onclick: () => take(act) }, act.label));
  const box = h("form", {
    class: "dialog", role, "aria-labelledby": name, novalidate: true,
    onsubmit: (event) => {
      event.preventDefault();
      take(acts.find((act) => act.kind === "main") ?? acts[0]);
    },
  }, h("h2", { id: name }, title), body, h("div", { class: "acts" }, buttons));
  const close = layer(screen, box);
  (box.querySelector("input") ?? buttons.at(-1)).focus({ preventScroll: true });
  return close;
}

/** A menu at a point of this screen. `items`: [{label, icon, run, danger?}]; `quick`: [{label, text, run}] in one row. */
export function menu(screen, anchor, items, { label, quick = [] } = {}) {
  const pick = (item) => () => {
    close();
    item.run();
  };
  const row = quick.length ? h("div", { class: "menu-quick", role: "group", "aria-label": "Cảm xúc" }, quick.map((item) =>
    h("button", { type: "button", role: "menuitem", "aria-label": item.label, "aria-pressed": item.on ? "true" : null, onclick: pick(item) }, item.text))) : null;
  const list = h("div", { class: "menu", role: "menu", "aria-label": label }, row, items.map((item) =>
    h("button", { type: "button", role: "menuitem", class: item.danger ? "danger" : null, onclick: pick(item) }, icon(item.icon), item.label)));
  list.addEventListener("keydown", (event) => walk(event, [...list.querySelectorAll("[role=menuitem]")]));
  const close = layer(screen, list);
  list.parentElement.classList.add("clear");
  place(list, screen.getBoundingClientRect(), anchor.getBoundingClientRect());
  list.querySelector(".menu > button").focus({ preventScroll: true });
}

function walk(event, items) {
  const here = items.indexOf(document.activeElement);
  const to = { ArrowDown: here + 1, ArrowRight: here + 1, ArrowUp: here - 1, ArrowLeft: here - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  items.at(to % items.length).focus();
}

/** Beside the anchor, wholly on the screen. */
function place(list, screen, anchor) {
  const gap = 8;
  const left = Math.min(anchor.left - screen.left, screen.width - list.offsetWidth - gap);
  const below = anchor.bottom - screen.top + 4;
  const top = below + list.offsetHeight + gap > screen.height ? anchor.top - screen.top - list.offsetHeight - 4 : below;
  list.style.left = `${Math.max(gap, left)}px`;
  list.style.top = `${Math.max(gap, top)}px`;
}

/** Short words over the chat that go by themselves; the newest replaces the one before. */
export class Toast {
  constructor() {
    this.element = h("div", { class: "toast", role: "status" });
    this.timer = 0;
  }

  say(text, kind = "") {
    clearTimeout(this.timer);
    this.element.replaceChildren(h("p", { class: kind }, text));
    this.timer = setTimeout(() => this.element.replaceChildren(), Math.min(TOAST.most, TOAST.least + text.length * TOAST.aCharacter));
  }
}

/** A picture over the whole page. */
export function lightbox(url, caption) {
  const close = h("button", { type: "button", class: "icon-button", "aria-label": "Đóng" }, icon("close"));
  const box = h("dialog", { class: "lightbox", "aria-label": "Ảnh" }, close, h("img", { src: url, alt: caption || "Ảnh" }), caption ? h("p", {}, caption) : null);
  close.addEventListener("click", () => box.close());
  box.addEventListener("click", (event) => event.target === box && box.close());
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
}

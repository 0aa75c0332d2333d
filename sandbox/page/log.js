// The list of messages of one phone: draws what changed, keeps the reader's place, shows the newest part of long chats.

import { fold, row, stamp, units } from "./bubble.js";
import { h, icon } from "./dom.js";
import { day, dayKey } from "./words.js";

const STEP = 80; // rows drawn at first, and more with each look further back: a thousand rows on five phones would drag
const NEAR = 60; // px from the end that still count as "at the end"
const FEW = 5; // messages that are read from the first on when they come together; more are a flood
const ABOVE = 40; // px left free above a long message, for the day
const FAR = 500; // px from the beginning where older rows are fetched
const OURS = 150; // ms in which a scroll event is taken for one of our own
const REST = 1200; // ms after scrolling in which the day stays in view
const RUN = 300; // seconds in which messages of one side belong together

export class Log {
  /** `chat` is what bubbles need (see bubble.js); `empty` is shown while there are no messages. */
  constructor(label, chat, empty) {
    this.chat = chat;
    this.rows = new Map(); // key → {element, stamp}
    this.units = [];
    this.shown = STEP;
    this.unseen = 0;
    this.list = h("div", { class: "list" });
    this.typing = h("div", { class: "row theirs typing", hidden: true },
      h("div", { class: "bubble" }, h("i"), h("i"), h("i"), h("span", { class: "visually-hidden" }, "Bot đang nhập")));
    this.scroller = h("div", { class: "log", role: "log", tabindex: "0", "aria-label": label }, empty, this.list, this.typing);
    this.count = h("span", { class: "badge", hidden: true });
    this.toEnd = h("button", { type: "button", class: "to-end", "aria-label": "Xuống tin mới nhất", hidden: true, onclick: () => this.end() },
      icon("down"), this.count);
    this.element = h("div", { class: "log-frame" }, this.scroller, this.toEnd);
    this.scroller.addEventListener("scroll", () => {
      if (performance.now() > this.quietUntil) this._moving();
      this._scrolled();
    }, { passive: true });
    this.scroller.addEventListener("keydown", (event) => this._walk(event));
    this.atEnd = true;
    this.quietUntil = 0;
    const watch = new ResizeObserver(() => this.atEnd && this.end()); // pictures take their place after they are drawn
    for (const each of [this.scroller, this.list]) watch.observe(each);
  }

  /** Draw these messages (all the phone has). `own`: the person just wrote, so go to the end. */
  show(messages, own = false) {
    const newest = this.units.at(-1)?.key;
    this.units = units(messages);
    // Counted from the newest one known: the oldest may have gone at the same time.
    const added = newest ? Math.max(0, this.units.length - 1 - this.units.findLastIndex((unit) => unit.key === newest)) : 0;
    const stay = this.atEnd || own;
    if (!stay) {
      this.shown += added; // the part in view must not slide away above
      this.unseen += added;
    }
    const anchor = stay ? null : this._anchor();
    this._draw();
    if (!stay) this._hold(anchor);
    else if (own || (newest && !added) || added > FEW) this.end();
    else this._arrive(Math.max(1, added));
    this._mark();
  }

  /** Go to the end, but not past the beginning of what has just come: long messages are read from their top. */
  _arrive(added) {
    this.end();
    const { element } = this.rows.get(this.units.at(-added)?.key) ?? {};
    if (!element || element.offsetTop - ABOVE >= this.scroller.scrollTop) return;
    this._scrollTo(element.offsetTop - ABOVE);
    this.atEnd = this._near();
  }

  /** By us, not by the reader: nothing need be shown of where one is. */
  _scrollTo(top) {
    this.quietUntil = performance.now() + OURS;
    this.scroller.scrollTop = top;
  }

  setTyping(on) {
    this.typing.hidden = !on;
    if (on && this.atEnd) this.end();
  }

  end() {
    this.atEnd = true;
    this.unseen = 0;
    if (this.shown > 2 * STEP) {
      this.shown = STEP;
      this._draw();
    }
    this._scrollTo(this.scroller.scrollHeight);
    this._mark();
  }

  /** Scroll to a message, drawing older ones as needed. */
  jump(id) {
    const at = this.units.findIndex((unit) => unit.messages.some((message) => message.id === id));
    if (at < 0) return false;
    this.shown = Math.max(this.shown, this.units.length - at + 5);
    this._draw();
    const { element } = this.rows.get(this.units[at].key);
    element.scrollIntoView({ block: "center" });
    element.focus({ preventScroll: true });
    element.classList.remove("found");
    requestAnimationFrame(() => element.classList.add("found"));
    return true;
  }

  /** Forget what is drawn, so that the next `show` draws all anew (the day has changed, say). */
  stale() {
    for (const known of this.rows.values()) known.stamp = "";
  }

  _draw() {
    const wanted = [];
    let date = "", before = null;
    for (const unit of this.units.slice(-this.shown)) {
      const [first] = unit.messages;
      if (dayKey(first.date) !== date) {
        date = dayKey(first.date);
        wanted.push(this._day(date, first.date));
        before = null;
      }
      const element = this._row(unit);
      const joined = before && before.from === first.from && first.date - before.date < RUN;
      element.classList.toggle("joined", Boolean(joined));
      wanted.push(element);
      before = unit.messages.at(-1);
    }
    this._place(wanted);
  }

  _row(unit) {
    const known = this.rows.get(unit.key);
    const now = stamp(unit);
    if (known?.stamp === now) return known.element;
    const element = row(unit, this.chat);
    if (known) swap(known.element, element);
    this.rows.set(unit.key, { element, stamp: now });
    return element;
  }

  _day(key, date) {
    const name = `d${key}`;
    const known = this.rows.get(name) ?? { element: h("div", { class: "day" }, h("span")), stamp: "" };
    known.element.firstChild.textContent = day(date);
    this.rows.set(name, known);
    return known.element;
  }

  /** Bring the list to `wanted`, touching only what differs. */
  _place(wanted) {
    const keep = new Set(wanted);
    for (const [key, { element }] of this.rows) {
      if (keep.has(element)) continue;
      element.remove();
      this.rows.delete(key);
    }
    let cursor = this.list.firstChild;
    const fresh = [];
    for (const element of wanted) {
      if (element === cursor) cursor = cursor.nextSibling;
      else this.list.insertBefore(element, cursor);
      if (!element.dataset.folded) fresh.push(element);
    }
    for (const element of fresh) {
      element.dataset.folded = "1";
      fold(element, this.chat.opened);
    }
  }

  _anchor() {
    const top = this.scroller.scrollTop;
    const element = [...this.list.children].find((each) => each.offsetTop + each.offsetHeight > top);
    return element && { key: element.dataset.key, element, offset: element.offsetTop - top };
  }

  _hold(anchor) {
    if (!anchor) return;
    const element = anchor.element.isConnected ? anchor.element : this.rows.get(anchor.key)?.element;
    if (element) this._scrollTo(element.offsetTop - anchor.offset);
  }

  _near() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  _scrolled() {
    this.atEnd = this._near();
    if (this.atEnd) this.unseen = 0;
    else if (this.scroller.scrollTop < FAR && this.shown < this.units.length) {
      const anchor = this._anchor();
      this.shown += STEP;
      this._draw();
      this._hold(anchor);
    }
    this._mark();
  }

  _moving() {
    this.scroller.classList.add("moving");
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.scroller.classList.remove("moving"), REST);
  }

  _mark() {
    for (const each of this.list.querySelectorAll(".day")) {
      const { nextElementSibling: next, offsetTop, offsetHeight } = each;
      each.classList.toggle("stuck", Boolean(next) && next.offsetTop < offsetTop + offsetHeight);
    }
    this.toEnd.hidden = this.atEnd;
    this.count.hidden = !this.unseen;
    this.count.textContent = this.unseen > 99 ? "99+" : String(this.unseen);
  }

  /** Arrow keys go from message to message, Enter and the menu key open what can be done with one. */
  _walk(event) {
    const rows = [...this.list.querySelectorAll("article")];
    const here = event.target.closest?.("article");
    if (event.target !== this.scroller && event.target !== here) return;
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const step = event.key === "ArrowUp" ? -1 : 1;
      const next = here ? rows[rows.indexOf(here) + step] : rows.at(-1);
      if (!next) return;
      event.preventDefault();
      next.focus();
    } else if (here && (event.key === "Enter" || event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey))) {
      event.preventDefault();
      here.querySelector(".more")?.click();
    }
  }
}

/** Put `fresh` in the place of `old`; whoever had the focus on a button of it keeps it. */
function swap(old, fresh) {
  const had = old.contains(document.activeElement) ? document.activeElement : null;
  const name = had?.dataset.press;
  const within = had && had !== old ? [...old.querySelectorAll("button, a")].indexOf(had) : -1;
  fresh.classList.add("redrawn");
  old.replaceWith(fresh);
  if (!had) return;
  const same = [...fresh.querySelectorAll("[data-press]")].find((button) => button.dataset.press === name);
  (same ?? fresh.querySelectorAll("button, a")[within] ?? fresh).focus({ preventScroll: true });
}

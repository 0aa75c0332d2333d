// One phone: whose it is, the chat with the bot, and what its person can do.

import * as api from "./api.js";
import { Composer } from "./composer.js";
import { h, icon, iconButton } from "./dom.js";
import { contactDialog, forgetDialog, inviteDialog } from "./dialogs.js";
import { acceptDrops } from "./dropping.js";
import { startPayload } from "./links.js";
import { Log } from "./log.js";
import { Toast, dialog, lightbox, menu } from "./overlay.js";
import { platform } from "./platforms.js";
import { Presses } from "./presses.js";
import { invited, pinned } from "./state.js";
import { gist, initials } from "./words.js";

const EMOJI = ["👍", "❤️", "🔥", "👏", "🙏", "🤔"];

export class PhoneView {
  constructor(record) {
    this.record = record;
    this.id = record.id;
    this.sending = Promise.resolve();
    this._build();
    this.update("info");
  }

  _build() {
    const { info } = this.record;
    this.element = h("section", { class: `phone platform-${info.platform}`, id: `phone-${this.id}` });
    this.toast = new Toast();
    this.presses = new Presses(this.id, this.element);
    this.log = new Log(`Tin nhắn của ${info.name}`, this._chat(), this._welcome());
    this.composer = new Composer(`Tin nhắn của ${info.name} gửi bot`, {
      send: (text, replyTo, files) => this._send(text, replyTo, files),
      contact: () => contactDialog(this.screen, this.record.info, (own) => this._do("contact", { own })),
      start: () => this._do("start"), unblock: () => this._do("unblock"), activate: () => this._do("deactivate", { active: true }),
      complain: (text) => this.toast.say(text, "problem"),
    });
    this.name = h("h2");
    this.subtitle = h("p", { class: "faint" });
    this.badge = h("span", { class: "badge", hidden: true });
    this.kind = h("span", { class: "platform" }, platform(info).name);
    this.avatar = h("span", { class: "avatar", "aria-hidden": true });
    this.botName = h("p", { class: "bot-name" });
    this.botState = h("span");
    this.whose = h("span", { class: "whose" });
    this.pin = h("button", { type: "button", class: "pinned", hidden: true, onclick: () => this.log.jump(pinned(this.record)?.id) });
    this.invitations = h("div", { class: "invitations" });
    this.screen = h("div", { class: "screen" },
      h("div", { class: "chat-top" },
        h("span", { class: "bot-avatar", "aria-hidden": true }, icon("loa")),
        h("div", { class: "bot-words" }, this.botName, h("p", { class: "bot-state faint" }, this.botState, this.whose)),
        iconButton("more", "Thao tác với cuộc trò chuyện", (event) => this._menu(event.currentTarget), { "aria-haspopup": "menu" })),
      this.pin, this.log.element, this.invitations, this.composer.element, this.toast.element);
    this.element.append(
      h("header", { class: "owner" }, this.avatar, h("div", { class: "owner-words" }, this.name, this.subtitle), this.kind, this.badge), this.screen);
    this._listen();
  }

  _listen() {
    for (const kind of ["pointerdown", "focusin", "wheel"]) this.element.addEventListener(kind, () => this.read(), { passive: true });
    this.element.addEventListener("pointerdown", () => this._hold(), { passive: true });
    const scroller = this.log.scroller;
    scroller.addEventListener("click", (event) => this._clicked(event));
    scroller.addEventListener("keydown", (event) => {
      if (!["Enter", " "].includes(event.key) || !event.target.matches("span[role=button]")) return;
      event.preventDefault();
      event.target.click();
    });
    scroller.addEventListener("contextmenu", (event) => {
      const more = event.target.closest("article")?.querySelector(".more");
      if (!more || event.target.closest("a") || !getSelection().isCollapsed) return;
      event.preventDefault();
      more.click();
    });
    acceptDrops(this.screen, (files) => {
      if (this.composer.writing.hidden) return this.toast.say("Vui lòng bắt đầu trò chuyện với bot trước khi gửi tệp.", "problem");
      this.composer.attachments.add(files);
      return this.composer.focus();
    });
  }

  /** What bubbles need to know and may do. */
  _chat() {
    const self = this;
    return {
      opened: new Set(),
      get bot() { return self.record.info.bot.name; },
      author: (id) => (this.record.messages.get(id)?.from === "me" ? "Tôi" : this.record.info.bot.name),
      waiting: (id, data) => this.presses.has(id, data),
      press: (id, data) => this._try(this.presses.press(id, data)),
      url: (event, url) => this._open(event, url),
      copy: (text) => this._copy(text),
      react: (message, emoji) => this._do("react", { message_id: message.id, emoji }),
      vote: (message, options) => this._do("vote", { message_id: message.id, options }),
      jump: (id) => this.log.jump(id) || this.toast.say("Tin nhắn gốc không còn trên điện thoại này."),
      show: lightbox,
      share: () => this._do("contact"),
      menu: (anchor, message) => this._messageMenu(anchor, message),
    };
  }

  _welcome() {
    const kind = platform(this.record.info);
    return h("div", { class: "welcome" },
      h("span", { class: "bot-avatar big", "aria-hidden": true }, icon("loa")),
      h("p", { class: "welcome-title" }, "Chưa có tin nhắn"),
      h("p", { class: "faint" }, kind.welcome),
      kind.pastes && h("button", { type: "button", class: "text-button", onclick: () => this._paste() }, "Dán liên kết hoặc mã mời…"));
  }

  /** Something changed; `what` as in state.js. */
  update(what, data) {
    const { record } = this;
    if (what === "info") this._info();
    if (what === "keyboard") this.composer.setKeys(record.replyKeyboard);
    if (what === "typing") this._typing(data.seconds);
    if (what === "toast") this._toasted(data);
    if (what === "message") {
      if (data.message.from === "bot") this._typing(0);
      if (this.element.contains(document.activeElement) && document.hasFocus()) this.read();
    }
    if (what === "message" || what === "messages") this._soon(what === "message" && data.message.from === "me");
  }

  /** Many events in one frame are one drawing; none while a finger is down, for a button redrawn under it is not pressed. */
  _soon(own) {
    this.own ||= own;
    if (this.held) return;
    this.frame ||= requestAnimationFrame(() => {
      if (this.held) {
        this.frame = 0;
        return;
      }
      const mine = this.own;
      this.frame = this.own = 0;
      this._draw(mine);
    });
  }

  /** Till the finger is lifted, and the click that follows has been heard. */
  _hold() {
    if (this.held) return;
    this.held = true;
    const over = new AbortController();
    const lifted = () => {
      over.abort();
      setTimeout(() => {
        this.held = false;
        this._soon(false);
      });
    };
    for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, lifted, { signal: over.signal });
  }

  _draw(own) {
    const messages = [...this.record.messages.values()];
    this.element.classList.toggle("no-messages", !messages.length);
    this.log.show(messages, own);
    const top = pinned(this.record);
    this.pin.hidden = !top;
    this.pin.replaceChildren(icon("pin"), h("b", {}, "Tin ghim"), h("span", {}, top ? gist(top) : ""));
    this._invitations();
  }

  redraw() {
    if (!this.typingTimer) this.botState.textContent = this._quietState(); // it tells of time left
    this.log.stale();
    this._soon(false);
  }

  _info() {
    const { info } = this.record;
    this.name.textContent = info.name;
    this.subtitle.textContent = info.subtitle;
    this.whose.textContent = ` · ${info.subtitle || info.name}`;
    this.avatar.textContent = initials(info.name);
    if (CSS.supports("color", info.accent)) this.element.style.setProperty("--accent", info.accent);
    this.element.setAttribute("aria-label", `Điện thoại của ${info.name}`);
    this.badge.hidden = !info.unread;
    this.badge.textContent = info.unread > 99 ? "99+" : String(info.unread);
    this.badge.setAttribute("aria-label", `${info.unread} tin chưa đọc`);
    this.botName.textContent = info.bot.name;
    if (!this.typingTimer) this.botState.textContent = this._quietState();
    this.element.classList.toggle("not-started", !info.started);
    this.composer.setInfo(info);
    this._invitations();
  }

  _quietState() {
    return platform(this.record.info).state(this.record.info);
  }

  /** Links someone gave this person, until one of them has been opened. */
  _invitations() {
    const { info } = this.record;
    this.invitations.replaceChildren(...(invited(this.record) ? [] : info.links).map(({ label, url }) =>
      h("button", { type: "button", class: "invitation", onclick: () => this._openLink(url) }, icon("link"), label)));
    this.invitations.hidden = !this.invitations.children.length || info.blocked || info.deactivated;
  }

  _typing(seconds) {
    clearTimeout(this.typingTimer);
    this.typingTimer = seconds ? setTimeout(() => this._typing(0), seconds * 1000) : 0;
    this.botState.textContent = seconds ? "đang nhập…" : this._quietState();
    this.botState.classList.toggle("busy", Boolean(seconds));
    this.log.setTyping(Boolean(seconds));
  }

  read() {
    if (this.record.info.unread) api.act(this.id, "read").catch(() => {}); // only a badge: the next look tries again
  }

  _do(what, body) {
    return this._try(api.act(this.id, what, body));
  }

  /** What the sandbox refuses is said on this phone. */
  _try(doing) {
    return doing.catch((problem) => this.toast.say(problem.message, "problem"));
  }

  /** In the order they were written, one after the other. */
  _send(text, replyTo, files) {
    const sent = this.sending.then(async () => {
      if (!files.length) return api.act(this.id, "text", { text, reply_to: replyTo });
      for (const [at, { file, kind }] of files.entries()) {
        await api.upload(this.id, file, kind, at ? "" : text).catch((problem) => { throw Object.assign(problem, { unsent: files.slice(at) }); });
      }
      return null;
    });
    this.sending = sent.catch(() => {});
    return sent;
  }

  _toasted({ callback_id: callback, text, alert, url }) {
    this.presses.answered(callback);
    if (url) this._openLink(url);
    if (text && alert) dialog(this.screen, { title: this.record.info.bot.name, body: [h("p", {}, text)], acts: [{ label: "Đóng", kind: "main" }], role: "alertdialog" });
    else if (text) this.toast.say(text);
  }

  _clicked(event) {
    const command = event.target.closest(".command");
    if (command) return this._try(this._send(command.dataset.command, null, []));
    const link = event.target.closest(".words a[href]");
    return link && this._open(event, link.href);
  }

  /** A link of this bot starts it, as on Telegram; any other opens beside the page. */
  _open(event, url) {
    const payload = startPayload(url, this.record.info.bot.username);
    if (payload === null) return;
    event.preventDefault();
    this._do("start", { payload });
  }

  _openLink(url) {
    const payload = startPayload(url, this.record.info.bot.username);
    if (payload !== null) this._do("start", { payload });
    else if (!platform(this.record.info).pastes && !/^\w+:/.test(url)) this._try(this._send(url, null, [])); // a code: Zalo has no deep links
    else window.open(url, "_blank", "noopener,noreferrer");
  }

  _paste() {
    inviteDialog(this.screen, this.record.info, (payload) => this._do("start", { payload }));
  }

  async _copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.toast.say("Đã chép.");
    } catch {
      this.toast.say("Trình duyệt không cho chép. Vui lòng bôi đen và chép bằng tay.", "problem");
    }
  }

  _messageMenu(anchor, message) {
    const mine = message.reactions.find((one) => one.from === "me")?.emoji;
    const quick = EMOJI.map((emoji) => ({
      text: emoji, label: `Thả ${emoji}`, on: emoji === mine,
      run: () => this._do("react", { message_id: message.id, emoji: emoji === mine ? "" : emoji }),
    }));
    const items = [{ label: "Trả lời", icon: "reply", run: () => this.composer.replyingTo(message, gist(message)) }];
    if (message.text) items.push({ label: "Chép nội dung", icon: "copy", run: () => this._copy(message.text) });
    menu(this.screen, anchor, items, { label: "Thao tác với tin nhắn", quick: platform(this.record.info).reacts ? quick : undefined });
  }

  _menu(anchor) {
    const { info } = this.record;
    const kind = platform(info);
    menu(this.screen, anchor, [
      ...(kind.pastes ? [{ label: "Mở liên kết mời…", icon: "link", run: () => this._paste() }] : []),
      ...kind.menu(info).map(({ act, body, ...shown }) => ({ ...shown, run: () => this._do(act, body) })),
      { label: "Xóa lịch sử trò chuyện", icon: "bin", danger: true, run: () => forgetDialog(this.screen, () => this._do("delete-history")) },
    ], { label: "Thao tác với cuộc trò chuyện" });
  }
}

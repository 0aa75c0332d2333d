// One message, or one album of them, as a row of the log.

import { h, icon } from "./dom.js";
import * as parts from "./parts.js";
import { moment, time } from "./words.js";

const BILLED = { paid: "trả phí", template: "theo mẫu" };
const RECEIPTS = { sent: ["Đã gửi, máy chưa nhận", "check"], received: ["Đã nhận", "checks"], seen: ["Đã xem", "checks"] };

/** Messages as the log shows them: an album's messages are one unit. → [{key, messages}] in order. */
export function units(messages) {
  const all = [];
  for (const message of messages) {
    const before = all.at(-1);
    if (message.album && before?.messages[0].album === message.album) before.messages.push(message);
    else all.push({ key: `m${message.id}`, messages: [message] });
  }
  return all;
}

/** Changes exactly when the unit has to be drawn anew. */
export const stamp = (unit) => unit.messages.map((message) => `${message.id}.${message.version}`).join();

/**
 * `chat` offers: bot (name), opened (Set of what the reader has unfolded), waiting(id, data), and the acts
 * press, url, copy, react, vote, jump, show, menu.
 */
export function row(unit, chat) {
  const there = unit.messages.filter((message) => !message.deleted);
  const first = unit.messages[0];
  const mine = first.from === "me";
  const article = h("article", {
    class: `row ${mine ? "mine" : "theirs"}`, tabindex: "-1", "data-key": unit.key,
    "aria-label": `${mine ? "Tôi" : chat.bot}, ${time(first.date)}`,
  });
  if (!there.length) {
    article.append(h("div", { class: "bubble gone" }, icon("bin"), h("span", { class: "words" }, "Tin nhắn đã thu hồi", meta(first))));
    return article;
  }
  article.append(h("div", { class: bubbleClass(there) }, contents(unit, there, chat)));
  for (const message of there.filter((each) => each.keyboard)) {
    article.classList.add("with-buttons");
    article.append(keyboard(message, chat));
  }
  article.append(h("button", {
    type: "button", class: "more", tabindex: "-1", "aria-label": "Thao tác với tin nhắn", "aria-haspopup": "menu",
    onclick: (event) => chat.menu(event.currentTarget, there[0]),
  }, icon("more")));
  return article;
}

function bubbleClass(there) {
  const pictures = there.filter((message) => message.photo);
  if (!pictures.length) return "bubble";
  return there.some((message) => message.text) ? "bubble with-picture" : "bubble with-picture bare";
}

function contents(unit, there, chat) {
  const [message] = there;
  const pictures = there.filter((each) => each.photo);
  const captions = there.filter((each) => each.text);
  const last = there.at(-1);
  const under = { ...last, edit_date: there.findLast((each) => each.edit_date)?.edit_date };
  const out = [];
  if (message.card) out.push(card(message.card));
  if (message.reply_to) out.push(quoted(message.reply_to, chat));
  if (pictures.length) {
    const count = Math.min(pictures.length, 4);
    out.push(h("div", { class: `pictures of-${count}` }, pictures.map((each) => parts.picture(each, chat.show))));
  }
  for (const each of there.filter((one) => one.document)) out.push(parts.file(each));
  if (message.contact) out.push(parts.contact(message.contact));
  if (message.poll) out.push(parts.poll(message, (options) => chat.vote(message, options)));
  captions.forEach((each, at) => out.push(words(each, chat, at === captions.length - 1 ? meta(under) : null)));
  if (!captions.length) out.push(h("div", { class: "words alone" }, meta(under)));
  if (message.card?.kind === "contact") out.push(h("button", { type: "button", class: "card-share", onclick: chat.share }, "Chia sẻ thông tin"));
  const reacted = there.filter((each) => each.reactions.length);
  for (const each of reacted) out.push(parts.reactions(each, (emoji) => chat.react(each, emoji)));
  if (there.length < unit.messages.length) out.push(h("p", { class: "faint" }, "Một phần đã thu hồi"));
  return out;
}

function quoted({ id, excerpt }, chat) {
  return h("button", { type: "button", class: "quoted", onclick: () => chat.jump(id), "aria-label": `Trả lời tin: ${excerpt}` },
    h("span", { class: "quoted-name" }, chat.author(id)), h("span", { class: "quoted-text" }, excerpt));
}

function meta(message) {
  const edited = message.edit_date && !message.deleted;
  return h("span", { class: "meta", title: moment(message.date) + (edited ? `; sửa lúc ${time(message.edit_date)}` : "") },
    message.silent ? icon("quiet") : null,
    message.pinned ? icon("pin") : null,
    BILLED[message.billed] ? h("span", { class: "billed" }, BILLED[message.billed]) : null,
    edited ? "đã sửa " : "",
    time(message.date),
    message.from === "me" ? icon("check") : message.receipt ? receipt(message.receipt) : null);
}

/** What Zalo tells the OA of its message. */
function receipt(state) {
  const [word, picture] = RECEIPTS[state];
  return h("span", { class: `receipt ${state}`, title: word }, icon(picture), h("span", { class: "visually-hidden" }, word));
}

function card({ kind, title }) {
  return [kind === "article" ? h("p", { class: "card-kind" }, "Bài viết") : null, h("p", { class: "card-title" }, title)];
}

function words(message, chat, after) {
  const box = h("div", { class: "words" });
  // The one place where markup comes in: the sandbox escaped the text and made these few tags itself.
  box.innerHTML = message.html;
  box.querySelectorAll("blockquote, pre").forEach(closeIn);
  box.querySelectorAll(".spoiler").forEach((spoiler, at) => hide(spoiler, `${message.id}s${at}`, chat.opened));
  box.querySelectorAll(".command").forEach((command) => {
    command.tabIndex = 0;
    command.setAttribute("role", "button");
  });
  box.querySelectorAll("pre").forEach((pre) => { pre.tabIndex = 0; }); // long lines scroll, by keyboard too
  if (after) box.append(after);
  return box;
}

/** A block stands on lines of its own already: the line break beside it would be a blank line. */
function closeIn(block) {
  const [before, after] = [block.previousSibling, block.nextSibling];
  if (before?.nodeType === Node.TEXT_NODE) before.data = before.data.replace(/\n$/, "");
  if (after?.nodeType === Node.TEXT_NODE) after.data = after.data.replace(/^\n/, "");
}

function hide(spoiler, key, opened) {
  const reveal = () => {
    opened.add(key);
    spoiler.classList.add("revealed");
    for (const name of ["role", "tabindex", "aria-label"]) spoiler.removeAttribute(name);
  };
  if (opened.has(key)) return reveal();
  spoiler.setAttribute("role", "button");
  spoiler.setAttribute("aria-label", "Nội dung ẩn, bấm để xem");
  spoiler.tabIndex = 0;
  spoiler.addEventListener("click", (event) => {
    if (spoiler.classList.contains("revealed")) return;
    event.preventDefault();
    reveal();
  });
}

/** Long folded quotes get a button, short ones are simply shown. Needs the row to be in the page: it measures. */
export function fold(article, opened) {
  article.querySelectorAll("blockquote.expandable").forEach((quote, at) => {
    const key = `${article.dataset.key}q${at}`;
    quote.classList.toggle("open", opened.has(key));
    if (!opened.has(key) && quote.scrollHeight <= quote.clientHeight + 2) {
      quote.classList.remove("expandable");
      return;
    }
    const toggle = h("button", { type: "button", class: "unfold" }, icon("down"));
    const say = () => {
      const open = quote.classList.contains("open");
      toggle.setAttribute("aria-expanded", String(open));
      toggle.setAttribute("aria-label", open ? "Thu gọn trích dẫn" : "Mở rộng trích dẫn");
    };
    toggle.addEventListener("click", () => {
      quote.classList.toggle("open") ? opened.add(key) : opened.delete(key);
      say();
    });
    say();
    quote.append(toggle);
  });
}

function keyboard(message, chat) {
  return parts.buttons(message, {
    waiting: (data) => chat.waiting(message.id, data),
    onpress: (data) => chat.press(message.id, data),
    onurl: chat.url,
    oncopy: chat.copy,
  });
}

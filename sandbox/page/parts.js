// What a bubble may hold besides text: pictures, documents, contacts, polls, reactions, buttons.

import { h, icon } from "./dom.js";
import { number, size } from "./words.js";

export function picture(message, onopen) {
  const { url, width, height } = message.photo;
  const image = h("img", { src: url, width, height, loading: "lazy", decoding: "async", alt: message.text || "Ảnh" });
  return h("button", { type: "button", class: "picture", "aria-label": "Xem ảnh", onclick: () => onopen(url, message.text) }, image);
}

export function file(message) {
  const { url, name, size: bytes } = message.document;
  const ending = name.includes(".") ? name.split(".").at(-1).slice(0, 4).toLowerCase() : "";
  return h("a", { class: "file", href: url, download: name, "data-kind": ending },
    h("span", { class: "file-icon", "aria-hidden": true }, ending || icon("file")),
    h("span", { class: "file-words" },
      h("span", { class: "file-name" }, name),
      h("span", { class: "faint" }, size(bytes))));
}

export function contact({ first_name: name, phone_number: phone, own }) {
  return h("div", { class: "contact" },
    h("span", { class: "contact-icon" }, icon("person")),
    h("span", { class: "file-words" },
      h("span", { class: "file-name" }, name),
      h("span", { class: "faint" }, phone),
      own ? null : h("span", { class: "faint" }, "Số của người khác")));
}

export function poll(message, onvote) {
  const { question, options, closed, multiple, anonymous, total } = message.poll;
  const voted = options.some((option) => option.mine);
  const kind = closed ? "Bình chọn đã đóng" : `Bình chọn ${anonymous ? "ẩn danh" : "công khai"}${multiple ? ", nhiều phương án" : ""}`;
  const rows = closed || voted ? options.map((option) => result(option, total)) : choices(options, multiple, onvote);
  return h("div", { class: "poll" },
    h("p", { class: "poll-question" }, question),
    h("p", { class: "faint" }, kind),
    rows,
    h("p", { class: "poll-foot" },
      h("span", { class: "faint" }, total ? `${number(total)} phiếu` : "Chưa có phiếu nào"),
      voted && !closed ? h("button", { type: "button", class: "text-button", onclick: () => onvote([]) }, "Rút lại phiếu") : null));
}

function result({ text, votes, mine }, total) {
  const share = total ? Math.round((100 * votes) / total) : 0;
  const bar = h("span", { class: "poll-bar" });
  bar.style.setProperty("--share", `${share}%`); // by script: the page's policy forbids style attributes
  return h("div", { class: mine ? "poll-result mine" : "poll-result" },
    h("span", { class: "poll-share" }, `${share}%`),
    h("span", { class: "poll-text" }, text, mine ? icon("check") : null),
    bar);
}

function choices(options, multiple, onvote) {
  if (!multiple) {
    return options.map((option, at) => h("button", { type: "button", class: "poll-choice", onclick: () => onvote([at]) },
      h("span", { class: "poll-dot" }), option.text));
  }
  const send = h("button", { type: "button", class: "text-button", disabled: true, onclick: () => onvote(chosen()) }, "Bỏ phiếu");
  const boxes = options.map(() => h("input", { type: "checkbox", onchange: () => { send.disabled = !chosen().length; } }));
  const chosen = () => boxes.flatMap((box, at) => (box.checked ? [at] : []));
  return [...options.map((option, at) => h("label", { class: "poll-choice" }, boxes[at], option.text)), send];
}

export function reactions(message, onreact) {
  const counts = new Map();
  for (const { emoji, from } of message.reactions) {
    const known = counts.get(emoji) ?? { count: 0, mine: false };
    counts.set(emoji, { count: known.count + 1, mine: known.mine || from === "me" });
  }
  return h("div", { class: "reactions" }, [...counts].map(([emoji, { count, mine }]) =>
    h("button", {
      type: "button", class: "reaction", "aria-pressed": String(mine), "aria-label": `Cảm xúc ${emoji}, ${count}`,
      onclick: () => onreact(mine ? "" : emoji),
    }, emoji, count > 1 ? h("span", {}, String(count)) : null)));
}

/** The rows of buttons under a message. `waiting(data)` says whether an answer to a press is still to come. */
export function buttons(message, { waiting, onpress, onurl, oncopy }) {
  return h("div", { class: "buttons", "data-message": message.id }, message.keyboard.map((row) => h("div", { class: "buttons-row" }, row.map((button) => {
    if (button.url) {
      return h("a", {
        class: "inline", href: button.url, target: "_blank", rel: "noopener noreferrer",
        onclick: (event) => onurl(event, button.url),
      }, h("span", {}, button.text), icon("out"));
    }
    if (button.copy !== undefined) {
      return h("button", { type: "button", class: "inline", onclick: () => oncopy(button.copy) }, h("span", {}, button.text), icon("copy"));
    }
    return h("button", {
      type: "button", class: "inline", "data-press": button.data, "aria-busy": waiting(button.data) ? "true" : null,
      onclick: () => onpress(button.data),
    }, h("span", {}, button.text));
  }))));
}

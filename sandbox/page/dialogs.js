// The questions a phone asks before it does something.

import { h, freshId } from "./dom.js";
import { readInvitation } from "./links.js";
import { dialog } from "./overlay.js";

/** Paste a link or a code, or take one that lies on the phone. `open(payload)`. */
export function inviteDialog(screen, info, open) {
  const problem = h("p", { class: "field-problem", id: freshId("problem"), role: "alert" });
  const input = h("input", {
    type: "text", id: freshId("invitation"), autocomplete: "off", autocapitalize: "off", spellcheck: "false",
    placeholder: `https://t.me/${info.bot.username}?start=…`, "aria-describedby": problem.id,
    oninput: () => { problem.textContent = ""; input.removeAttribute("aria-invalid"); },
  });
  const run = () => {
    const read = readInvitation(input.value, info.bot.username);
    if (read.problem) {
      problem.textContent = read.problem;
      input.setAttribute("aria-invalid", "true");
      input.focus();
      return false;
    }
    return open(read.payload);
  };
  const links = info.links.map(({ label, url }) => h("button", {
    type: "button", class: "text-button", onclick: () => { input.value = url; input.dispatchEvent(new Event("input")); input.focus(); },
  }, `Dùng “${label}” của điện thoại này`));
  return dialog(screen, {
    title: "Mở liên kết mời",
    body: [h("label", { for: input.id }, "Dán liên kết hoặc mã mời"), input, problem, links],
    acts: [{ label: "Hủy" }, { label: "Mở", kind: "main", run }],
  });
}

/** `share(own)`. Sending another person's card is what a bot must be able to refuse, so the page offers it. */
export function contactDialog(screen, info, share) {
  return dialog(screen, {
    title: "Chia sẻ số điện thoại?",
    body: [h("p", {}, `${info.bot.name} sẽ thấy số ${info.phone_number || "của anh/chị"}.`)],
    acts: [
      { label: "Hủy" },
      { label: "Gửi số của người khác", run: () => { share(false); } },
      { label: "Chia sẻ số của tôi", kind: "main", run: () => { share(true); } },
    ],
  });
}

export function forgetDialog(screen, forget) {
  return dialog(screen, {
    title: "Xóa lịch sử trò chuyện?",
    body: [h("p", {}, "Tin nhắn trên điện thoại này mất hẳn. Bot không được báo.")],
    acts: [{ label: "Hủy" }, { label: "Xóa", kind: "danger", run: () => { forget(); } }],
  });
}

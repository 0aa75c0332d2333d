// Invitation links and codes: what a person may have at hand, and the payload of /start that it means.

const CODE = /^[A-Za-z0-9_-]{1,64}$/;

/** The payload of a link that starts this bot ("" when it carries none); null for any other address. */
export function startPayload(address, username) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  const name = startedBot(url);
  return name?.toLowerCase() === username.toLowerCase() ? url.searchParams.get("start") ?? "" : null;
}

function startedBot(url) {
  if (["t.me", "telegram.me"].includes(url.hostname)) return url.pathname.replaceAll("/", "");
  return url.protocol === "tg:" ? url.searchParams.get("domain") : null;
}

/** What was pasted, as {payload} or {problem: a sentence}. */
export function readInvitation(pasted, username) {
  const text = pasted.trim();
  if (!text) return { problem: "Vui lòng dán liên kết hoặc mã mời." };
  if (CODE.test(text)) return { payload: text };
  const address = /^(t|telegram)\.me\//i.test(text) ? `https://${text}` : text;
  const payload = startPayload(address, username);
  if (payload !== null) {
    if (CODE.test(payload)) return { payload };
    return { problem: payload ? "Mã trong liên kết không hợp lệ. Vui lòng chép lại liên kết." : "Liên kết này không có mã mời." };
  }
  if (/^(https?|tg):/i.test(address)) return { problem: `Liên kết này không mở @${username}. Vui lòng kiểm tra lại.` };
  return { problem: "Đây không phải liên kết hay mã mời. Vui lòng chép lại toàn bộ." };
}

// Talking to the sandbox (docs/sandbox.md). What goes wrong comes back as a sentence for the person at the page.

const REFUSALS = {
  "blocked": "Anh/chị đã chặn bot. Vui lòng bỏ chặn trước khi nhắn.",
  "deactivated": "Tài khoản này đang bị vô hiệu hóa. Vui lòng kích hoạt lại.",
  "no-message": "Tin nhắn này không còn nữa.",
  "length": "Mỗi tin nhắn có từ 1 đến 4.096 ký tự. Vui lòng chia nhỏ.",
  "length-zalo": "Mỗi tin nhắn Zalo có từ 1 đến 2.000 ký tự. Vui lòng chia nhỏ.",
  "payload": "Mã mời chỉ gồm chữ không dấu, số, dấu “-” và “_”, tối đa 64 ký tự.",
  "not-a-picture": "Tệp này không phải ảnh đọc được. Vui lòng gửi dưới dạng tệp.",
  "no-number": "Điện thoại này chưa có số để chia sẻ.",
  "no-poll": "Bình chọn này đã đóng.",
  "options": "Bình chọn này chỉ cho chọn một phương án.",
  "no-phone": "Điện thoại này không còn trong hệ thống thử. Vui lòng tải lại trang.",
};
const PATIENCE = 60_000; // ms; an upload of 50 MB on loopback is far below

export class Refusal extends Error {}

async function call(method, path, body) {
  const form = body instanceof FormData;
  const options = { method, signal: AbortSignal.timeout(PATIENCE) };
  if (body !== undefined) options.body = form ? body : JSON.stringify(body);
  if (body !== undefined && !form) options.headers = { "Content-Type": "application/json" };
  let answer;
  try {
    answer = await fetch(`/sandbox/${path}`, options);
  } catch {
    throw new Refusal("Không tới được máy chủ. Vui lòng kiểm tra Loa còn chạy không rồi thử lại.");
  }
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  throw new Refusal(REFUSALS[said.code] ?? `Máy chủ không nhận yêu cầu (${said.error ?? answer.status}).`);
}

export const phones = () => call("GET", "phones");
export const messages = (phone) => call("GET", `phones/${phone}/messages`);
export const act = (phone, what, body = {}) => call("POST", `phones/${phone}/${what}`, body);
export const addPhone = (phone) => call("POST", "phones", phone);
export const faults = (changed) => changed ? call("PUT", "faults", changed) : call("GET", "faults");
export const bill = () => call("GET", "zalo/bill");
export const clearBill = () => call("DELETE", "zalo/bill");
export const stats = () => call("GET", "stats");
export const clearStats = () => call("DELETE", "stats");
export const clock = (forward) => forward ? call("POST", "clock", { forward }) : call("GET", "clock");

export function upload(phone, file, kind, caption) {
  const form = new FormData();
  form.append("kind", kind);
  if (caption) form.append("caption", caption);
  form.append("file", file, file.name);
  return call("POST", `phones/${phone}/file`, form);
}

// What differs between the platforms' phones: words, limits, and what a person can do besides writing.

import { duration, now } from "./words.js";

const FREE = 48 * 3600, WINDOW = 7 * 86_400; // seconds after the last interaction, as Zalo counts them

/** How the OA may write to this person now. */
function reach({ last_interaction: last }) {
  if (last === null) return "chưa tương tác";
  const age = now() - last;
  if (age <= FREE) return `miễn phí còn ${duration(FREE - age)}`;
  return age <= WINDOW ? `trả phí còn ${duration(WINDOW - age)}` : "đã quá 7 ngày";
}

const telegram = {
  name: "Telegram", limit: 4096, start: "Bắt đầu", left: "Anh/chị đã chặn bot này.", back: "Bỏ chặn", reacts: true, pastes: true,
  welcome: "Mở liên kết mời để tham gia mạng lưới, hoặc bấm Bắt đầu để trò chuyện với bot.",
  state: (info) => (info.deactivated ? "tài khoản bị vô hiệu hóa" : info.blocked ? "đã chặn" : "bot"),
  menu: (info) => [
    info.blocked ? { label: "Bỏ chặn bot", icon: "undo", act: "unblock" } : { label: "Chặn bot", icon: "bar", danger: true, act: "block" },
    account(info),
  ],
};

const zaloOa = {
  name: "Zalo OA", limit: 2000, start: "Quan tâm", left: "Anh/chị đã bỏ quan tâm OA này.", back: "Quan tâm lại", reacts: true, pastes: false,
  welcome: "Bấm Quan tâm để nhận tin chính sách, rồi nhắn mã mời cho OA để tham gia mạng lưới.",
  state: (info) => (info.deactivated ? "tài khoản ngừng hoạt động" : info.blocked ? "đã bỏ quan tâm" : info.online ? reach(info) : `máy tắt · ${reach(info)}`),
  menu: (info) => [
    info.follower ? { label: "Bỏ quan tâm", icon: "bar", danger: true, act: "unfollow" } : { label: "Quan tâm", icon: "undo", act: "follow" },
    info.online ? { label: "Tắt máy", icon: "quiet", act: "offline" } : { label: "Mở máy", icon: "undo", act: "online" },
    { label: "Gửi vị trí (Hà Nội)", icon: "pin", act: "location", body: { latitude: 21.0285, longitude: 105.8542 } },
    { label: "Yêu cầu xóa dữ liệu cá nhân", icon: "bin", danger: true, act: "withdraw" },
    account(info),
  ],
};

const zaloBot = {
  name: "Zalo Bot", limit: 2000, reacts: false, pastes: false, writesFirst: true,
  welcome: "Nhắn mã mời cho bot để tham gia mạng lưới. Bot Zalo không có nút bấm: trả lời bằng số.",
  state: () => "bot",
  menu: () => [],
};

function account(info) {
  return info.deactivated ? { label: "Kích hoạt lại tài khoản", icon: "undo", act: "deactivate", body: { active: true } }
    : { label: "Vô hiệu hóa tài khoản", icon: "person", danger: true, act: "deactivate" };
}

export const PLATFORMS = { telegram, zalo_oa: zaloOa, zalo_bot: zaloBot };
export const platform = (info) => PLATFORMS[info.platform] ?? telegram;

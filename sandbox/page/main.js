// The page: joins the stream, the phones, the switcher and the panel.

import { h } from "./dom.js";
import { follow } from "./events.js";
import { Panel } from "./panel.js";
import { PhoneView } from "./phone.js";
import { Phones } from "./state.js";
import { Switcher } from "./switcher.js";

const PATIENCE = 800; // ms without the stream before the page says so: a reload of the server is shorter
const AGAIN = 2000; // ms
const TOGETHER = 40; // ms in which changes of phones are shown at once; a timer, for a hidden page's title counts too

const place = document.getElementById("phones");
const linkState = document.getElementById("link-state");
const narrow = matchMedia("(max-width: 719px)");
const views = new Map();
const nothing = h("p", { class: "nothing", hidden: true }, "Chưa có điện thoại nào. Mở bảng Vận hành để thêm.");
place.append(nothing);

let arranging = 0;
const state = new Phones((what, record, data) => {
  if (what === "new") {
    const view = new PhoneView(record);
    views.set(record.id, view);
    place.append(view.element);
  } else if (what === "gone") {
    views.get(record.id).element.remove();
    views.delete(record.id);
  } else if (record) {
    views.get(record.id).update(what, data);
  }
  if (["gone", "info", "loaded"].includes(what)) arranging ||= setTimeout(arrange, TOGETHER);
  if (["message", "messages"].includes(what)) see();
});

const current = () => {
  const asked = location.hash.slice(1);
  return state.all.has(asked) ? asked : state.all.keys().next().value;
};

function choose(id) {
  history.replaceState(null, "", `#${id}`);
  arrange();
  views.get(id)?.log.end();
  see();
}

/** The one phone on a narrow page has been looked at; on a wide page a phone is read when it is used. */
function see() {
  if (narrow.matches && !document.hidden) views.get(current())?.read();
}

const switcher = new Switcher(document.getElementById("switcher"), choose);

function arrange() {
  clearTimeout(arranging);
  arranging = 0;
  const records = [...state.all.values()];
  const chosen = current();
  switcher.show(records, chosen);
  for (const [id, view] of views) view.element.classList.toggle("current", id === chosen);
  nothing.hidden = records.length > 0;
  const unread = records.reduce((sum, { info }) => sum + info.unread, 0);
  document.title = `${unread ? `(${unread}) ` : ""}Loa · Điện thoại thử`;
}

const panel = new Panel(document.getElementById("panel"), {
  opener: document.getElementById("open-panel"),
  flag: document.getElementById("faults-on"),
  onclock: () => views.forEach((view) => view.redraw()),
});

const WORDS = { waiting: "Đang kết nối…", on: "Đã kết nối", lost: "Mất kết nối, đang thử lại…" };
function say(name) {
  linkState.dataset.state = name;
  linkState.firstElementChild.textContent = WORDS[name];
  document.body.classList.toggle("lost", name === "lost");
}

let lost = 0;
async function load() {
  try {
    await Promise.all([state.load(), panel.refresh()]);
    clearTimeout(lost);
    lost = 0;
    say("on");
  } catch {
    losing();
    setTimeout(load, AGAIN);
  }
}

function losing() {
  lost ||= setTimeout(say, PATIENCE, "lost");
}

addEventListener("hashchange", arrange);
addEventListener("keydown", (event) => {
  // By the key's place, not its letter: Alt with a digit writes a sign on some keyboards.
  const place = /^Digit([1-9])$/.exec(event.code)?.[1];
  const id = event.altKey && !event.ctrlKey && !event.metaKey && place ? [...state.all.keys()][place - 1] : undefined;
  if (id === undefined) return;
  event.preventDefault();
  choose(id);
  views.get(id).composer.focus();
  views.get(id).element.scrollIntoView({ block: "nearest", inline: "nearest" });
});
document.addEventListener("visibilitychange", see);
follow({
  onEvent: (name, data) => (name === "reset" ? load() : Promise.resolve(state.apply(name, data)).catch(losing)),
  onOpen: load,
  onLost: losing,
});

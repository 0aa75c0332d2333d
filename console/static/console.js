"use strict";
// Pages work without this script; it adds what is live: progress of a push, preview while typing, drafts that survive.

const english = document.documentElement.lang === "en";
const grouped = (n) => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, english ? "," : ".");
const SAY = english ? {
  restore: "Take back what was not saved, from this machine", lost: "No connection; what you typed is kept on this machine.",
  kept: "Kept on this machine, not saved", heavy: (name, size, most) => `“${name}” has ${size} MB; ${most} MB are the most. Please make it smaller.`,
} : {
  restore: "Lấy lại nội dung chưa lưu trên máy này", lost: "Mất kết nối; nội dung vẫn được giữ trên máy này.",
  kept: "Đã giữ trên máy này, chưa lưu", heavy: (name, size, most) => `Tệp “${name}” nặng ${size} MB, tối đa ${most} MB. Vui lòng giảm dung lượng.`,
};

function followPush(section) {
  const fill = (now) => {
    for (const place of document.querySelectorAll("[data-now]")) {
      const value = now[place.dataset.now];
      if (place.tagName === "PROGRESS") { place.max = now.planned || 1; place.value = value; }
      else if (place.dataset.now === "failures") {
        place.innerHTML = value; // drawn by our own server, which escapes
      } else {
        place.textContent = typeof value === "number" ? grouped(value) : value;
        if (place.dataset.now === "news") place.hidden = !value;
      }
    }
  };
  const source = new EventSource(section.dataset.events);
  source.onmessage = (event) => {
    const now = JSON.parse(event.data);
    fill(now);
    if (now.ended) { source.close(); location.reload(); } // other buttons, and the table by agency
  };
  addEventListener("pagehide", () => source.close());
}

function composing(form) {
  const key = `loa-brief-${form.dataset.keep}`, note = document.querySelector(".kept");
  const fields = () => [...new FormData(form)].filter(([name, value]) => name !== "csrf" && typeof value === "string");
  const opened = JSON.stringify(fields());
  const kept = localStorage.getItem(key);
  if (kept && kept !== opened && !form.parentElement.querySelector(".problem")) offer(kept);

  function offer(text) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = SAY.restore;
    button.onclick = () => { restore(JSON.parse(text)); button.remove(); changed(); };
    note.append(button);
  }
  function restore(saved) {
    for (const box of form.querySelectorAll("input[type=checkbox]")) box.checked = saved.some(([n, v]) => n === box.name && v === box.value);
    const rest = new Map();
    for (const [name, value] of saved) rest.set(name, [...(rest.get(name) || []), value]);
    while (form.querySelectorAll("[name=citation_doc]").length < (rest.get("citation_doc") || []).length) addCitation();
    for (const [name, values] of rest) {
      [...form.querySelectorAll(`[name="${name}"]:not([type=checkbox])`)].forEach((field, n) => { field.value = values[n] ?? ""; });
    }
  }
  function addCitation() {
    const row = form.querySelector(".citations .side").cloneNode(true);
    for (const field of row.querySelectorAll("input")) field.value = "";
    form.querySelector("[data-add=citations]").before(row);
  }
  form.querySelector("[data-add=citations]").onclick = addCitation;

  let waiting = 0;
  async function show() {
    const body = new FormData(form);
    const ask = (url) => fetch(url, { method: "POST", body, headers: { accept: "text/plain" } });
    try {
      const [preview, reach] = await Promise.all([ask(form.dataset.preview), ask(form.dataset.reach)]);
      const place = form.querySelector("[data-shown=preview]");
      if (preview.ok) {
        const chosen = place.querySelector("input:checked")?.id;
        place.innerHTML = await preview.text(); // made by our own server, which escapes what was typed
        if (chosen) document.getElementById(chosen).checked = true;
      }
      else note.textContent = await preview.text();
      const counted = form.querySelector("[data-shown=reach]");
      if (counted && reach.ok) counted.innerHTML = await reach.text();
    } catch { note.textContent = SAY.lost; }
  }
  function changed() {
    const now = JSON.stringify(fields());
    if (now === opened) localStorage.removeItem(key);
    else {
      localStorage.setItem(key, now);
      note.textContent = SAY.kept;
    }
    clearTimeout(waiting);
    waiting = setTimeout(show, 400);
  }
  for (const button of document.querySelectorAll("[data-take]")) {
    button.onclick = () => {
      form.elements[button.dataset.take].value = button.dataset.text;
      button.disabled = true;
      changed();
    };
  }
  form.addEventListener("input", changed);
  form.addEventListener("submit", () => sessionStorage.setItem("loa-saving", key));
  show();
}

// Formatted text pasted into a field comes out as the Markdown that is sent; where that fails, as plain text.
function pasting(form) {
  form.addEventListener("paste", async (event) => {
    const field = event.target, html = event.clipboardData.getData("text/html"), plain = event.clipboardData.getData("text/plain");
    if (field.tagName !== "TEXTAREA" || !html) return;
    event.preventDefault();
    const body = new FormData();
    body.set("csrf", form.elements.csrf.value);
    body.set("html", html.slice(0, 290000));
    const asked = fetch(form.dataset.paste, { method: "POST", body, headers: { accept: "text/plain" } });
    const text = await asked.then((answer) => (answer.ok ? answer.text() : plain)).catch(() => plain);
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// What is typed into the other forms survives a session that has ended: kept when it is sent, given back once.
function remembering(form) {
  const key = `loa-typed-${form.action}`;
  const fields = [...form.querySelectorAll("textarea, input:not([type])")].filter((field) => field.name);
  if (!fields.length) return;
  const kept = JSON.parse(localStorage.getItem(key) || "{}");
  for (const field of fields) if (!field.value && kept[field.name]) field.value = kept[field.name];
  form.addEventListener("submit", () => {
    localStorage.setItem(key, JSON.stringify(Object.fromEntries(fields.map((field) => [field.name, field.value]))));
  });
}

// Files dropped on the form are sent at once; one that is too large is refused before it travels.
function dropping(form) {
  const input = form.querySelector("input[type=file]"), said = form.querySelector(".wrong"), most = Number(form.dataset.drop);
  const send = () => {
    const large = [...input.files].find((file) => file.size > most);
    said.hidden = !large;
    if (large) {
      said.textContent = SAY.heavy(large.name, (large.size / 1e6).toFixed(1), most / 1e6);
      input.value = "";
    } else if (input.files.length) form.requestSubmit();
  };
  for (const name of ["dragover", "dragleave", "drop"]) {
    form.addEventListener(name, (event) => { event.preventDefault(); form.classList.toggle("over", name === "dragover"); });
  }
  form.addEventListener("drop", (event) => { input.files = event.dataTransfer.files; send(); });
  input.addEventListener("change", send);
}

const saving = sessionStorage.getItem("loa-saving");
if (saving && new URLSearchParams(location.search).get("xong") === "luu") {
  localStorage.removeItem(saving);
  sessionStorage.removeItem("loa-saving");
}
if (new URLSearchParams(location.search).has("xong")) {
  for (const key of Object.keys(localStorage)) if (key.startsWith("loa-typed-")) localStorage.removeItem(key);
}
for (const section of document.querySelectorAll("[data-events]")) followPush(section);
for (const form of document.querySelectorAll("[data-keep]")) composing(form);
for (const form of document.querySelectorAll("[data-paste]")) pasting(form);
for (const form of document.querySelectorAll("[data-drop]")) dropping(form);
for (const form of document.querySelectorAll("form[method=post]:not([data-keep])")) remembering(form);
addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
  else for (const button of event.target.querySelectorAll("button:not([type=button])")) setTimeout(() => { button.disabled = true; }, 0);
});

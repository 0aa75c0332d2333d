"use strict";
// Inside Telegram: what it says of who opened this page stands behind the #; the form carries it to the door.

const given = new URLSearchParams(location.hash.slice(1)).get("tgWebAppData");
const say = (event, data = {}) => {
  const text = JSON.stringify(data);
  if (window.TelegramWebviewProxy) window.TelegramWebviewProxy.postEvent(event, text);
  else if (window.external && "notify" in window.external) window.external.notify(JSON.stringify({ eventType: event, eventData: data }));
};
say("web_app_ready");
say("web_app_expand");
if (given) {
  const form = document.querySelector("form[data-inside]");
  form.elements.telegram.value = given;
  form.submit();
} else document.querySelector("[data-outside]").hidden = false;

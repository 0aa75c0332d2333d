// Presses of buttons that wait for the bot's answer: the button turns until the answer, at most as long as Telegram's.

import * as api from "./api.js";

const PATIENCE = 15_000; // ms

export class Presses {
  /** `root` holds the rows with the buttons. */
  constructor(phone, root) {
    Object.assign(this, { phone, root });
    this.waiting = new Map(); // "message|data" → timer
    this.answers = new Map(); // callback id → what to do at its answer, or null when the answer was first
  }

  has(message, data) {
    return this.waiting.has(`${message}|${data}`);
  }

  /** Raises what the sandbox refuses. */
  async press(message, data) {
    if (this.has(message, data)) return;
    const done = () => this._turn(message, data, false);
    this._turn(message, data, true, setTimeout(done, PATIENCE));
    try {
      const { callback_id: callback } = await api.act(this.phone, "press", { message_id: message, data });
      if (this.answers.delete(callback)) done();
      else this.answers.set(callback, done);
    } catch (problem) {
      done();
      throw problem;
    }
  }

  /** The bot answered. Its answer can overtake the sandbox's answer to the press. */
  answered(callback) {
    const done = this.answers.get(callback);
    this.answers.delete(callback);
    if (done) return done();
    this.answers.set(callback, null);
    return setTimeout(() => this.answers.delete(callback), PATIENCE);
  }

  _turn(message, data, on, timer) {
    const key = `${message}|${data}`;
    clearTimeout(this.waiting.get(key));
    if (on) this.waiting.set(key, timer);
    else this.waiting.delete(key);
    for (const button of this.root.querySelectorAll(`[data-message="${message}"] [data-press]`)) {
      if (button.dataset.press !== data) continue;
      if (on) button.setAttribute("aria-busy", "true");
      else button.removeAttribute("aria-busy");
    }
  }
}

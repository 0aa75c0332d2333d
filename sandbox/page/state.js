// What the page knows: phones and their messages. It draws nothing; whoever draws listens.

import * as api from "./api.js";

const KEPT = 1000; // messages a phone, as many as the sandbox keeps

/** One phone's record: {id, info, messages: Map by id in order, replyKeyboard, arrived: Map or null}. */
export class Phones {
  constructor(listener) {
    this.all = new Map();
    this.listener = listener; // (what, record, data)
    this.told = new Set(); // phones the stream told about since the last load began: newer than what was asked for
  }

  /** Everything anew. What the stream brings meanwhile is not lost: see `_take`. */
  async load() {
    this.told.clear();
    const { phones } = await api.phones();
    const there = new Set(phones.map((info) => info.id));
    for (const [id, record] of this.all) {
      if (there.has(id)) continue;
      this.all.delete(id);
      this.listener("gone", record);
    }
    await Promise.all(phones.map((info) => this._loadPhone(info)));
    this.listener("loaded", null);
  }

  async _loadPhone(info) {
    const record = this._record(info);
    const arrived = record.arrived = new Map();
    const loaded = await api.messages(info.id);
    if (record.arrived !== arrived) return; // a later load overtook this one
    record.messages = new Map(loaded.messages.map((message) => [message.id, message]));
    record.arrived = null;
    for (const message of arrived.values()) this._take(record, message);
    record.replyKeyboard = loaded.reply_keyboard;
    for (const what of ["info", "messages", "keyboard"]) this.listener(what, record);
  }

  _record(info) {
    let record = this.all.get(info.id);
    if (record) {
      if (!this.told.has(info.id)) record.info = info;
      return record;
    }
    record = { id: info.id, info, messages: new Map(), replyKeyboard: null, arrived: null };
    this.all.set(info.id, record);
    this.listener("new", record);
    return record;
  }

  /** The newest version of a message wins, in whatever order they come. */
  _take(record, message) {
    const target = record.arrived ?? record.messages;
    const known = target.get(message.id);
    if (known && known.version >= message.version) return;
    target.set(message.id, message);
    if (target.size > KEPT) target.delete(target.keys().next().value);
  }

  /** One event of the stream, all but `reset`. */
  apply(name, data) {
    const known = this.all.get(data.phone);
    if (!known) return data.info && this._loadPhone(data.info);
    if (name === "message" || name === "edited" || name === "deleted") {
      this._take(known, data.message);
      return this.listener(name === "message" ? "message" : "messages", known, data);
    }
    if (name === "phone" || name === "blocked") return this._info(known, data.info);
    if (name === "commands") known.info = { ...known.info, commands: data.commands };
    if (name === "keyboard") known.replyKeyboard = data.reply_keyboard;
    return this.listener(name === "commands" ? "info" : name, known, data);
  }

  _info(record, info) {
    record.info = info;
    this.told.add(record.id);
    const wiped = info.last_id === 0 && record.messages.size > 0;
    if (wiped) {
      record.messages.clear();
      record.arrived?.clear();
      record.replyKeyboard = null;
    }
    this.listener("info", record);
    if (wiped) for (const what of ["messages", "keyboard"]) this.listener(what, record);
  }
}

/** The newest pinned message, or undefined. */
export function pinned(record) {
  return [...record.messages.values()].findLast((message) => message.pinned && !message.deleted);
}

/** Whether this person has come in through an invitation (on this phone's history). */
export function invited(record) {
  const codes = record.info.links.map(({ url }) => url);
  return [...record.messages.values()].some((message) => message.from === "me" && (/^\/start \S/.test(message.text) || codes.includes(message.text)));
}

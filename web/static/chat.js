// One conversation with the desk: what was said, and a place to say something.

import { CLIP, SEND, el, icon, keepLooking, micros, once } from "./dom.js";
import { words } from "./words.js";

const HOOK = "/hook/webchat";
const MOST_FILE = 10_000_000;
const WAITING_MS = 15_000;
const TIME_GAP_US = 5 * 60 * 1_000_000;

export class Chat {
  // token() gives the visitor's token, renew() a fresh one; welcome, placeholder and examples are words; onLines hears of news. Without
  // a stream of its own (`live: false`) it looks when it is refreshed.
  constructor({ token, renew, welcome, placeholder, examples = [], draft = null, live = true, onLines = () => {} }) {
    Object.assign(this, { token, renew, examples, draft, onLines });
    this.tag = "";
    this.lines = [];
    this.nodes = new Map();
    this.pending = new Map();
    this.log = el("ol", { class: "log", role: "log", "aria-live": "polite" });
    this.welcome = el("li", { class: "line theirs" }, el("div", { class: "bubble" }, el("p", {}, welcome)));
    this.dots = el("li", { class: "line theirs dots", hidden: true }, el("div", { class: "bubble" }, el("i"), el("i"), el("i")));
    this.chips = el("div", { class: "chips" });
    this.box = el("textarea", { rows: "1", maxlength: "4000", placeholder, "aria-label": placeholder, enterkeyhint: "send" });
    this.root = el("section", { class: "chat" }, this.log, this.chips, this.#composer());
    this.refresh = once(() => this.#refresh());
    new ResizeObserver(() => (this.log.scrollTop = this.log.scrollHeight)).observe(this.log);
    this.offer(examples);
    this.#paint();
    if (live) keepLooking(() => `/api/chat/stream?token=${encodeURIComponent(this.token())}`, this.refresh);
  }

  // Sentences to press instead of typing; a long one is shown shortened.
  offer(sentences, next = -1) {
    this.chips.replaceChildren(
      ...sentences.map((sentence, place) =>
        el("button", { type: "button", class: place === next ? "chip next" : "chip", title: sentence, onclick: () => this.say(sentence) }, sentence),
      ),
    );
  }

  say(text) {
    const said = text.trim();
    if (said) this.#deliver({ text: said, message: { kind: "text", text: said } });
  }

  // He came by a code: nothing is shown as said.
  async enter(scene) {
    const answer = await this.#post({ id: newId(), message: { kind: "enter", text: scene } });
    if (answer.ok) this.refresh();
    return answer.ok;
  }

  press(button) {
    this.#deliver({ text: button.label, message: { kind: "press", press: button.token, text: button.label } });
  }

  sendFile(file) {
    if (file.size > MOST_FILE) {
      this.#notice(words.tooLarge);
      return;
    }
    this.#deliver({ text: "", file });
  }

  // ---- sending

  async #deliver(sent) {
    sent.id ??= newId();
    sent.state = "sending";
    this.pending.set(sent.id, sent);
    this.#waitForAnswer(true);
    this.#paint();
    try {
      let answer = await this.#post(sent);
      if (answer.status === 403 && this.renew) {
        await this.renew();
        answer = await this.#post(sent);
      }
      sent.state = answer.ok ? "sent" : "failed";
    } catch {
      sent.state = "failed";
    }
    if (sent.state === "failed") this.#waitForAnswer(false);
    this.#paint();
    this.refresh();
  }

  #post({ id, message, file }) {
    if (!file) {
      const body = JSON.stringify({ token: this.token(), id, ...message });
      return fetch(HOOK, { method: "POST", headers: { "content-type": "application/json" }, body });
    }
    const kind = file.type.startsWith("image/") ? "image" : file.type.startsWith("audio/") ? "voice" : "file";
    const query = new URLSearchParams({ id, kind, name: file.name || "file" });
    const headers = { authorization: `Bearer ${this.token()}`, "content-type": file.type || "application/octet-stream" };
    return fetch(`${HOOK}?${query}`, { method: "POST", headers, body: file });
  }

  // ---- what was said

  async #refresh() {
    const query = new URLSearchParams({ token: this.token(), after: this.tag });
    const answer = await fetch(`/api/chat/messages?${query}`);
    if (answer.status === 403 && this.renew) {
      await this.renew();
      return;
    }
    if (answer.status !== 200) return;
    const { tag, lines } = await answer.json();
    const theirs = (all) => all.filter((line) => !line.mine).length;
    if (theirs(lines) > theirs(this.lines)) this.#waitForAnswer(false);
    this.tag = tag;
    this.lines = lines;
    for (const line of lines) if (line.ref) this.pending.delete(line.ref);
    this.#paint();
    this.onLines(lines);
  }

  #paint() {
    const nodes = this.lines.length ? [] : [this.welcome];
    let before = 0;
    for (const line of this.lines) {
      if (line.at - before > TIME_GAP_US) nodes.push(this.#remembered(`t${line.at}`, () => timeNode(line.at)));
      before = line.at;
      nodes.push(this.#remembered(line.id, () => this.#lineNode(line)));
    }
    for (const sent of this.pending.values()) nodes.push(this.#pendingNode(sent));
    this.log.replaceChildren(...nodes, this.dots);
    this.log.scrollTop = this.log.scrollHeight;
  }

  #remembered(key, make) {
    if (!this.nodes.has(key)) this.nodes.set(key, make());
    return this.nodes.get(key);
  }

  #lineNode(line) {
    const bubble = el("div", { class: line.title || line.facts?.length ? "bubble card" : "bubble" });
    if (line.title) bubble.append(el("h3", {}, line.title));
    if (line.facts?.length) bubble.append(el("dl", {}, ...line.facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])));
    if (line.text) bubble.append(el("p", {}, line.text));
    for (const file of line.files ?? []) bubble.append(this.#fileNode(file));
    if (line.link) bubble.append(linkNode(line.link, words.open));
    const node = el("li", { class: line.mine ? "line mine" : "line theirs" }, bubble);
    if (line.buttons?.length) node.append(this.#buttonsNode(line.buttons));
    return node;
  }

  #buttonsNode(buttons) {
    const row = el("div", { class: "buttons" });
    const press = (button, event) => {
      for (const other of row.children) other.disabled = true;
      event.currentTarget.classList.add("pressed");
      this.press(button);
    };
    row.append(
      ...buttons.map((button) =>
        button.url
          ? linkNode(button.url, button.label)
          : el("button", { type: "button", onclick: (event) => press(button, event) }, button.label),
      ),
    );
    return row;
  }

  #fileNode(file) {
    const url = `/files/${file.hash}?token=${encodeURIComponent(this.token())}`;
    if (!file.picture) return el("a", { class: "file", href: url, download: file.name }, file.name || words.download);
    const picture = el("img", { src: url, alt: file.name || words.photo, onload: () => (this.log.scrollTop = this.log.scrollHeight) });
    return el("a", { class: "picture", href: url, download: file.name }, picture);
  }

  #pendingNode(sent) {
    const bubble = el("div", { class: "bubble" }, el("p", {}, sent.text || sent.file?.name || ""));
    const failed = el("button", { type: "button", class: "retry", onclick: () => this.#deliver(sent) }, words.failed);
    return el("li", { class: `line mine ${sent.state}` }, bubble, sent.state === "failed" && failed);
  }

  #waitForAnswer(waiting) {
    clearTimeout(this.waiting);
    this.dots.hidden = !waiting;
    if (waiting) this.waiting = setTimeout(() => this.#waitForAnswer(false), WAITING_MS);
  }

  #notice(text) {
    const notice = el("li", { class: "notice", role: "alert" }, text);
    this.log.append(notice);
    this.log.scrollTop = this.log.scrollHeight;
    setTimeout(() => notice.remove(), 6_000);
  }

  #composer() {
    const picker = el("input", { type: "file", hidden: true, accept: "image/*,audio/*,.pdf,.doc,.docx,.xls,.xlsx,.txt,.zip" });
    picker.addEventListener("change", () => {
      if (picker.files[0]) this.sendFile(picker.files[0]);
      picker.value = "";
    });
    const grow = () => {
      this.box.style.height = "auto";
      this.box.style.height = `${Math.min(this.box.scrollHeight, 120)}px`;
      if (this.draft) localStorage.setItem(this.draft, this.box.value);
    };
    const send = (event) => {
      event.preventDefault();
      this.say(this.box.value);
      this.box.value = "";
      grow();
      this.box.focus();
    };
    if (this.draft) this.box.value = localStorage.getItem(this.draft) ?? "";
    this.box.addEventListener("input", grow);
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) send(event);
    });
    return el(
      "form",
      { class: "composer", onsubmit: send },
      picker,
      el("button", { type: "button", class: "round", title: words.attach, "aria-label": words.attach, onclick: () => picker.click() }, icon(CLIP)),
      this.box,
      el("button", { type: "submit", class: "round go", title: words.send, "aria-label": words.send }, icon(SEND)),
    );
  }
}

function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function linkNode(url, label) {
  return el("a", { class: "link", href: url, target: "_blank", rel: "noopener noreferrer" }, label);
}

function timeNode(at) {
  return el("li", { class: "time" }, micros(at, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" }));
}

// The demonstration's telephones (模拟电话 – no carrier): they ring on this page and nowhere else.

import { el, micros, once } from "./dom.js";
import { lang, words } from "./words.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const SOUND = "phone-sound";
const NARROW = "(max-width: 1180px)";
const say = words.phones;

export class Phones {
  // players have a key and a name; badge(player) shows who somebody is; now() is the desk's clock in microseconds; onQuiet hears
  // that no telephone rings any more.
  constructor({ players, badge, now, onQuiet }) {
    Object.assign(this, { players, badge, now, onQuiet });
    this.state = Object.fromEntries(players.map(({ key }) => [key, { number: "", calls: [], texts: [] }]));
    this.read = {};
    this.open = null;
    this.known = new Set();
    this.sound = localStorage.getItem(SOUND) === "on";
    this.ringer = new Ringer();
    this.chips = Object.fromEntries(players.map((player) => [player.key, this.#chip(player)]));
    this.hear = el("button", { type: "button", class: "hear", onclick: () => this.#toggleSound() });
    this.bar = el("div", { class: "phones", role: "group", "aria-label": say.label }, el("b", { class: "simulated" }, say.label), ...Object.values(this.chips), this.hear, el("p", {}, say.hint));
    this.face = el("div", { class: "screen" });
    this.reply = el("input", { maxlength: "200", placeholder: say.reply, "aria-label": say.reply });
    this.device = el("section", { class: "device", hidden: true, "aria-live": "polite" });
    this.refresh = once(() => this.#refresh());
    document.addEventListener("keydown", (event) => this.#typed(event));
    setInterval(() => this.#age(), 1_000);
    this.#showSound();
  }

  async #refresh() {
    const answer = await fetch("/api/demo/phones");
    if (!answer.ok) return;
    this.state = (await answer.json()).phones;
    const news = this.players.find(({ key }) => this.#current(key) && !this.known.has(this.#current(key).ref));
    for (const { key } of this.players) for (const call of this.state[key].calls) this.known.add(call.ref);
    if (news && !(this.open && this.#current(this.open))) this.open = news.key;
    this.#paint();
  }

  #current(key) {
    return this.state[key].calls.find((call) => call.state !== "over");
  }

  // ---- what is shown

  #chip(player) {
    return el("button", { type: "button", class: "phone", "data-phone": player.key, onclick: () => this.#show(this.open === player.key ? null : player.key) }, this.badge(player), el("em", {}));
  }

  #show(key) {
    this.open = key;
    this.reply.value = "";
    this.#paint();
  }

  #paint() {
    for (const { key } of this.players) {
      const { calls, texts } = this.state[key];
      const call = this.#current(key);
      const received = { missed: calls.filter((one) => one.end === "no_answer").length, unread: texts.filter((text) => text.ours).length };
      if (this.open === key) this.read[key] = received;
      const news = ["missed", "unread"].map((what) => [what, received[what] - (this.read[key]?.[what] ?? 0)]).filter(([, count]) => count > 0);
      const chip = this.chips[key];
      chip.classList.toggle("ringing", call?.state === "ringing");
      chip.classList.toggle("talking", call?.state === "talking");
      chip.classList.toggle("open", this.open === key);
      chip.setAttribute("aria-pressed", String(this.open === key));
      chip.querySelector("em").textContent = call ? say[call.state] : news.map(([what, count]) => say[what](count)).join(" · ");
    }
    const rings = this.players.some(({ key }) => this.#current(key)?.state === "ringing");
    this.ringer.ring(this.sound && rings);
    if (!rings) this.onQuiet();
    this.#paintDevice();
  }

  #paintDevice() {
    const player = this.players.find(({ key }) => key === this.open);
    this.device.hidden = !player;
    if (!player) return;
    const { number, calls, texts } = this.state[player.key];
    const call = this.#current(player.key);
    this.device.setAttribute("aria-label", `${say.label} · ${player.name}`);
    this.device.className = `device ${call?.state ?? "idle"}`;
    const head = el(
      "header",
      {},
      el("span", { class: "simulated" }, say.label),
      el("button", { type: "button", class: "close", title: say.close, "aria-label": say.close, onclick: () => this.#show(null) }, "×"),
      el("div", { class: "whose" }, this.badge(player), el("span", { class: "number" }, spaced(number))),
    );
    const typing = document.activeElement === this.reply;
    const body = call?.state === "ringing" ? this.#ringingFace(call) : call ? this.#talkingFace(call) : this.#idleFace(player.key, calls, texts);
    this.device.replaceChildren(head, ...body);
    if (typing && this.reply.isConnected) this.reply.focus();
    const list = this.device.querySelector(".inbox");
    if (list) list.scrollTop = list.scrollHeight;
    this.#speak(call);
  }

  #ringingFace(call) {
    return [
      el("div", { class: "caller" }, el("i", { class: "bell", "aria-hidden": "true" }, "☎"), el("strong", {}, say.caller), el("p", { role: "alert" }, say.calling), el("time", { "data-at": call.at })),
      el(
        "div",
        { class: "choices" },
        el("button", { type: "button", class: "decline", onclick: () => this.#do(call, "hang_up") }, say.decline),
        el("button", { type: "button", class: "answer", onclick: () => this.#do(call, "answer") }, say.answer),
      ),
      el("p", { class: "hint" }, say.letRing),
    ];
  }

  #talkingFace(call) {
    return [
      el("div", { class: "prompt" }, el("p", {}, `“${call.says}”`), canSpeak() && el("button", { type: "button", class: "aloud", onclick: () => speak(call.says) }, say.aloud)),
      el("output", { class: "keys", "aria-label": say.pressed }, call.keys || " "),
      el("div", { class: "pad" }, ...KEYS.map((digit) => el("button", { type: "button", "data-key": digit, onclick: () => this.#do(call, "press", digit) }, digit))),
      el("div", { class: "choices" }, el("button", { type: "button", class: "decline", onclick: () => this.#do(call, "hang_up") }, say.hangUp)),
    ];
  }

  #idleFace(key, calls, texts) {
    const events = [
      ...calls.map((call) => ({ at: call.at, node: () => el("li", { class: "log-call" }, el("span", {}, `☎ ${say.ended(call.end, call.keys)}`), el("time", {}, clock(call.at))) })),
      ...texts.map((text) => ({ at: text.at, node: () => el("li", { class: text.ours ? "sms" : "sms mine" }, el("p", {}, text.text), el("time", {}, clock(text.at))) })),
    ].sort((one, other) => one.at - other.at);
    const list = el("ol", { class: "inbox" }, ...(events.length ? events.map(({ node }) => node()) : [el("li", { class: "nothing" }, say.nothing)]));
    const send = (event) => {
      event.preventDefault();
      this.#write(key);
    };
    return [list, el("form", { class: "reply", onsubmit: send }, this.reply, el("button", { type: "submit" }, say.send))];
  }

  #age() {
    for (const node of this.device.querySelectorAll("time[data-at]")) {
      const seconds = Math.max(0, Math.floor((this.now() - Number(node.dataset.at)) / 1_000_000));
      node.textContent = say.rings(seconds);
    }
  }

  // ---- what is done

  async #do(call, act, digit) {
    const body = JSON.stringify({ ref: call.ref, act, digit });
    await fetch("/api/demo/phones/call", { method: "POST", headers: { "content-type": "application/json" }, body }).catch(() => {});
    if (act !== "press") hush();
    if (act === "hang_up" && matchMedia(NARROW).matches) this.open = null;
    this.refresh();
  }

  async #write(key) {
    const text = this.reply.value.trim();
    if (!text) return;
    this.reply.value = "";
    const body = JSON.stringify({ key, text });
    await fetch("/api/demo/phones/text", { method: "POST", headers: { "content-type": "application/json" }, body }).catch(() => {});
    this.refresh();
  }

  // The digits of a keyboard press keys in a call, unless somebody is writing.
  #typed(event) {
    const call = this.open && this.#current(this.open);
    const writing = ["INPUT", "TEXTAREA"].includes(document.activeElement?.tagName);
    if (call?.state === "talking" && !writing && KEYS.includes(event.key)) this.#do(call, "press", event.key);
  }

  // ---- what is heard

  #toggleSound() {
    this.sound = !this.sound;
    localStorage.setItem(SOUND, this.sound ? "on" : "off");
    this.#showSound();
    if (!this.sound) hush();
    this.#paint();
  }

  #showSound() {
    this.hear.textContent = this.sound ? say.soundOn : say.soundOff;
    this.hear.setAttribute("aria-pressed", String(this.sound));
  }

  #speak(call) {
    if (call?.state !== "talking") this.spoken = null;
    else if (this.sound && this.spoken !== call.ref) {
      this.spoken = call.ref;
      speak(call.says);
    }
  }
}

// The ringing of a telephone: two tones, a second on and two off. Heard only after the visitor has asked for it.
class Ringer {
  ring(on) {
    if (on === Boolean(this.timer)) return;
    clearInterval(this.timer);
    this.timer = null;
    if (!on) return;
    this.context ??= new AudioContext();
    this.context.resume();
    this.#once();
    this.timer = setInterval(() => this.#once(), 3_000);
  }

  #once() {
    const { currentTime, destination } = this.context;
    const volume = this.context.createGain();
    volume.gain.setValueAtTime(0.08, currentTime);
    volume.gain.setValueAtTime(0, currentTime + 1);
    volume.connect(destination);
    for (const hertz of [440, 480]) {
      const tone = this.context.createOscillator();
      tone.frequency.value = hertz;
      tone.connect(volume);
      tone.start();
      tone.stop(currentTime + 1);
    }
  }
}

function canSpeak() {
  return "speechSynthesis" in window;
}

function speak(text) {
  if (!canSpeak()) return;
  hush();
  const spoken = new SpeechSynthesisUtterance(text);
  spoken.lang = lang === "zh" ? "zh-CN" : "en-GB";
  speechSynthesis.speak(spoken);
}

function hush() {
  if (canSpeak()) speechSynthesis.cancel();
}

function clock(at) {
  return micros(at, { hour: "2-digit", minute: "2-digit", hour12: false });
}

function spaced(number) {
  return number.replace(/^\+86(\d{3})(\d{4})(\d{4})$/, "+86 $1 $2 $3");
}

// The demonstration: a customer, an engineer and two managers on one page, the board, their telephones, and a clock that can be moved.

import { Board } from "./board.js";
import { Chat } from "./chat.js";
import { el, keepLooking, keepTime, micros } from "./dom.js";
import { Phones } from "./phones.js";
import { lang, switchLanguage, words } from "./words.js";

async function enter() {
  const answer = await fetch("/api/demo", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ lang }) });
  return answer.json();
}

const { players, now, zone } = await enter();
keepTime(zone);
const player = Object.fromEntries(players.map((one) => [one.key, one]));
document.title = `回应 Huiying · ${words.demo}`;

// ---- the clock

let skew = now - Date.now() * 1000;
const face = el("time", { class: "face" });
const stopped = el("p", { class: "stopped", role: "status", hidden: true }, words.stopped);
const skips = Object.entries(words.skips).map(([seconds, label]) =>
  el("button", { type: "button", "data-skip": seconds, onclick: () => skip(Number(seconds)) }, label),
);

function showClock() {
  const options = { month: "short", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false };
  face.textContent = micros(Date.now() * 1000 + skew, options);
}

async function skip(seconds) {
  for (const button of skips) button.disabled = true;
  try {
    const body = JSON.stringify({ seconds });
    const answer = await fetch("/api/demo/clock", { method: "POST", headers: { "content-type": "application/json" }, body });
    if (answer.ok) {
      const { now, rang } = await answer.json();
      skew = now - Date.now() * 1000;
      stopped.hidden = !rang;
    }
  } finally {
    for (const button of skips) button.disabled = false;
  }
  showClock();
  refreshAll();
}

function refreshAll() {
  for (const view of [...Object.values(chats), board, phones]) view.refresh();
}

// ---- the story: one ticket from report to “is it fixed?”

let tickets = [];
const QUESTION = words.customerSays[1];

// The customer's newest ticket: the one the desk named last in her chat, else the newest there is.
function story() {
  const named = chats.customer.lines.flatMap((line) => (line.mine ? [] : (line.text.match(/[A-Z]+-[0-9]+/g) ?? [])));
  const byNumber = (number) => tickets.find((one) => one.number === number);
  const newest = [...tickets].sort((one, other) => other.created_at - one.created_at)[0];
  return byNumber(named.at(-1)) ?? newest ?? null;
}

function step(ticket) {
  const offered = chats.engineer.lines.some((line) => line.buttons?.some((button) => button.token === `accept:${ticket?.number}`));
  if (!ticket || (ticket.column === "unassigned" && !offered)) return 0;
  if (ticket.column === "unassigned") return 1;
  if (ticket.column !== "over") return 2;
  return chats.customer.lines.some((line) => line.mine && line.text === QUESTION && line.at >= ticket.since) ? 4 : 3;
}

const guide = el("div", { class: "guide" });

function tell() {
  const ticket = story();
  const at = step(ticket);
  const number = (ticket?.number ?? "GD-1001").replace(/[^0-9]/g, "");
  const says = { customer: words.customerSays, engineer: words.engineerSays(number), manager: words.managerSays(number) };
  const act = [
    () => chats.customer.say(says.customer[0]),
    () => chats.engineer.say(says.engineer[0]),
    () => chats.engineer.say(says.engineer[2]),
    () => chats.customer.say(says.customer[1]),
  ];
  chats.customer.offer(says.customer, { 0: 0, 3: 1 }[at] ?? -1);
  chats.engineer.offer(says.engineer, { 1: 0, 2: 2 }[at] ?? -1);
  chats.manager.offer(says.manager);
  chats.director.offer(says.manager);
  const note = at === 0 && ticket ? words.listening : at === 4 ? words.finished : "";
  const steps = words.steps.map((name, place) =>
    el(
      "li",
      { class: place < at ? "past" : place === at ? "next" : "" },
      el("button", { type: "button", disabled: place !== at || note !== "", onclick: act[place] }, el("i", {}, place < at ? "✓" : String(place + 1)), name),
    ),
  );
  guide.replaceChildren(el("strong", {}, words.guide), el("ol", {}, ...steps), el("p", {}, note));
}

// ---- everybody's chat

function chatOf(key, welcome, placeholder, onLines) {
  return new Chat({ token: () => player[key].token, renew: null, welcome, placeholder, live: false, onLines });
}

const read = { manager: 0, director: 0 };
const chats = {
  customer: chatOf("customer", words.welcome, words.placeholder, tell),
  engineer: chatOf("engineer", words.staffWelcome, words.staffPlaceholder, tell),
  manager: chatOf("manager", words.managerWelcome, words.staffPlaceholder, (lines) => light("manager", lines)),
  director: chatOf("director", words.directorWelcome, words.staffPlaceholder, (lines) => light("director", lines)),
};

// A tab that nobody looks at lights up when something new stands in it.
function light(key, lines) {
  const news = lines.filter((line) => !line.mine).length;
  if (!panes[key].hidden) read[key] = news;
  tabs[key].classList.toggle("news", news > read[key]);
}

const board = new Board({
  live: false,
  onTickets: (found) => {
    tickets = found;
    tell();
  },
});

function person({ key, name }) {
  return el("span", { class: `person ${key}` }, el("i", {}, name.slice(0, 1)), el("b", {}, name), el("small", {}, words.roles[key]));
}

const STAFF = ["engineer", "manager", "director"];
const phones = new Phones({
  players: STAFF.map((key) => player[key]),
  badge: person,
  now: () => Date.now() * 1000 + skew,
  onQuiet: () => (stopped.hidden = true),
});

const panes = Object.fromEntries(STAFF.map((key) => [key, chats[key].root]));
panes.manager.hidden = panes.director.hidden = true;
const tabs = Object.fromEntries(
  STAFF.map((key) => [key, el("button", { type: "button", role: "tab", onclick: () => show(key) }, person(player[key]))]),
);

function show(key) {
  for (const [name, pane] of Object.entries(panes)) {
    pane.hidden = name !== key;
    tabs[name].setAttribute("aria-selected", String(name === key));
  }
  if (key in read) light(key, chats[key].lines);
  chats[key].log.scrollTop = chats[key].log.scrollHeight;
}
show("engineer");

document.getElementById("app").append(
  el(
    "header",
    { class: "bar" },
    el("img", { src: document.getElementById("icon").href, alt: "" }),
    el("h1", {}, "回应", el("small", {}, "Huiying")),
    el("p", { class: "banner" }, words.demo),
    el("div", { class: "clock", title: words.skipHint, role: "group", "aria-label": words.clock }, face, ...skips),
    el("button", { type: "button", class: "quiet", onclick: switchLanguage }, lang === "zh" ? "EN" : "中文"),
  ),
  guide,
  phones.bar,
  stopped,
  el(
    "main",
    {},
    el("div", { class: "pane", id: "customer" }, el("header", {}, person(player.customer)), chats.customer.root),
    el("div", { class: "pane", id: "engineer" }, el("header", { role: "tablist" }, ...Object.values(tabs)), ...Object.values(panes)),
    el("div", { class: "pane", id: "board" }, el("header", {}, el("h2", {}, words.board)), board.root),
    phones.device,
  ),
);
keepLooking(() => "/api/demo/stream", refreshAll);
showClock();
setInterval(showClock, 1_000);
tell();

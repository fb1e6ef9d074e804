// The customer's own page: one conversation that the browser remembers.

import { Chat } from "./chat.js";
import { el } from "./dom.js";
import { switchLanguage, words } from "./words.js";

const KEPT = "visitor";

async function renew() {
  const body = JSON.stringify({ token: localStorage.getItem(KEPT) });
  const answer = await fetch("/api/chat/session", { method: "POST", headers: { "content-type": "application/json" }, body });
  if (answer.ok) localStorage.setItem(KEPT, (await answer.json()).token);
}

await renew().catch(() => {});
document.title = words.desk;
const chat = new Chat({
  token: () => localStorage.getItem(KEPT) ?? "",
  renew,
  welcome: words.welcome,
  placeholder: words.placeholder,
  examples: words.examples,
  draft: "draft",
  onLines: (lines) => chat.offer(lines.length ? [] : words.examples),
});
const language = el("button", { type: "button", class: "quiet", onclick: switchLanguage }, words.desk === "报修服务台" ? "EN" : "中文");
const form = el("a", { class: "quiet", href: "/form" }, words.form);
const title = el("div", {}, el("h1", {}, words.desk), el("p", {}, words.deskHint));
document.getElementById("app").append(
  el("header", { class: "bar" }, el("img", { src: document.getElementById("icon").href, alt: "" }), title, form, language),
  chat.root,
);

const scene = new URLSearchParams(location.search).get("scene");
if (scene && (await chat.enter(scene).catch(() => false))) history.replaceState(null, "", location.pathname);

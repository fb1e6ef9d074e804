import { Board } from "./board.js";
import { Channels } from "./channels.js";
import { el } from "./dom.js";
import { switchLanguage, words } from "./words.js";

document.title = words.board;
const language = el("button", { type: "button", class: "quiet", onclick: switchLanguage }, words.board === "工单看板" ? "EN" : "中文");
document.getElementById("app").append(
  el("header", { class: "bar" }, el("img", { src: document.getElementById("icon").href, alt: "" }), el("h1", {}, words.board), language),
  new Board().root,
  new Channels().root,
);

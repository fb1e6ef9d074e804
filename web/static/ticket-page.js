// A ticket's page: where it stands, what it is about, its files and its story. All words come with the data, in the reader's language.

import { el, keepLooking, once } from "./dom.js";

const app = document.getElementById("app");
const here = location.pathname;
let shown = "";

async function refresh() {
  const answer = await fetch(`${here}/data`);
  if (answer.status === 403) {
    location.reload();
    return;
  }
  if (!answer.ok) return;
  const text = await answer.text();
  if (text === shown) return;
  shown = text;
  paint(JSON.parse(text));
}

function paint(ticket) {
  const { labels } = ticket;
  document.documentElement.lang = ticket.lang === "zh" ? "zh-CN" : "en";
  document.title = `${ticket.number} ${ticket.title}`;
  const head = el(
    "header",
    { class: "bar" },
    el("img", { src: document.getElementById("icon").href, alt: "" }),
    el("div", {}, el("h1", {}, ticket.title), el("p", {}, ticket.number)),
  );
  const state = el(
    "p",
    { class: "state" },
    el("b", { class: "column" }, ticket.status_text),
    el("span", { class: `priority ${ticket.priority}` }, ticket.priority),
    ticket.overdue && el("span", { class: "late" }, labels.overdue),
  );
  const facts = el("dl", { class: "facts" }, ...ticket.facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
  const clock = ticket.clock.flatMap((one) => [
    el("p", one.late ? { class: "verdict late" } : { class: "verdict" }, one.verdict),
    el("ul", { class: "clock" }, ...one.lines.map((line) => el("li", {}, line))),
  ]);
  const files = ticket.files.length
    ? el("ul", { class: "files" }, ...ticket.files.map((file) => fileNode(file, labels)))
    : el("p", { class: "soft" }, labels.empty);
  const story = el("ol", { class: "story" }, ...ticket.story.map(stepNode));
  app.replaceChildren(
    head,
    el(
      "main",
      { class: "page", "data-column": ticket.column },
      el("section", { class: "sheet" }, state, facts, ticket.form && el("a", { class: "quiet fill", href: `${here}/form` }, `${labels.fill}：${ticket.form}`)),
      clock.length > 0 && el("section", { class: "sheet" }, el("h2", {}, labels.clock), ...clock),
      el("section", { class: "sheet" }, el("h2", {}, labels.files), files),
      el("section", { class: "sheet" }, el("h2", {}, labels.story), story),
      el("p", { class: "soft" }, labels.readonly),
    ),
  );
}

function stepNode(step) {
  const head = el("div", { class: "head" }, el("b", {}, step.what), step.who && el("span", {}, step.who), el("time", {}, step.when));
  return el("li", {}, head, step.told && el("p", {}, step.told));
}

function fileNode(file, labels) {
  const url = `${here}/files/${file.id}`;
  const inside = file.picture ? el("img", { src: `${url}?v=${file.version}`, alt: file.name, loading: "lazy" }) : el("span", { class: "paper" }, file.version ? labels.download : "…");
  const caption = el("small", {}, `${file.name} · ${file.when}`);
  const shown = file.version ? el("a", { href: `${url}?v=${file.version}`, download: file.name }, inside, caption) : el("div", {}, inside, caption);
  return el(
    "li",
    {},
    shown,
    file.note && el("p", { class: "soft" }, file.note),
    file.said && el("p", { class: "said" }, file.said, el("small", {}, file.wrote)),
    file.original && el("p", { class: "original" }, el("a", { href: `${url}/original`, download: "" }, labels.original), el("small", {}, file.proof)),
  );
}

keepLooking(() => `${here}/stream`, once(refresh));

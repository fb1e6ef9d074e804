// The live board: five columns, the most urgent ticket first.

import { el, keepLooking, once } from "./dom.js";
import { lasted, words } from "./words.js";

export class Board {
  // Without a stream of its own (`live: false`) it looks when it is refreshed.
  constructor({ live = true, onTickets = () => {} } = {}) {
    this.onTickets = onTickets;
    this.seen = new Map();
    this.skew = 0;
    this.root = el("section", { class: "board", "aria-label": words.board });
    this.refresh = once(() => this.#refresh());
    if (live) keepLooking(() => "/api/board/stream", this.refresh);
    setInterval(() => this.#age(), 10_000);
  }

  async #refresh() {
    const answer = await fetch("/api/board");
    if (answer.status === 403) location.reload();
    if (!answer.ok) return;
    const { now, columns, tickets } = await answer.json();
    this.skew = now - Date.now() * 1000;
    const empty = tickets.length === 0;
    this.root.replaceChildren(...columns.map((column) => this.#column(column, tickets.filter((ticket) => ticket.column === column))));
    if (empty) this.root.append(el("p", { class: "empty" }, words.boardEmpty));
    this.seen = new Map(tickets.map((ticket) => [ticket.number, ticket.column]));
    this.#age();
    this.onTickets(tickets);
  }

  #column(column, tickets) {
    const head = el("h2", {}, words.columns[column], el("span", { class: "count" }, String(tickets.length)));
    const cards = el("ol", {}, ...tickets.map((ticket) => this.#card(ticket)));
    return el("div", { class: tickets.length ? "column" : "column bare", "data-column": column }, head, cards);
  }

  #card(ticket) {
    const what = [ticket.device, ticket.fault_symptom].filter(Boolean).join(" ") || words.report;
    const badges = [
      ticket.status === "on_hold" && words.status.on_hold,
      ticket.column === "over" && words.status[ticket.status],
      ticket.red && words.red[ticket.red],
      ticket.reopened > 0 && words.reopened,
      ticket.favoured && words.favoured,
    ].filter(Boolean);
    const moved = this.seen.size > 0 || this.started ? this.seen.get(ticket.number) !== ticket.column : false;
    this.started = true;
    const offered = ticket.column === "unassigned" && ticket.engineer;
    const engineer = offered ? words.offered(ticket.engineer) : (ticket.engineer ?? words.nobody);
    return el(
      "li",
      { class: `ticket ${ticket.priority}${moved ? " moved" : ""}${ticket.red ? " overdue" : ""}` },
      el("div", { class: "top" }, el("b", { class: `priority ${ticket.priority}` }, ticket.priority), el("span", { class: "number" }, ticket.number), ...badges.map((badge) => el("span", { class: "badge" }, badge))),
      el("p", { class: "what" }, what, ticket.error_code ? ` · ${ticket.error_code}` : ""),
      el("div", { class: "foot" }, el("span", {}, engineer), el("time", { "data-since": ticket.since })),
    );
  }

  #age() {
    const now = Date.now() * 1000 + this.skew;
    for (const node of this.root.querySelectorAll("time[data-since]")) node.textContent = lasted(now - Number(node.dataset.since));
  }
}

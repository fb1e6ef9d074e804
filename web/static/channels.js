// How the ways to the desk do: one dot each, when it was last heard, and what is wrong with it.

import { el, once } from "./dom.js";
import { lasted, words } from "./words.js";

const EVERY = 30_000;

export class Channels {
  constructor() {
    this.root = el("ol", { class: "channels", "aria-label": words.channels.label });
    const refresh = once(() => this.#refresh());
    refresh();
    setInterval(refresh, EVERY);
  }

  async #refresh() {
    const answer = await fetch("/api/board/channels").catch(() => null);
    if (!answer?.ok) return;
    const { now, channels } = await answer.json();
    this.root.hidden = channels.length === 0;
    this.root.replaceChildren(...channels.map((channel) => this.#item(channel, now)));
  }

  #item(channel, now) {
    const name = words.channels.names[channel.name] ?? channel.name;
    const state = channel.state === "well" ? heard(channel, now) : words.channels[channel.state];
    return el("li", { class: channel.state }, `${name} · ${state}`);
  }
}

function heard(channel, now) {
  return channel.heard_at ? words.channels.heard(lasted(now - channel.heard_at)) : words.channels.well;
}

// Elements are made here and nowhere from markup: whatever people wrote is only ever text.

import { lang } from "./words.js";

export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export const SEND = "M4 12 20 4l-5 16-3.2-6.8z";
export const CLIP = "M8 12.5 14 6.6a3.2 3.2 0 0 1 4.6 4.5l-7.7 7.8a5 5 0 0 1-7.1-7.1L11 4.6";

// Keeps a window on something live: listens to a stream, and looks by itself when there is none or the page comes back.
export function keepLooking(url, look) {
  const WITHOUT_STREAM_MS = 5_000;
  const WITH_STREAM_MS = 30_000;
  let source = null;
  const connect = () => {
    source?.close();
    source = new EventSource(url());
    source.onmessage = look;
  };
  const tick = () => {
    look();
    if (!source || source.readyState === EventSource.CLOSED) connect();
    timer = setTimeout(tick, source.readyState === EventSource.OPEN ? WITH_STREAM_MS : WITHOUT_STREAM_MS);
  };
  let timer = setTimeout(tick, WITHOUT_STREAM_MS);
  const back = () => document.visibilityState === "visible" && look();
  document.addEventListener("visibilitychange", back);
  window.addEventListener("pageshow", back);
  connect();
  look();
}

// Calls that overlap become one more call at the end.
export function once(work) {
  let running = false;
  let again = false;
  return async function run() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      try {
        await work();
      } catch (error) {
        console.warn(error);
      }
    } while (again);
    running = false;
  };
}

// A moment as people read it: in the visitor's own time zone, unless the page keeps another.
let timeZone;

export function keepTime(zone) {
  timeZone = zone;
}

export function micros(at, options) {
  return new Date(at / 1000).toLocaleString(lang === "zh" ? "zh-CN" : "en-GB", { timeZone, ...options });
}

// A report is signed: with a finger, or with a code from an SMS. The strokes are kept in thousandths of the width of the field,
// so that they outlive every turn and change of size of the telephone.

import SignaturePad from "./signature_pad.min.js";

const LOOK_MS = 700;
const LONGEST_LOOK_MS = 60_000;
const STEP_MS = 16;
const ROOM = 0.92;
const main = document.querySelector("main");
const form = document.querySelector("#signing");

if (/MicroMessenger/i.test(navigator.userAgent)) document.querySelector("#elsewhere")?.removeAttribute("hidden");
if (main.dataset.state === "received") waitForFile();
if (form) sign(form);

function sign(form) {
  const { unit, most, document: hash, empty, sending, failed, tooOften } = form.dataset;
  const at = (id) => form.querySelector(`#${id}`);
  const pad = field(at("pad"), Number(unit), () => complain(""));
  let typing = false;

  at("undo").addEventListener("click", pad.undo);
  for (const id of ["clear", "anew"]) at(id).addEventListener("click", pad.clear);
  at("wide").addEventListener("click", () => pad.widen(true));
  at("narrow").addEventListener("click", () => pad.widen(false));
  at("other")?.addEventListener("click", () => {
    typing = !typing;
    at("drawing").hidden = typing;
    at("typing").hidden = !typing;
    at("other").textContent = typing ? at("other").dataset.typing : at("other").dataset.drawing;
    complain("");
  });
  at("ask")?.addEventListener("click", async () => {
    at("ask").disabled = true;
    const [ok, said] = await post(`${main.dataset.path}/code`, {});
    at("asked").textContent = ok ? said : "";
    complain(ok ? "" : said);
    setTimeout(() => (at("ask").disabled = false), ok ? 60_000 : 0);
    if (ok) at("code").focus();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = { name: at("name").value, document: hash };
    if (typing) given.code = at("code").value;
    else given.strokes = thinned(pad.strokes(), Number(most));
    if (!typing && !given.strokes.length) return complain(empty);
    const send = at("send");
    const label = send.textContent;
    send.disabled = true;
    send.textContent = sending;
    complain("");
    const [ok, said, status] = await post(main.dataset.path, given);
    if (ok) return thank(said);
    complain(said);
    send.disabled = false;
    send.textContent = label;
    if (status === 403) location.reload();
  });

  function complain(words) {
    at("wrong").textContent = words;
    at("wrong").hidden = !words;
  }

  async function post(url, body) {
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      if (answer.status === 429) return [false, tooOften, 429];
      const said = await answer.json().catch(() => ({}));
      return [answer.ok, said.said ?? failed, answer.status];
    } catch {
      return [false, failed, 0];
    }
  }
}

function thank(words) {
  const told = document.createElement("p");
  told.className = "told good";
  told.setAttribute("role", "status");
  told.textContent = words;
  form.replaceWith(told);
  told.scrollIntoView({ block: "center" });
  waitForFile();
}

// The signature is being put into the document: the page is drawn anew when it is there.
function waitForFile() {
  const until = Date.now() + LONGEST_LOOK_MS;
  const look = async () => {
    const answer = await fetch(`${main.dataset.path}/state`).catch(() => null);
    const found = answer?.ok ? await answer.json() : {};
    if (found.state === "signed" || found.state === "void") location.reload();
    else if (Date.now() < until) setTimeout(look, LOOK_MS);
  };
  setTimeout(look, LOOK_MS);
}

// A field to draw in. While it fills the screen of a telephone held upright, people write sideways.
function field(box, unit, begun) {
  const canvas = box.querySelector("canvas");
  const drawn = new SignaturePad(canvas, { minDistance: 3, minWidth: 0.8, maxWidth: 2.8, penColor: "#10181b" });
  drawn.addEventListener("beginStroke", begun);
  let width = 0;
  let height = 0;
  let sideways = false;
  let kept = [];

  // Field → canvas and back: sideways, the field's x runs down the screen and its y from right to left.
  const across = () => (sideways ? height : width);
  const intoCanvas = ([x, y], scale) => (sideways ? { x: width - y * scale, y: x * scale } : { x: x * scale, y: y * scale });
  const intoField = ({ x, y }) => {
    const [along, down] = sideways ? [y, width - x] : [x, y];
    const inside = (value) => Math.min(unit, Math.max(0, Math.round((value * unit) / across())));
    return [inside(along), inside(down)];
  };

  const take = () => {
    if (width && drawn.toData().length) kept = drawn.toData().map((group) => group.points.map(intoField));
  };
  const show = () => {
    const deepest = Math.max(1, ...kept.flat().map(([, y]) => y));
    const scale = Math.min(across() / unit, ((sideways ? width : height) * ROOM) / deepest);
    const groups = kept.map((points, number) => ({
      penColor: "#10181b",
      dotSize: 0,
      minWidth: 0.8,
      maxWidth: 2.8,
      velocityFilterWeight: 0.7,
      compositeOperation: "source-over",
      points: points.map((point, place) => ({ ...intoCanvas(point, scale), pressure: 0.5, time: (number * 1_000 + place) * STEP_MS })),
    }));
    drawn.fromData(groups);
  };
  const fit = () => {
    if (canvas.offsetWidth === width && canvas.offsetHeight === height) return;
    take();
    width = canvas.offsetWidth;
    height = canvas.offsetHeight;
    sideways = box.classList.contains("wide") && height > width;
    box.classList.toggle("sideways", sideways);
    box.querySelector(".turn").hidden = !sideways;
    const ratio = Math.max(window.devicePixelRatio || 1, 1);
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    canvas.getContext("2d").scale(ratio, ratio);
    show();
  };
  new ResizeObserver(fit).observe(canvas);
  fit();

  return {
    strokes: () => drawn.toData().map((group) => group.points.map(intoField)),
    undo: () => {
      take();
      kept = kept.slice(0, -1);
      show();
    },
    clear: () => {
      kept = [];
      drawn.clear();
    },
    widen: (wide) => {
      box.classList.toggle("wide", wide);
      box.querySelector(".ends").hidden = !wide;
    },
  };
}

// A long signature with fewer points: the same lines, less finely.
function thinned(strokes, most) {
  let found = strokes;
  const count = () => found.reduce((sum, stroke) => sum + stroke.length, 0);
  for (let every = 2; count() > most && every < 64; every *= 2)
    found = strokes.map((stroke) => stroke.filter((_, place) => place % every === 0 || place === stroke.length - 1));
  return found;
}

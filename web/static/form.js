// A form: what is shown follows what was chosen, files go up at once, a slider counts from its first touch on.
// The server knows the same conditions and looks at everything again.

const MOST_FILE = 10_000_000;
const form = document.querySelector("form.filling");

for (const sheet of document.querySelectorAll(".sheet.form")) follow(sheet);
for (const slider of document.querySelectorAll(".slider")) count(slider);
for (const picker of document.querySelectorAll("input[type=file]")) picker.addEventListener("change", () => bring(picker));
for (const list of document.querySelectorAll("ul.given")) list.addEventListener("click", remove);
form?.addEventListener("submit", () => setTimeout(() => (form.querySelector("button[type=submit]").disabled = true)));
window.addEventListener("pageshow", () => form && (form.querySelector("button[type=submit]").disabled = false));
document.querySelector(".field.bad")?.scrollIntoView({ block: "center" });

// ---- what is shown

function follow(sheet) {
  const fields = new Map([...sheet.querySelectorAll(".field")].map((node) => [node.dataset.field, node]));
  const rules = new Map([...fields].map(([id, node]) => [id, { when: read(node.dataset.when), needed: read(node.dataset.needed) }]));
  const paint = () => {
    const known = new Map();
    const isShown = (id) => {
      if (!known.has(id)) known.set(id, fields.has(id) && holds(rules.get(id).when, look));
      return known.get(id);
    };
    const look = (id) => (fields.has(id) && isShown(id) ? valuesOf(fields.get(id)) : []);
    for (const [id, node] of fields) {
      const there = isShown(id);
      node.hidden = !there;
      for (const input of node.querySelectorAll("input, select, textarea")) input.disabled = !there;
      const { needed } = rules.get(id);
      node.querySelector(".need").hidden = !(node.dataset.always || (needed && holds(needed, look)));
    }
  };
  sheet.addEventListener("input", paint);
  sheet.addEventListener("change", paint);
  sheet.addEventListener("files", paint);
  paint();
}

function read(text) {
  return text ? JSON.parse(text) : null;
}

function holds(rule, look) {
  if (!rule) return true;
  const [name, ...parts] = rule;
  if (typeof name === "boolean") return name;
  if (name === "all") return parts.every((part) => holds(part, look));
  if (name === "any") return parts.some((part) => holds(part, look));
  if (name === "not") return !holds(parts[0], look);
  const given = look(parts[0]);
  const values = parts.slice(1);
  if (name === "filled" || !given.length) return given.length > 0;
  if (name === "is" || name === "in") return given.some((value) => values.includes(value));
  return typeof given[0] === typeof values[0] && (name === "above" ? given[0] > values[0] : given[0] < values[0]);
}

// The answer as the server would keep it; a number with words around it is left for the server.
function valuesOf(node) {
  const { sort } = node.dataset;
  if (sort === "yes_no") return checked(node).map((value) => value === "yes");
  if (sort === "choice") {
    const list = node.querySelector("select");
    return list ? [list.value].filter(Boolean) : checked(node);
  }
  if (sort === "file" || sort === "photo") return [...node.querySelectorAll("ul.given input")].map((input) => input.value);
  const input = sort === "slider" ? node.querySelector("input[type=hidden]") : node.querySelector("input, textarea");
  const text = input.value.trim();
  if (sort !== "number" && sort !== "slider") return text ? [text] : [];
  return /^-?\d+(\.\d+)?$/.test(text) ? [Number(text)] : [];
}

function checked(node) {
  return [...node.querySelectorAll("input:checked")].map((input) => input.value);
}

// ---- sliders

function count(slider) {
  const range = slider.querySelector("input");
  const shown = slider.querySelector("output");
  const kept = slider.parentElement.querySelector("input[type=hidden]");
  slider.classList.toggle("untouched", !kept.value);
  const set = () => {
    kept.value = shown.value = range.value;
    slider.classList.remove("untouched");
    kept.dispatchEvent(new Event("input", { bubbles: true }));
  };
  range.addEventListener("input", set);
  range.addEventListener("pointerup", () => kept.value || set());
}

// ---- files

async function bring(picker) {
  const files = [...picker.files];
  picker.value = "";
  for (const file of files) await bringOne(picker, file);
}

async function bringOne(picker, file) {
  const node = picker.closest(".field");
  const list = node.querySelector("ul.given");
  const row = document.createElement("li");
  const label = document.createElement("span");
  row.append(label);
  list.append(row);
  label.textContent = `${file.name} · ${list.dataset.sending}`;
  const failed = (text) => {
    row.className = "wrong";
    label.textContent = `${file.name} · ${text}`;
  };
  if (file.size > MOST_FILE) return failed(list.dataset.tooLarge);
  const query = new URLSearchParams({ field: picker.dataset.name, name: file.name });
  try {
    const answer = await fetch(`${form.dataset.files}${form.dataset.files.includes("?") ? "&" : "?"}${query}`, {
      method: "POST",
      headers: { "content-type": file.type || "application/octet-stream" },
      body: file,
    });
    const said = answer.headers.get("content-type")?.includes("json") ? await answer.json() : {};
    if (!answer.ok) return failed(said.wrong ?? answer.status);
    const kept = document.createElement("input");
    Object.assign(kept, { type: "hidden", name: picker.dataset.name, value: said.id });
    const gone = document.createElement("button");
    Object.assign(gone, { type: "button", className: "quiet", textContent: list.dataset.remove });
    label.textContent = file.name;
    row.append(kept, gone);
    list.dispatchEvent(new Event("files", { bubbles: true }));
  } catch {
    failed("…");
  }
}

function remove(event) {
  if (event.target.tagName !== "BUTTON") return;
  const list = event.currentTarget;
  event.target.closest("li").remove();
  list.dispatchEvent(new Event("files", { bubbles: true }));
}

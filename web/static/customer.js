// Keeps a customer's page as things stand: asks every few seconds while it is looked at, and at once when it comes back into sight.
const EVERY = 5000;
const page = document.querySelector("#page");
const offline = document.querySelector(".offline");
const said = document.querySelector("#said");
let tag = page.dataset.tag;
let asking = false;

async function refresh() {
  if (asking || document.hidden) return;
  asking = true;
  try {
    const answer = await fetch(page.dataset.now, { headers: { "if-none-match": tag }, cache: "no-store" });
    if (answer.status === 403) return location.reload();
    offline.hidden = answer.ok || answer.status === 304;
    if (answer.ok) show(await answer.text(), answer.headers.get("etag"));
  } catch {
    offline.hidden = false;
  } finally {
    asking = false;
  }
}

function show(body, fresh) {
  tag = fresh;
  page.replaceChildren(...new DOMParser().parseFromString(body, "text/html").body.childNodes);
  said.textContent = page.querySelector("[data-say]")?.textContent ?? "";
}

if (page.dataset.now) {
  setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", refresh);
  window.addEventListener("pageshow", (event) => event.persisted && refresh());
  window.addEventListener("online", refresh);
}

// A file goes up as it is chosen; what comes back is a piece of this page, made by our server of its own words.

const file = document.querySelector("#file");
const found = document.querySelector("#found");
const notes = ["looking", "failed", "too_large", "too_often"].map((id) => document.getElementById(id));

file.addEventListener("change", async () => {
  const [chosen] = file.files;
  if (!chosen) return;
  found.replaceChildren();
  if (chosen.size > Number(file.dataset.most)) return say("too_large");
  say("looking");
  try {
    const answer = await fetch("/check", { method: "POST", headers: { "content-type": "application/pdf" }, body: chosen });
    if (!answer.ok) return say({ 413: "too_large", 429: "too_often" }[answer.status] ?? "failed");
    found.append(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
    say("");
    found.scrollIntoView({ block: "start" });
  } catch {
    say("failed");
  } finally {
    file.value = "";
  }
});

function say(which) {
  for (const note of notes) note.hidden = note.id !== which;
}

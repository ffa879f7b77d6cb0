// What the page does beyond plain links and forms. Everything here has a way without it.
"use strict";

const byId = (id) => document.getElementById(id);
const later = (work, pause) => { let timer; return (...given) => { clearTimeout(timer); timer = setTimeout(() => work(...given), pause); }; };

function tell(words) {
  byId("told").textContent = words;
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => { byId("told").textContent = ""; }, 4000);
}

async function send(address, body, method = "POST") {
  const answer = await fetch(address, { method, headers: { "content-type": "application/json", accept: "application/json" }, body: body && JSON.stringify(body) });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.error ? told.error.message : answer.statusText);
  return told;
}

// A page that waits for work to be done looks again.
const again = document.querySelector("[data-again]");
if (again) setTimeout(() => location.reload(), 1000 * Number(again.dataset.again));

// Search while typing pauses.
const box = byId("q"), found = byId("found");
if (box && found) {
  let asked = 0;
  const look = later(async () => {
    const form = new URLSearchParams(new FormData(byId("search")));
    for (const name of ["page"]) form.delete(name);
    const address = form.get("q") || [...form.keys()].length > 1 ? `/?${form}` : "/";
    const mine = ++asked;
    found.classList.add("busy");
    try {
      const answer = await fetch(address, { headers: { "x-part": "found" } });
      const part = await answer.text();
      if (mine !== asked) return;  // a later question was asked meanwhile
      if (answer.status === 401 || answer.redirected) { location.assign(address); return; }  // the session has ended
      const closed = new Set([...found.querySelectorAll("details.facet:not([open])")].map((d) => d.id));
      found.innerHTML = part;
      for (const id of closed) byId(id)?.removeAttribute("open");
      history.replaceState(null, "", address);
      document.title = `${box.value || byId("search").querySelector("button").textContent} · baocao`;
    } finally {
      if (mine === asked) found.classList.remove("busy");
    }
  }, 180);
  box.addEventListener("input", look);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, textarea, select")) { event.preventDefault(); box.focus(); box.select(); }
  });
}

// One open menu at a time; Escape and a click elsewhere close it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
});

// A report: sentences by keys, mentions by hand, the original beside it.
const report = document.querySelector("article.report");
if (report) {
  const text = byId("text"), editor = byId("editor"), id = report.dataset.report, mayEdit = report.dataset.editor === "yes";
  let chosen = text.querySelector(".s.chosen")?.dataset.sentence ?? null, last = null, change = null;
  const starts = () => [...new Set([...text.querySelectorAll(".s")].map((s) => s.dataset.sentence))];
  const runs = (start) => text.querySelectorAll(`.s[data-sentence="${start}"]`);

  const picture = byId("page-picture");
  const pages = picture ? picture.dataset.pages.split(" ").map(Number) : [];
  const turn = (number) => {
    if (!picture || number < 1 || number > pages.length || number === Number(byId("page-number").textContent)) return;
    byId("page-number").textContent = number;
    picture.src = picture.src.replace(/\d+\.png$/, `${number}.png`);
    picture.alt = picture.alt.replace(/\d+/, number);
  };
  for (const button of document.querySelectorAll("[data-turn]")) button.addEventListener("click", () => turn(Number(byId("page-number").textContent) + Number(button.dataset.turn)));

  const choose = (start, { scroll = true } = {}) => {
    for (const old of text.querySelectorAll(".s.chosen")) old.classList.remove("chosen");
    chosen = start;
    for (const run of runs(start)) run.classList.add("chosen");
    if (scroll) runs(start)[0]?.scrollIntoView({ block: "center", behavior: "smooth" });
    turn(pages.findLastIndex((p) => p <= Number(start)) + 1);
  };
  const step = (by) => {
    const all = starts(), at = all.indexOf(chosen);
    const next = at < 0 ? 0 : at + by;
    if (next >= 0 && next < all.length) choose(all[next]);
  };
  const again = async () => {
    const answer = await fetch(`/reports/${id}${chosen ? `?at=${chosen}` : ""}`, { headers: { "x-part": "text" } });
    text.innerHTML = await answer.text();
  };
  const correct = async (body) => {
    try {
      last = (await send(`/api/reports/${id}/corrections`, body)).number;
      close();
      await again();
      tell(editor.dataset.done ?? "✓");
    } catch (error) { tell(error.message); }
  };
  const close = () => { if (editor) { editor.hidden = true; change = null; } };
  const open = (words, given) => {
    change = given;
    editor.querySelector("#editor-words").textContent = words.length > 240 ? `${words.slice(0, 240)}…` : words;
    editor.querySelector("[data-for=relabel]").hidden = given.act !== "relabel";
    editor.querySelector("[data-for=add]").hidden = given.act === "relabel";
    editor.querySelector("[data-act=remove]").hidden = given.act !== "retype";
    editor.hidden = false;
  };
  const offset = (node, inside) => {
    const piece = (node.nodeType === 1 ? node : node.parentElement).closest("[data-at]");
    if (!piece) return null;
    let at = Number(piece.dataset.at);
    const walk = document.createTreeWalker(piece, NodeFilter.SHOW_TEXT);
    for (let n = walk.nextNode(); n; n = walk.nextNode()) {
      if (n.parentElement.closest(".tag")) continue;
      if (n === node) return at + [...n.data.slice(0, inside)].length;  // offsets count characters, not UTF-16 units
      at += [...n.data].length;
    }
    return at;
  };

  if (mayEdit) {
    const markSelection = () => {
      const marked = getSelection();
      if (marked.isCollapsed || !text.contains(marked.anchorNode) || !text.contains(marked.focusNode)) return;
      const range = marked.getRangeAt(0);
      const start = offset(range.startContainer, range.startOffset), end = offset(range.endContainer, range.endOffset);
      if (start !== null && end > start) open(marked.toString(), { act: "add", start, end });
    };
    text.addEventListener("mouseup", markSelection);
    text.addEventListener("click", (event) => {
      if (!getSelection().isCollapsed) return;
      const mention = event.target.closest(".e"), sentence = event.target.closest(".s");
      if (sentence) choose(sentence.dataset.sentence, { scroll: false });
      if (mention && !(mention.tagName === "A" && (event.ctrlKey || event.metaKey || event.detail === 0))) {
        event.preventDefault();
        open(mention.textContent, { act: "retype", start: Number(mention.dataset.start), type: mention.dataset.type, href: mention.href });
      } else if (sentence) {
        open([...runs(chosen)].map((r) => r.textContent).join(" "), { act: "relabel", start: Number(chosen) });
      }
    });
    text.addEventListener("keydown", (event) => {
      const mention = event.target.closest(".e"), marked = getSelection();
      if (event.key === "e" && mention) open(mention.textContent, { act: "retype", start: Number(mention.dataset.start), type: mention.dataset.type });
      else if (event.key === "m" && !marked.isCollapsed) markSelection();
      else return;
      event.preventDefault();
      editor.querySelector("[data-for=add] button").focus();
    });
    editor.addEventListener("submit", (event) => {
      event.preventDefault();
      const { name, value } = event.submitter;
      const norm = editor.querySelector("[name=norm]").value.trim() || null;
      if (!change || !name) return;
      const { start, end = null, act } = change;
      correct(act === "relabel" ? { act, start, label: value } : { act, start, end, type: value, norm });
      editor.querySelector("[name=norm]").value = "";
    });
    editor.addEventListener("click", (event) => {
      const act = event.target.closest("[data-act]")?.dataset.act;
      if (act === "close") close();
      if (act === "remove" && change) correct({ act: "remove", start: change.start, type: change.type });
    });
  } else {
    text.addEventListener("click", (event) => {
      const sentence = event.target.closest(".s");
      if (sentence && !event.target.closest("a")) choose(sentence.dataset.sentence, { scroll: false });
    });
  }
  document.addEventListener("keydown", async (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const labels = ["achievement", "difficulty", "recommendation", "other"];
    if (event.key === "j" || event.key === "k") { event.preventDefault(); step(event.key === "j" ? 1 : -1); }
    else if (event.key === "Escape") close();
    else if (mayEdit && chosen !== null && labels[Number(event.key) - 1]) { event.preventDefault(); correct({ act: "relabel", start: Number(chosen), label: labels[Number(event.key) - 1] }); }
    else if (mayEdit && event.key === "u" && last !== null) {
      try { await send(`/api/corrections/${last}`, null, "DELETE"); last = null; await again(); tell("↶"); } catch (error) { tell(error.message); }
    }
  });
  if (chosen !== null) choose(chosen);
}

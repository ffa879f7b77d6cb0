// The year's review: changes without leaving the page, reordering by drag, sources beside the draft. All works without.
"use strict";

{
  // The form for a new draft: units found while typing, how many are chosen, another year at once.
  const list = document.querySelector(".picklist"), lookup = document.getElementById("unit-search");
  if (list && lookup) {
    const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase();
    const rows = [...list.children].map((row) => [row, plain(row.textContent)]);
    const told = document.getElementById("units-chosen");
    lookup.hidden = rows.length < 8;
    lookup.addEventListener("input", () => {
      const words = plain(lookup.value).split(/\s+/).filter(Boolean);
      for (const [row, text] of rows) row.hidden = !words.every((word) => text.includes(word));
    });
    lookup.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    list.addEventListener("change", () => {
      const chosen = list.querySelectorAll("input:checked").length;
      told.textContent = chosen ? told.dataset.some.replace("#", chosen) : told.dataset.none;
    });
  }
  const years = document.getElementById("year-form");
  if (years) {
    years.querySelector("button").hidden = true;
    years.querySelector("select").addEventListener("change", () => years.submit());
  }

  // Sentences to add: found while typing pauses.
  const search = document.getElementById("sentence-search");
  if (search) {
    let asked = 0;
    const look = later(async () => {
      const mine = ++asked, address = `${search.action}?${new URLSearchParams(new FormData(search))}`;
      const answer = await fetch(address, { headers: { "x-part": "sentences" } });
      const part = await answer.text();
      if (mine !== asked || !answer.ok) return;
      document.getElementById("offered").innerHTML = part;
      history.replaceState(null, "", address);
    }, 250);
    search.querySelector("[type=search]").addEventListener("input", look);
  }

  // A draft that is being composed: looked at again until it is there.
  const waiting = document.getElementById("waiting");
  if (waiting) {
    const look = async () => {
      const answer = await fetch(`/api/reviews/${waiting.dataset.number}`).catch(() => null);
      if (answer?.ok && (await answer.json()).state === "composing") setTimeout(look, 1500);
      else if (answer) location.reload();
      else setTimeout(look, 5000);
    };
    setTimeout(look, 1000);
  }

  const draft = document.getElementById("draft");
  if (draft) {
    const panel = document.getElementById("source");
    let opener = null;

    // One change after the other, each on the state that the one before left.
    let before = Promise.resolve();
    const send = (address, form, focus) => { before = before.then(() => make(address, form, focus)); };
    const make = async (address, form, focus) => {
      draft.classList.add("busy");
      const told = new URLSearchParams(form);
      told.set("version", draft.querySelector("form [name=version]").value);
      try {
        const answer = await fetch(address, { method: "POST", body: told, headers: { "x-part": "draft" } });
        const part = await answer.text();
        if (!part.includes('class="report-head"') || part.includes("<!doctype")) { tell(draft.dataset.failed); return; }
        const open = new Set([...draft.querySelectorAll("details.box[open]")].map((d) => d.querySelector("summary").textContent.replace(/\d+/g, "")));
        draft.innerHTML = part;
        for (const box of draft.querySelectorAll("details.box")) if (open.has(box.querySelector("summary").textContent.replace(/\d+/g, ""))) box.open = true;
        ready();
        const wrong = draft.querySelector("#refused");
        const again = focus && [...draft.querySelectorAll("[data-key]")].find((b) => b.dataset.key === focus.key);
        const item = focus?.item && document.getElementById(`i-${focus.item}`);
        if (wrong) {
          const text = draft.querySelector("details[open] textarea");
          (text ?? wrong).focus({ preventScroll: true });
          (text?.closest(".item") ?? wrong).scrollIntoView({ block: "nearest" });
        } else {
          if (again && !again.disabled) again.focus({ preventScroll: true });
          else (item?.querySelector("button:not([disabled]), summary") ?? document.getElementById("main")).focus({ preventScroll: true });
          if (item && !item.closest("details:not([open])")) item.scrollIntoView({ block: "nearest" });
          tell(draft.dataset.kept);
        }
      } catch { tell(draft.dataset.failed); } finally { draft.classList.remove("busy"); }
    };

    draft.addEventListener("submit", (event) => {
      const form = event.target.closest("form[data-part]");
      if (!form) return;
      event.preventDefault();
      const told = new FormData(form, event.submitter);
      send(form.action, told, { key: event.submitter?.dataset.key ?? `${told.get("act")} ${told.get("item") ?? ""}`, item: told.get("item") });
    });

    // Dragging: an item is put before the one it is dropped on, or last in the field.
    let dragged = null;
    const ready = () => {
      for (const item of draft.querySelectorAll(".item")) {
        const grip = item.querySelector(".grip");
        if (!grip) continue;
        grip.addEventListener("mousedown", () => { item.draggable = true; });
        item.addEventListener("dragend", () => { item.draggable = false; dragged = null; clear(); });
      }
    };
    const clear = () => { for (const old of draft.querySelectorAll(".drop-here")) old.classList.remove("drop-here"); };
    draft.addEventListener("dragstart", (event) => {
      dragged = event.target.closest?.(".item[draggable=true]");
      if (dragged) { event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", dragged.dataset.item); }
    });
    const target = (event) => {
      const list = event.target.closest(".items");
      if (!dragged || !list || list.dataset.label !== dragged.closest(".items").dataset.label) return null;
      const over = event.target.closest(".item");
      if (!over) return { list, before: null, mark: list };
      const box = over.getBoundingClientRect();
      const before = event.clientY < box.top + box.height / 2 ? over : over.nextElementSibling;
      return { list, before, mark: before ?? list };
    };
    draft.addEventListener("dragover", (event) => {
      const found = target(event);
      if (!found) return;
      event.preventDefault();
      clear();
      found.mark.classList.add("drop-here");
    });
    draft.addEventListener("drop", (event) => {
      const found = target(event);
      if (!found) return;
      event.preventDefault();
      const id = dragged.dataset.item, before = found.before?.dataset.item ?? "";
      if (before === id) return;
      const version = draft.querySelector("form [name=version]").value;
      const address = dragged.querySelector("form").action;
      send(address, { act: "move", version, item: id, before, field: found.list.dataset.field }, { key: `up ${id}`, item: id });
    });

    // A source beside the draft: the report's text at the sentence.
    draft.addEventListener("click", async (event) => {
      const link = event.target.closest("a.src");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || innerWidth < 900) return;
      event.preventDefault();
      opener = link;
      const answer = await fetch(`/reports/${link.dataset.report}?at=${link.dataset.at}`, { headers: { "x-part": "text" } });
      if (!answer.ok) { location.assign(link.href); return; }
      const place = panel.querySelector(".source-text");
      place.innerHTML = await answer.text();
      panel.querySelector(".source-name").textContent = link.textContent;
      panel.querySelector(".source-whole").href = link.href;
      panel.hidden = false;
      document.getElementById("draft-columns").classList.add("with-source");
      const sentence = [...place.querySelectorAll(`.s[data-sentence="${link.dataset.at}"]`)];
      for (const run of sentence) run.classList.add("chosen");
      if (sentence[0]) place.scrollTop = sentence[0].getBoundingClientRect().top - place.getBoundingClientRect().top + place.scrollTop - place.clientHeight / 3;
      panel.focus({ preventScroll: true });
    });
    const close = () => {
      panel.hidden = true;
      document.getElementById("draft-columns").classList.remove("with-source");
      if (opener?.isConnected) opener.focus();
    };
    panel.querySelector("[data-close]").addEventListener("click", close);
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      if (!panel.hidden) close();
      else for (const pop of draft.querySelectorAll("details.pop[open]")) { pop.open = false; pop.querySelector("summary").focus(); }
    });
    ready();
  }
}

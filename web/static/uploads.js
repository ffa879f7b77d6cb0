// Sending files, folders and ZIPs by dropping or choosing them, and showing how far they are. The plain form does it too.
"use strict";
(() => {
  const form = document.getElementById("upload");
  const HIDDEN = /(^|\/)(\.|~\$|Thumbs\.db$|desktop\.ini$)/i;
  const FILES = 40, BYTES = 40 * 2 ** 20;  // a request; more files go in the next one of the same batch

  async function inside(entry, path, found) {
    if (entry.isFile) {
      const file = await new Promise((good, bad) => entry.file(good, bad));
      found.push([file, path + file.name]);
    } else if (entry.isDirectory) {
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((good, bad) => reader.readEntries(good, bad));
        if (!some.length) break;
        for (const one of some) await inside(one, `${path}${entry.name}/`, found);
      }
    }
  }

  function send(files, batch, told) {
    return new Promise((good, bad) => {
      const body = new FormData(), request = new XMLHttpRequest();
      if (batch) body.append("batch", batch);
      for (const [file, name] of files) body.append("files", file, name);
      request.open("POST", "/api/uploads");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => told(event.loaded));
      request.addEventListener("load", () => request.status < 300 ? good(request.response.batch) : bad(new Error(request.response?.error?.message ?? request.statusText)));
      request.addEventListener("error", () => bad(new Error(form.dataset.none)));
      request.send(body);
    });
  }

  function portions(files) {
    const made = [];
    let bytes = 0;
    for (const one of files) {
      if (!made.length || made.at(-1).length >= FILES || bytes + one[0].size > BYTES) { made.push([]); bytes = 0; }
      made.at(-1).push(one);
      bytes += one[0].size;
    }
    return made;
  }

  async function sendAll(chosen) {
    const bar = document.getElementById("sent"), words = document.getElementById("sending-words"), left = document.getElementById("not-sent");
    const limit = Number(form.dataset.limit);
    const files = chosen.filter(([file, name]) => !HIDDEN.test(name) && file.size <= limit).sort((a, b) => a[1].localeCompare(b[1], "vi", { numeric: true }));
    left.textContent = "";
    for (const [file, name] of chosen) if (file.size > limit) {
      const line = document.createElement("li");
      line.textContent = `${name}: ${form.dataset.tooLarge}`;
      left.append(line);
    }
    document.getElementById("sending").hidden = false;
    if (!files.length) { words.textContent = form.dataset.none; return; }
    form.querySelector("button").disabled = true;
    bar.max = files.reduce((sum, [file]) => sum + file.size, 0) || 1;
    let batch = "", before = 0;
    try {
      for (const some of portions(files)) {
        batch = await send(some, batch, (bytes) => {
          bar.value = Math.min(bar.max, before + bytes);
          words.textContent = `${form.dataset.sending}: ${Math.round(100 * bar.value / bar.max)} %`;
        });
        before += some.reduce((sum, [file]) => sum + file.size, 0);
      }
      if (!left.childElementCount) { location.assign(`/uploads/batches/${batch}`); return; }
      words.textContent = "";
      const link = document.createElement("a");
      link.href = `/uploads/batches/${batch}`;
      link.textContent = `${form.dataset.sending}: 100 %`;
      words.append(link);
    } catch (error) {
      words.textContent = error.message;
    }
    form.querySelector("button").disabled = false;
  }

  if (form) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      sendAll([...form.querySelectorAll("input[type=file]")].flatMap((input) => [...input.files].map((file) => [file, file.webkitRelativePath || file.name])));
    });
    const over = (on) => form.classList.toggle("over", on);
    for (const name of ["dragenter", "dragover"]) document.addEventListener(name, (event) => { if (event.dataTransfer?.types.includes("Files")) { event.preventDefault(); over(true); } });
    document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) over(false); });
    document.addEventListener("drop", async (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      over(false);
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean), found = [];
      if (entries.length) for (const entry of entries) await inside(entry, "", found);
      else for (const file of event.dataTransfer.files) found.push([file, file.name]);
      sendAll(found);
    });
  }

  const progress = document.getElementById("progress");
  if (progress) {
    let shown = progress.innerHTML;
    const left = () => Number(progress.querySelector("[data-left]")?.dataset.left ?? 0);
    const look = async () => {
      try {
        const answer = await fetch(progress.dataset.address, { headers: { "x-part": "progress" } });
        if (answer.ok) {
          const part = await answer.text();
          if (part !== shown) { progress.innerHTML = part; shown = part; }
        }
      } catch { /* the page is away for a moment */ }
      if (left()) setTimeout(look, 1000);
    };
    if (left()) setTimeout(look, 1000);
  }
})();

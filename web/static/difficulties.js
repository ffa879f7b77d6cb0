// Narrows the list of units while one types. Without it the list is scrolled.
"use strict";

{
  const units = document.getElementById("units");
  if (units && units.querySelectorAll("label").length > 12) {
    const plain = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("đ", "d").replaceAll("Đ", "d").toLowerCase();
    const box = document.createElement("input");
    box.type = "search";
    box.className = "unit-filter";
    box.placeholder = box.ariaLabel = units.querySelector("legend").textContent;
    box.addEventListener("input", () => {
      const wanted = plain(box.value);
      for (const label of units.querySelectorAll("label")) label.hidden = !plain(label.textContent).includes(wanted);
    });
    box.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    units.before(box);
  }
}

"use strict";
const form = document.querySelector(".filters");
const rows = [...document.querySelectorAll(".rows > li")];
const parts = [...document.querySelectorAll(".part")];
const told = form.querySelector("output");

function wanted(row, choice) {
  return ["plane", "phase", "sign"].every((name) => !choice[name] || row.dataset[name] === choice[name]) &&
    row.dataset.name.includes(choice.name.toLowerCase());
}

function filter() {
  const choice = Object.fromEntries(new FormData(form));
  const narrowed = Object.values(choice).some(Boolean);
  for (const row of rows) row.hidden = !wanted(row, choice);
  for (const part of parts) part.hidden = narrowed && !part.querySelector(".rows > li:not([hidden])");
  told.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
}

function openAll(open) {
  for (const row of rows) if (!row.hidden) row.firstElementChild.open = open;
}

form.hidden = false;
form.addEventListener("input", filter);
form.addEventListener("reset", () => setTimeout(filter));
form.addEventListener("submit", (event) => event.preventDefault());
form.querySelector("[data-open]").addEventListener("click", (event) => {
  const button = event.currentTarget;
  openAll(button.dataset.open === "1");
  button.dataset.open = button.dataset.open === "1" ? "" : "1";
  button.textContent = button.dataset.open ? "Open all" : "Close all";
});
// On paper nobody can open anything.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const each of opened) each.open = true;
});
addEventListener("afterprint", () => {
  for (const each of opened) each.open = false;
});
filter();

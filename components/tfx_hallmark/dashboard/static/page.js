// Conveniences only: every page works without them.
"use strict";

// Choosing in a plot's lists shows the choice at once.
for (const form of document.querySelectorAll("form[data-at-once]")) {
  form.addEventListener("change", () => form.requestSubmit());
  form.querySelector("button").hidden = true;
}

// The newest end of a wide plot is what matters.
for (const area of document.querySelectorAll(".to-end")) area.scrollLeft = area.scrollWidth;

// "Only what changed" without asking the server; the address follows, so that it can be passed on.
const only = document.querySelector("[data-only-changed]");
const comparison = document.querySelector("table.compare");
if (only && comparison) {
  only.addEventListener("change", () => {
    comparison.classList.toggle("only-changed", only.checked);
    const address = new URL(location.href);
    if (only.checked) address.searchParams.set("changed", "1");
    else address.searchParams.delete("changed");
    history.replaceState(null, "", address);
  });
}
const add = document.querySelector("#add");
if (add) add.addEventListener("change", () => add.form.requestSubmit());

// How many versions are ticked, and whether that is enough to compare.
const ticking = document.querySelector("form[data-compare]");
if (ticking) {
  const told = ticking.querySelector("[data-ticked]");
  const button = ticking.querySelector("button");
  const tell = () => {
    const count = ticking.querySelectorAll("input:checked").length;
    told.textContent = count < 2 ? "tick two or more" : count > 6 ? "six at most" : `${count} ticked`;
    button.disabled = count < 2 || count > 6;
  };
  ticking.addEventListener("change", tell);
  addEventListener("pageshow", tell);
  tell();
}

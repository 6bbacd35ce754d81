// Makes the laboratory's slider live: it asks the very page that the form's button would open, and shows its answer.
// Without script the form does the same by its button.
"use strict";
const form = document.getElementById("try");
const slider = document.getElementById("slider");
const value = document.getElementById("value");
let asked = 0;

async function show() {
  const mine = ++asked;
  const address = form.action + "?" + new URLSearchParams(new FormData(form));
  const answer = await fetch(address, { credentials: "same-origin" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.getElementById("effect");
  if (mine === asked && answer.ok && found) {
    document.getElementById("effect").replaceWith(document.adoptNode(found));
    history.replaceState(null, "", address);
  }
}

slider.hidden = false;
slider.value = value.value.replace(",", ".");
slider.addEventListener("input", () => { value.value = slider.value; });
slider.addEventListener("change", show);
value.addEventListener("change", () => { slider.value = value.value.replace(",", "."); show(); });
form.addEventListener("submit", (event) => { event.preventDefault(); show(); });

// Names for what the scripts of Django's admin build without one: boxes that look a row up, and hints.
"use strict";

function nameThem() {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const box = select.parentElement.querySelector("[role=combobox]");
    const label = document.querySelector(`label[for="${select.id}"]`);
    if (!box || !label) continue;
    const shown = box.querySelector(".select2-selection__rendered");
    label.id ||= `${select.id}_label`;
    box.setAttribute("aria-labelledby", `${label.id} ${shown.id}`);
    shown.setAttribute("aria-labelledby", label.id);
  }
  for (const hint of document.querySelectorAll(".help-tooltip[aria-label]")) hint.setAttribute("role", "img");
}

// After what jQuery itself does once the page is there, which may be later than this event.
addEventListener("load", () => (window.django?.jQuery ?? setTimeout)(nameThem));

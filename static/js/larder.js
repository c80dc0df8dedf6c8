// Beside htmx: where the focus goes when what had it is swapped, what htmx has no word for, and the keys of
// the suggestions. Every page works without this and without htmx.
const said = document.getElementById("said");
const finder = document.querySelector(".find");
const suggested = document.getElementById("suggested");
let kept = null; // of the element that had the focus when a request began
const renewed = new WeakMap(); // when a stepper's buttons came in the place of others
let isOpen = false; // whether the choices of a list are unfolded, on a small screen

function place(element) {
  if (!element || element === document.body) return null;
  return { name: element.name, value: element.value, stepper: element.closest(".stepper")?.id };
}

function refocus(within) {
  if (document.activeElement !== document.body || !kept) return;
  const same = kept.name && [...within.querySelectorAll("input, select")].find(
    (field) => field.name === kept.name && (field.type === "select-one" || field.value === kept.value)
  );
  (same || document.getElementById("main")).focus({ preventScroll: true });
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  kept = place(document.activeElement);
  isOpen = Boolean(document.querySelector("details.facets[open]"));
  detail.elt.closest(".stepper")?.querySelector(".error")?.remove();
});

// Of what is swapped inside something, htmx says beforehand alone that it will be.
document.addEventListener("htmx:oobBeforeSwap", ({ target }) => {
  if (!target.matches(".stepper")) return;
  renewed.set(target, performance.now());
  queueMicrotask(() => {
    if (document.activeElement !== document.body || kept?.stepper !== target.id) return;
    target.querySelector("button:last-of-type")?.focus({ preventScroll: true });
  });
});

document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (target.id !== "results" && target.id !== "basket") return;
  const choices = target.querySelector("details.facets");
  if (choices) choices.open = isOpen;
  const count = target.querySelector(".count, .empty p");
  if (target.id === "results" && count) said.textContent = count.textContent;
  refocus(target);
});

// Links and forms of the page's head lead back to here: here is elsewhere now.
document.addEventListener("htmx:pushedIntoHistory", ({ detail }) => {
  for (const field of document.querySelectorAll("header [name=next], #to-cart [name=next]")) field.value = detail.path;
  for (const link of document.querySelectorAll('header a[href*="?next="]')) {
    link.search = new URLSearchParams({ next: detail.path });
  }
});

// Whatever went wrong, the page itself knows what is so: open it as it would have been without htmx.
for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, ({ detail }) => {
    if (detail.target === suggested) return;
    if (detail.requestConfig.verb === "get") location.assign(detail.pathInfo.finalRequestPath);
    else location.reload();
  });
}

// The second press of a double click on "Add" would meet the buttons that have come in its place.
document.addEventListener("click", (event) => {
  const stepper = event.target.closest(".stepper");
  if (event.detail && performance.now() - (renewed.get(stepper) ?? -Infinity) < 400) {
    event.preventDefault();
    event.stopPropagation();
  }
}, true);

// Suggestions: arrows walk through them, Escape and leaving put them away.
finder.addEventListener("keydown", (event) => {
  const stops = [finder.q, ...suggested.querySelectorAll("a")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = stops.indexOf(document.activeElement);
  if (event.key === "Escape" && stops.length > 1) {
    suggested.replaceChildren();
    finder.q.focus();
  } else if (step && stops.length > 1 && at >= 0) {
    stops[(at + step + stops.length) % stops.length].focus();
  } else return;
  event.preventDefault();
});
finder.addEventListener("focusout", ({ relatedTarget }) => {
  if (!finder.contains(relatedTarget)) suggested.replaceChildren();
});

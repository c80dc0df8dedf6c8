// After a review is posted: ask for the product's tags every second, until they change or 15 s are over.
const block = document.querySelector("[data-renewed-at]");
const status = block.parentElement.querySelector("[role=status]");
const fresh = block.cloneNode();
const before = block.innerHTML.trim();
let asked = 0;

async function renew() {
  asked += 1;
  try {
    const answer = await fetch(block.dataset.renewedAt);
    if (answer.ok) fresh.innerHTML = await answer.text();
  } catch {
    // The next second asks again.
  }
  const isNew = ![before, ""].includes(fresh.innerHTML.trim());
  if (isNew) block.replaceChildren(...fresh.childNodes);
  if (isNew || asked === 15) status.textContent = status.dataset.done;
  else setTimeout(renew, 1000);
}

status.textContent = status.dataset.waiting;
setTimeout(renew, 1000);

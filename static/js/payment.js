// Counts down to the moment when an unpaid order closes, and looks again while a payment is being confirmed.
const sentence = document.querySelector("[data-until]");
const until = new Date(sentence.dataset.until);
const clock = document.createElement("b");
clock.setAttribute("aria-hidden", "true");
sentence.prepend(clock);

function tick() {
  const left = Math.max(0, Math.round((until - Date.now()) / 1000));
  clock.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} `;
  if (left > 0) setTimeout(tick, 1000);
}

tick();
if (document.querySelector("[data-waits-for-payment]")) setTimeout(() => location.reload(), 3000);

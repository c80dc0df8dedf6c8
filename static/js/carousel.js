// Turns the slides of the home page every six seconds, until somebody pauses them, points at them or is in
// them with the keyboard. Whoever prefers less motion, or has no script, has a row to scroll.
const carousel = document.querySelector(".carousel");
const row = carousel.querySelector(".slides");
const button = carousel.querySelector(".turn");
let isPaused = false;

function turn() {
  if (isPaused || document.hidden || carousel.matches(":hover, :focus-within")) return;
  const isAtEnd = row.scrollLeft + row.clientWidth >= row.scrollWidth - 2;
  row.scrollTo({ left: isAtEnd ? 0 : row.scrollLeft + row.clientWidth, behavior: "smooth" });
}

if (!matchMedia("(prefers-reduced-motion: reduce)").matches) {
  button.hidden = false;
  button.addEventListener("click", () => {
    isPaused = !isPaused;
    button.textContent = isPaused ? button.dataset.play : button.dataset.pause;
  });
  setInterval(turn, 6000);
}

// Fills the city and district of an address as its province and city are chosen. Without this script, or
// where the names do not come, a button asks the server for them.
const steps = document.querySelector("[data-regions]");
const [province, city, district] = steps.querySelectorAll("select");

function offer(select, names) {
  const [choose] = select.options;
  select.replaceChildren(choose, ...names.map((name) => new Option(name, name)));
  select.value = names.length === 1 ? names[0] : "";
}

async function start() {
  const answer = await fetch(steps.dataset.regions);
  if (!answer.ok) return;
  const regions = await answer.json();
  const cities = () => regions[province.value] || {};
  const offerDistricts = () => offer(district, cities()[city.value] || []);
  province.addEventListener("change", () => {
    offer(city, Object.keys(cities()));
    offerDistricts();
  });
  city.addEventListener("change", offerDistricts);
  steps.querySelector("button").remove();
}

start().catch(() => {
  // The button stays.
});

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
  const offerCities = () => {
    offer(city, Object.keys(cities()));
    offerDistricts();
  };
  province.addEventListener("change", offerCities);
  city.addEventListener("change", offerDistricts);
  if (province.value && city.options.length === 1) offerCities(); // chosen before the names came
  steps.querySelector("button").remove();
}

start().catch(() => {
  // The button stays.
});

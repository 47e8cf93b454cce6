"use strict";
// Theme: the reader's system decides until the reader does.
const root = document.documentElement;
const themeButton = document.getElementById("theme");
const systemDark = matchMedia("(prefers-color-scheme: dark)");

function setTheme(theme) {
  root.dataset.theme = theme;
  themeButton.textContent = theme === "dark" ? "Light" : "Dark";
  themeButton.setAttribute("aria-label", "Switch to the " + themeButton.textContent.toLowerCase() + " page");
}
let chosen = new URLSearchParams(location.search).get("theme");
const followSystem = () => setTheme(chosen || (systemDark.matches ? "dark" : "light"));
themeButton.hidden = !CSS.supports("color", "light-dark(red, red)");
themeButton.addEventListener("click", () => {
  chosen = root.dataset.theme === "dark" ? "light" : "dark";
  followSystem();
});
systemDark.addEventListener("change", followSystem);

// Tips: hover with a mouse, tap with a finger, Escape to close.
const tip = document.getElementById("tip");
function showTip(event) {
  const target = event.target.closest ? event.target.closest("[data-tip]") : null;
  document.querySelectorAll(".cells use.on").forEach((area) => area.classList.remove("on"));
  tip.hidden = !target;
  if (!target) return;
  if (target.parentNode.classList.contains("cells")) target.classList.add("on");
  tip.textContent = target.dataset.tip;
  const box = tip.getBoundingClientRect();
  const left = Math.min(event.clientX + 14, innerWidth - box.width - 8);
  const below = event.clientY + 18;
  tip.style.left = Math.max(8, left) + "px";
  tip.style.top = (below + box.height < innerHeight ? below : event.clientY - box.height - 12) + "px";
}
["pointermove", "pointerdown"].forEach((name) => document.addEventListener(name, showTip));
addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });

// Numbers as the rest of the page writes them: three significant digits.
const number = (value) => value === 0 ? "0" : value.toLocaleString("en", { maximumSignificantDigits: 3 });
const percent = (share) => number(share * 100) + " %";

// Maps. The page arrives with one hour painted; what follows names the areas and moves the hour.
// Colours are the style sheet's: `--t` is the place on its scale.
const place = (d, most) => d > 0 ? `--t:${Math.max(0, 1 + Math.log10(d / most) / 3)}` : "fill:var(--none)";
const change = (d, most) => `--t:${most ? Math.sign(d) * Math.sqrt(Math.abs(d) / most) : 0}`;

function mapSet(element, geometry) {
  const shares = JSON.parse(element.querySelector(".shares").textContent);
  const figures = [...element.querySelectorAll("figure.map")];
  const titles = figures.map((f) => f.querySelector("figcaption").textContent);
  const areas = figures.map((f) => f.querySelectorAll(".cells use"));
  const slider = element.querySelector("input");
  const output = element.querySelector("output");
  const share = (layer, hour, i) => ((layer[Math.min(hour, layer.length - 1)] || [])[i] || 0) / shares.steps;

  function paint() {
    const hour = slider ? Number(slider.value) : 0;
    const two = (n) => String(n).padStart(2, "0") + ":00";
    if (slider) {
      output.textContent = two(hour) + "–" + two(hour + 1);
      slider.setAttribute("aria-valuetext", output.textContent);
    }
    geometry.names.forEach((name, i) => {
      const km2 = geometry.km2[i];
      const values = shares.layers.map((layer) => share(layer, hour, i));
      const words = values.map((v, k) => `${titles[k]}: ${percent(v)} (${percent(v / km2)} per km²)`);
      const text = [name, ...words].join("\n");
      figures.forEach((figure, k) => {
        const difference = figure.dataset.kind === "difference";
        areas[k][i].dataset.tip = text;
        areas[k][i].style.cssText = difference
          ? change(values[1] - values[0], shares.change)
          : place(values[k] / km2, shares.most);
      });
    });
  }
  paint();
  if (!slider) return;
  slider.hidden = false;
  slider.addEventListener("input", paint);
  const play = element.querySelector(".play");
  play.hidden = false;
  let timer = 0;
  play.addEventListener("click", () => {
    clearInterval(timer);
    timer = timer ? 0 : setInterval(() => {
      slider.value = (Number(slider.value) + 1) % 24;
      paint();
    }, 700);
    play.textContent = timer ? "❚❚" : "▶";
    play.setAttribute("aria-label", timer ? "Stop" : "Play the hours of the day");
  });
}
const geometry = document.getElementById("geometry");
if (geometry) {
  const parsed = JSON.parse(geometry.textContent);
  document.querySelectorAll(".mapset").forEach((element) => mapSet(element, parsed));
}
followSystem();

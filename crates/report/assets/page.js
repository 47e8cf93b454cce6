"use strict";
// Theme: the reader's system decides until the reader does. Without scripts the page is light.
const root = document.documentElement;
const themeButton = document.getElementById("theme");
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const repaint = [];

function setTheme(theme) {
  root.dataset.theme = theme;
  themeButton.textContent = theme === "dark" ? "Light" : "Dark";
  themeButton.setAttribute("aria-label", "Switch to the " + themeButton.textContent.toLowerCase() + " page");
  repaint.forEach((paint) => paint());
}
let chosen = new URLSearchParams(location.search).get("theme");
const followSystem = () => setTheme(chosen || (systemDark.matches ? "dark" : "light"));
themeButton.hidden = false;
themeButton.addEventListener("click", () => {
  chosen = root.dataset.theme === "dark" ? "light" : "dark";
  followSystem();
});
systemDark.addEventListener("change", followSystem);
addEventListener("beforeprint", () => setTheme("light"));
addEventListener("afterprint", followSystem);

// Tips: hover with a mouse, tap with a finger, Escape to close.
const tip = document.getElementById("tip");
function showTip(event) {
  const target = event.target.closest ? event.target.closest("[data-tip]") : null;
  document.querySelectorAll(".cells path.on").forEach((path) => path.classList.remove("on"));
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

// Maps. Colours are equal steps of lightness (OKLCH) from the paper's end to the other, so "more"
// is always further from the paper, on a light page and a dark one, and for colour-blind readers.
const dark = () => root.dataset.theme === "dark";
function rampColour(t) {
  const u = dark() ? t : 1 - t;
  const chroma = 0.04 + 0.075 * Math.sin(Math.PI * Math.min(1, Math.max(0, u)));
  return `oklch(${0.27 + 0.67 * u} ${chroma} ${275 - 165 * u})`;
}
function differenceColour(t) {
  const size = Math.min(1, Math.abs(t));
  const light = dark() ? 0.28 + 0.47 * size : 0.95 - 0.42 * size;
  return `oklch(${light} ${0.16 * size} ${t < 0 ? 255 : 50})`;
}
const ramp = (colour, low, high) => {
  const stops = [];
  for (let i = 0; i <= 12; i++) stops.push(colour(low + (high - low) * i / 12));
  return `linear-gradient(90deg, ${stops.join(",")})`;
};

function mapSet(element, geometry) {
  const { steps, layers } = JSON.parse(element.querySelector(".shares").textContent);
  const figures = [...element.querySelectorAll("figure.map")];
  const titles = figures.map((f) => f.querySelector("figcaption").textContent);
  const slider = element.querySelector("input");
  const output = element.querySelector("output");
  const share = (layer, hour, i) => ((layer[Math.min(hour, layer.length - 1)] || [])[i] || 0) / steps;
  const density = (value, i) => value / Math.max(geometry.km2[i], 1e-9);

  // One scale for every map and hour of the set: the densest area, and three decades below it.
  let most = 0, change = 0;
  layers.forEach((layer) => layer.forEach((hour) => hour.forEach((v, i) => {
    most = Math.max(most, density(v / steps, i));
  })));
  if (layers.length > 1) layers[0].forEach((hour, h) => hour.forEach((v, i) => {
    change = Math.max(change, Math.abs(share(layers[1], h, i) - v / steps));
  }));
  const level = (d) => Math.max(0, 1 + Math.log10(d / most) / 3);

  const paths = figures.map((figure) => {
    const group = figure.querySelector(".cells");
    return geometry.paths.map((d) => {
      const path = document.createElementNS(group.namespaceURI, "path");
      path.setAttribute("d", d);
      return group.appendChild(path);
    });
  });

  function paint() {
    const hour = slider ? Number(slider.value) : 0;
    const two = (n) => String(n).padStart(2, "0") + ":00";
    if (slider) {
      output.textContent = two(hour) + "–" + two(hour + 1);
      slider.setAttribute("aria-valuetext", output.textContent);
    }
    geometry.names.forEach((name, i) => {
      const values = layers.map((layer) => share(layer, hour, i));
      const words = values.map((v, k) => `${titles[k]}: ${percent(v)} (${percent(density(v, i))} per km²)`);
      const text = [name, ...words].join("\n");
      figures.forEach((figure, k) => {
        const path = paths[k][i];
        path.dataset.tip = text;
        if (figure.dataset.kind === "difference") {
          const d = values[1] - values[0];
          path.style.fill = differenceColour(change ? Math.sign(d) * Math.sqrt(Math.abs(d) / change) : 0);
        } else {
          path.style.fill = values[k] > 0 ? rampColour(level(density(values[k], i))) : "var(--none)";
        }
      });
    });
    figures.forEach((figure) => {
      const difference = figure.dataset.kind === "difference";
      const [colour, low] = difference ? [differenceColour, -1] : [rampColour, 0];
      const ends = difference
        ? [`−${number(change * 100)} points`, "same", `+${number(change * 100)} points`]
        : [0.001, 0.032, 1].map((f, k) => `${k ? "" : "≤ "}${percent(most * f)}`);
      const legend = figure.querySelector(".legend");
      legend.innerHTML = '<div class="ramp"></div><div class="ends"></div><div></div>';
      legend.children[0].style.background = ramp(colour, low, 1);
      ends.forEach((end) => legend.children[1].append(Object.assign(document.createElement("span"), { textContent: end })));
      legend.children[2].textContent = difference ? "share of people in an area" : "share of people per km²";
    });
  }
  repaint.push(paint);
  if (!slider) return;
  slider.addEventListener("input", paint);
  const play = element.querySelector(".play");
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
  document.querySelectorAll(".ground").forEach((path) => path.setAttribute("d", parsed.paths.join("")));
  document.querySelectorAll(".mapset").forEach((element) => mapSet(element, parsed));
}
followSystem();

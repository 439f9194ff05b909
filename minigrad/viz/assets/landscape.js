"use strict";
// Walks over the two maps: sliders move a ring and read out the loss under it. All numbers are in the page already.
const { plane, path } = JSON.parse(document.getElementById("data").textContent);

function short(x) {
  return x === null ? "not finite" : x !== 0 && (Math.abs(x) < 1e-3 || Math.abs(x) >= 1e4) ? x.toExponential(2) : String(Number(x.toPrecision(4)));
}

// What a form's sliders do: move the ring of the map above them, and say where it is.
function walk(id, place) {
  const form = document.getElementById(id);
  if (!form) return;
  const svg = form.parentElement.querySelector("svg.plot"), ring = svg.querySelector(".here"), output = form.querySelector("output");
  const [left, top, width, height] = svg.dataset.plot.split(" ").map(Number), sliders = [...form.querySelectorAll("input")];
  const show = () => {
    const { x, y, says } = place(...sliders.map((slider) => Number(slider.value)));
    ring.setAttribute("transform", `translate(${(left + width * x).toFixed(1)} ${(top + height * (1 - y)).toFixed(1)})`);
    output.textContent = says;
    for (const slider of sliders) slider.setAttribute("aria-valuetext", says);
  };
  for (const slider of sliders) slider.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  show();
}

walk("walk", (i, j) => {
  const loss = plane.loss[j][i], ratio = loss === null || !plane.center ? "" : `, ${short(Number((loss / plane.center).toPrecision(3)))} times the model's`;
  return { x: i / (plane.x.length - 1), y: j / (plane.y.length - 1), says: `at (${plane.x[i]}, ${plane.y[j]}): loss ${short(loss)}${ratio}` };
});
if (path) {
  walk("go", (k) => {
    const [x, y] = path.points[k].map((value, i) => (value - path.low[i]) / (path.high[i] - path.low[i]));
    return { x, y, says: [`epoch ${path.epochs[k]}`, ...path.head.map((name, i) => `${name} ${short(path.losses[i][k])}`)].join(" · ") };
  });
}

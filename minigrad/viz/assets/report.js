// One slider reads all curves: it moves a line through every chart by epoch, and says the numbers.
"use strict";
const { head, rows } = JSON.parse(document.getElementById("data").textContent);
const places = { epoch: 0, step: 1 };
const form = document.querySelector("form.cursor");
if (form) {
  const slider = form.querySelector("input"), output = form.querySelector("output");
  const charts = [...document.querySelectorAll("svg[data-x]")].filter((svg) => svg.dataset.x in places).map((svg) => {
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("class", "at");
    svg.append(line);
    return { line, place: places[svg.dataset.x], frame: svg.dataset.plot.split(" ").map(Number) };
  });
  const show = () => {
    const row = rows[slider.value - 1];
    output.textContent = row.map((value, i) => (value === null ? "" : `${head[i]} ${value}`)).filter(Boolean).join(" · ");
    slider.setAttribute("aria-valuetext", output.textContent);
    for (const { line, place, frame: [left, top, width, height, low, high] } of charts) {
      const x = left + (width * (row[place] - low)) / (high - low);
      line.setAttribute("d", `M${x.toFixed(1)} ${top}v${height}`);
    }
  };
  slider.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  show();
}

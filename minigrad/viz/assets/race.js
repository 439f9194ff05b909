"use strict";
// Moves the paths of a race through time. What it shows is in the page already: without it the page shows the end.
const data = JSON.parse(document.getElementById("data").textContent);
const time = document.getElementById("time"), turn = document.getElementById("turn");
const play = document.getElementById("play"), step = document.getElementById("step");
const rows = [...document.querySelectorAll(".legend tr[data-lane]")];
const lanes = [...document.querySelectorAll("div[data-rotation] .lane")];
let timer = 0;

// How many of a run's points have been reached at this frame, its last point among them once it is over.
function reached(run, frame) {
  return data.steps[frame] >= run.last ? run.height.length : frame + 1;
}

function short(x) {
  return x === 0 ? "0" : Math.abs(x) < 1e-3 || Math.abs(x) >= 1e4 ? x.toExponential(2) : String(Number(x.toPrecision(3)));
}

function show() {
  const frame = Number(time.value), place = Number(turn.value), now = data.steps[frame];
  step.textContent = `step ${now}`;
  time.setAttribute("aria-valuetext", `step ${now} of ${data.steps[data.steps.length - 1]}`);
  for (const part of document.querySelectorAll("[data-rotation]")) part.hidden = Number(part.dataset.rotation) !== place;
  for (const lane of lanes) {
    const i = Number(lane.dataset.lane);
    lane.style.display = rows[i].querySelector("input").checked ? "" : "none";
    if (Number(lane.closest("[data-rotation]").dataset.rotation) !== place) continue;
    const run = data.lanes[i][place], count = reached(run, frame);
    const points = [];
    for (let k = 0; k < count; k++) points.push(`${run.at[2 * k] / 10} ${run.at[2 * k + 1] / 10}`);
    lane.querySelector("path").setAttribute("d", `M${points.length > 1 ? points.join("L") : `${points[0]}h0`}`);
    lane.querySelector(".head").setAttribute("transform", `translate(${points[count - 1]})`);
  }
  for (const [i, row] of rows.entries()) {
    const run = data.lanes[i][place], cells = row.querySelectorAll("td");
    row.classList.toggle("off", !row.querySelector("input").checked);
    cells[0].textContent = run.lr;
    cells[1].textContent = run.end;
    cells[2].textContent = short(run.height[reached(run, frame) - 1]);
  }
}

function stop() {
  clearInterval(timer);
  timer = 0;
  play.textContent = "Play";
}

function advance() {
  if (Number(time.value) >= Number(time.max)) return stop();
  time.value = Number(time.value) + 1;
  show();
}

play.addEventListener("click", () => {
  if (timer) return stop();
  if (Number(time.value) >= Number(time.max)) time.value = 0;
  show();
  timer = setInterval(advance, 80);
  play.textContent = "Pause";
});
time.addEventListener("input", () => { stop(); show(); });
turn.addEventListener("change", show);
for (const row of rows) row.querySelector("input").addEventListener("change", show);
document.querySelector(".controls").hidden = false;
show();

// The explorer: shows the state of the graph after any number of steps. Everything is computed from the step's number,
// so forward, backward and a jump are the same. The numbers are minigrad's own; nothing is differentiated here.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const byId = id => document.getElementById(id);
const orders = { topological: [...data.forward, ...data.topological] };
orders.naive = data.naive ? [...data.forward, ...data.naive] : orders.topological; // the same, if nothing is used twice
const right = totalsAfter(orders.topological, orders.topological.length).totals;
const state = { order: "topological", step: 0, timer: null };

// Numbers and arrays as text

function short(x, count = 4) { // so many digits, written as Python's ".4g" writes them
  if (typeof x !== "number" || x === 0) return String(x);
  const [digits, power] = x.toExponential(count - 1).split("e");
  if (power >= -4 && power < count) return String(Number(x.toPrecision(count)));
  return Number(digits) + "e" + power[0] + power.slice(1).padStart(2, "0");
}

const isArray = x => x !== null && typeof x === "object";
const size = x => isArray(x) ? "‖·‖ " + short(x.norm) : short(x);
const shape = x => "(" + x.shape.join(", ") + (x.shape.length === 1 ? ",)" : ")");
const statistics = x => !("min" in x) ? "" : ["min", "mean", "max"].map(name => name + " " + short(x[name])).join("  ");
const gradText = x => isArray(x) ? "‖grad‖ " + short(x.norm) : "grad " + short(x);
const brackets = name => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) ? name : "(" + name + ")";
const nameOf = id => brackets(data.nodes[id].name);
const sameAs = (x, y) => JSON.stringify(x) === JSON.stringify(y);

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function matrix(x, caption) { // the first values of an array
  if (!isArray(x) || !x.values) return "";
  const rows = x.values.map(row => element("tr", {}, ...row.map(value => element("td", {}, short(value)))));
  const whole = x.values.flat().length === x.shape.reduce((a, b) => a * b, 1);
  const title = caption + " " + shape(x) + (whole ? "" : ", its first values");
  const head = whole ? [element("caption", {}, title)] : [];
  const shown = element("table", { class: "matrix" }, ...head, element("tbody", {}, ...rows));
  const box = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, shown);
  return whole ? box : element("details", {}, element("summary", {}, title), box);
}

// What is known after so many steps

function totalsAfter(steps, count) {
  const known = { values: new Set(), totals: {}, writes: [] };
  for (const [id, node] of Object.entries(data.nodes)) {
    if (node.kind !== "op" && node.kind !== "module") known.values.add(id);
  }
  steps.slice(0, count).forEach((step, i) => {
    if (step.phase === "forward") return known.values.add(step.node);
    if (step.seed !== undefined) {
      known.totals[step.node] = step.seed;
      known.writes.push({ step: i + 1, target: step.node, amount: step.seed, total: step.seed });
    }
    for (const [edge, amount, total = amount] of step.sends || []) {
      const { tail, head } = data.edges[edge];
      known.totals[tail] = total;
      known.writes.push({ step: i + 1, target: tail, amount, total, user: head });
    }
  });
  return known;
}

// The picture

function setClass(id, name, on) {
  byId(id)?.classList.toggle(name, on);
}

function setText(node, kind, text, value) {
  const line = byId(node).querySelector("text." + kind);
  if (!line) return;
  line.textContent = text;
  line.dataset.value = JSON.stringify(value);
}

function drawGraph(step, known) {
  const finished = state.step === orders[state.order].length;
  for (const [id, node] of Object.entries(data.nodes)) {
    const computed = known.values.has(id), gradient = known.totals[id];
    setClass(id, "todo", !computed);
    setClass(id, "now", step?.node === id);
    setClass(id, "has-grad", gradient !== undefined);
    if (node.value !== null && !(isArray(node.value) && !("mean" in node.value))) {
      const array = isArray(node.value), mean = array ? "mean " + short(node.value.mean, 3) : short(node.value);
      setText(id, "value", computed ? mean : "?", computed ? node.value : null);
      if (array) setText(id, "spread", computed ? `min ${short(node.value.min, 3)} max ${short(node.value.max, 3)}` : "", null);
    }
    if (node.gradient) {
      const wrong = finished && gradient !== undefined && !sameAs(gradient, right[id]);
      const text = gradient === undefined ? "grad ?" : gradText(gradient) + (wrong ? " ≠ " + size(right[id]) : "");
      setText(id, "grad", text, gradient === undefined ? null : gradient);
      setClass(id, "wrong", wrong);
    }
  }
  const used = new Set((step?.sends || []).map(([edge]) => edge));
  for (const [id, edge] of Object.entries(data.edges)) {
    const forward = step?.phase === "forward" && edge.head === step.node;
    setClass(id, "todo", !known.values.has(edge.tail));
    setClass(id, "now", forward || used.has(id));
    setClass(id, "backward", used.has(id));
  }
  const card = step && byId(step.node), view = byId("view");
  if (!card) return view.scrollTo({ left: 0 });
  const box = card.getBoundingClientRect(), frame = view.getBoundingClientRect();
  const hidden = box.left < frame.left + 40 || box.right > frame.right - 40;
  if (hidden) view.scrollBy({ left: box.left + box.width / 2 - frame.left - frame.width / 2 });
}

// The panel

function line(name, text, kind = "") {
  return [element("dt", {}, name), element("dd", { class: kind }, text)];
}

function describeForward(node) {
  const parts = [element("dl", {},
    ...line("computed", node.name + " = " + node.made),
    ...line("value", isArray(node.value) ? shape(node.value) + "  " + statistics(node.value) : short(node.value), "value"),
    ...(node.rule ? line("rule", node.rule) : []))];
  return [...parts, matrix(node.value, node.name)];
}

function describeSend(step, [id, amount, total = amount]) {
  const edge = data.edges[id], target = nameOf(edge.tail), head = nameOf(edge.head);
  const arrived = step.arrived, items = [];
  if (edge.local !== undefined && !isArray(edge.local)) {
    items.push(...line("local", `∂${head}/∂${target} = ${short(edge.local)}`));
    items.push(...line("product", `${target}.grad += ${short(arrived)} × ${short(edge.local)} = ${short(amount)}`, "grad"));
  } else {
    if (edge.equation) items.push(...line("product", edge.equation));
    if (edge.everywhere !== undefined) items.push(...line("local", `${short(edge.everywhere)} for every element`));
    if (edge.note) items.push(...line("summed", edge.note));
    items.push(...line("sent", `${target}.grad += ${isArray(amount) ? shape(amount) + " " : ""}${size(amount)}`, "grad"));
  }
  if (!sameAs(amount, total)) items.push(...line("now", `${target}.grad = ${size(total)}`, "grad"));
  if (edge.check) items.push(...line("check", edge.check.text, edge.check.right === false ? "bad" : ""));
  const title = element("h3", {}, "to " + data.nodes[edge.tail].name);
  const local = isArray(edge.local) ? matrix(edge.local, `∂${head}/∂${target}, element by element`) : "";
  return element("section", {}, title, element("dl", {}, ...items), local, matrix(amount, "sent to " + target));
}

function whatIsWrong(step) { // with a visit of the naive recursion
  if (step.phase !== "naive") return [];
  const before = orders.naive.slice(0, state.step - 1).findIndex(other => other.phase === "naive" && other.node === step.node);
  const twice = before < 0 ? [] : [`it has sent its gradient before, in step ${before + 1}: what it sends now is too much`];
  const early = sameAs(step.arrived, right[step.node]) ? [] : [`the whole gradient is ${size(right[step.node])}`];
  return [...twice, ...early];
}

function describe(step) {
  if (!step) return [element("p", {}, "The inputs are given. Step forward to compute, then backward to differentiate.")];
  const node = data.nodes[step.node];
  if (step.phase === "forward") return describeForward(node);
  const arrived = `∂${nameOf(data.output)}/∂${nameOf(step.node)} = ${size(step.arrived)}`;
  const seed = step.seed === undefined ? "" : "  (the derivative of the output by itself)";
  const wrong = whatIsWrong(step).flatMap(text => line("but", text, "bad"));
  const rule = node.rule ? line("rule", node.rule) : [];
  const list = element("dl", {}, ...line("arrived", arrived + seed, "grad"), ...wrong, ...rule);
  return [list, ...(step.sends || []).map(send => describeSend(step, send))];
}

// The lists below

function markCode(step) {
  const place = step && data.nodes[step.node].code;
  document.querySelectorAll("#code code").forEach((code, i) => {
    const text = code.textContent, here = place && place[0] === i;
    code.closest("li").classList.toggle("now", Boolean(here));
    if (!here) return code.replaceChildren(text);
    const [, start, end] = place;
    code.replaceChildren(text.slice(0, start), element("mark", {}, text.slice(start, end)), text.slice(end));
  });
}

function listWrites(known) {
  byId("writes").replaceChildren(...known.writes.map(write => element("tr",
    write.step === state.step ? { class: "now", "aria-current": "step" } : {},
    element("th", { scope: "row" }, String(write.step)),
    element("td", {}, nameOf(write.target) + ".grad"),
    element("td", { class: "grad" }, (write.user ? "+= " : "= ") + size(write.amount)),
    element("td", { class: "grad" }, size(write.total)),
    element("td", {}, write.user ? "its use in " + data.nodes[write.user].name : "the seed"))));
  byId("no-writes").hidden = known.writes.length > 0;
  byId("writes").closest(".scroll").hidden = known.writes.length === 0;
}

function markRow() {
  for (const order of ["topological", "naive"]) {
    const first = order === "naive" ? data.forward.length : 0;
    document.querySelectorAll(`#steps-${order} tbody tr`).forEach((row, i) => {
      const here = i + 1 + first === state.step && (order === state.order || state.step <= data.forward.length);
      row.classList.toggle("now", here);
      if (here) row.setAttribute("aria-current", "step"); else row.removeAttribute("aria-current");
    });
  }
}

function words(step) { // the row of the table that tells this step
  if (!step) return "";
  const naive = step.phase === "naive";
  const row = naive ? state.step - data.forward.length : state.step;
  const cells = document.querySelectorAll(`#steps-${naive ? "naive" : "topological"} tbody tr`)[row - 1].cells;
  return cells[cells.length - 1].textContent;
}

// Going there

function show(step) {
  const steps = orders[state.order];
  state.step = Math.max(0, Math.min(step, steps.length));
  const current = state.step ? steps[state.step - 1] : null;
  if (current && current.phase !== "forward") {
    current.arrived = current.seed ?? totalsAfter(steps, state.step - 1).totals[current.node];
  }
  const known = totalsAfter(steps, state.step);
  drawGraph(current, known);
  byId("panel").replaceChildren(...describe(current));
  markCode(current);
  listWrites(known);
  markRow();
  const where = current ? `Step ${state.step} of ${steps.length}: ${current.phase}, ${data.nodes[current.node].name}` : "Start";
  const told = current ? `${where}. ${words(current)}` : `${where}: ${steps.length} steps to go.`;
  byId("now").replaceChildren(where, element("span", { class: "unseen" }, told.slice(where.length)));
  const slider = byId("slider");
  slider.max = steps.length;
  slider.value = state.step;
  slider.setAttribute("aria-valuetext", told);
  byId("count").textContent = `step ${state.step} of ${steps.length}`;
  byId("first").disabled = byId("back").disabled = state.step === 0;
  byId("last").disabled = byId("next").disabled = state.step === steps.length;
  if (state.step === steps.length) play(false);
}

function play(on) {
  clearInterval(state.timer);
  state.timer = on ? setInterval(() => show(state.step + 1), 1200) : null;
  byId("play").textContent = on ? "pause" : "play";
}

const moves = {
  ArrowRight: () => show(state.step + 1), ArrowLeft: () => show(state.step - 1),
  Home: () => show(0), End: () => show(orders[state.order].length),
};

document.addEventListener("keydown", event => {
  const busy = event.target.closest?.("input, .scroll") || event.altKey || event.ctrlKey || event.metaKey;
  if (busy || !(event.key in moves)) return;
  event.preventDefault();
  play(false);
  moves[event.key]();
});

for (const [id, key] of [["first", "Home"], ["back", "ArrowLeft"], ["next", "ArrowRight"], ["last", "End"]]) {
  byId(id).addEventListener("click", () => { play(false); moves[key](); });
}
byId("play").addEventListener("click", () => {
  if (state.step === orders[state.order].length) show(0);
  play(state.timer === null);
});
byId("slider").addEventListener("input", event => { play(false); show(Number(event.target.value)); });
document.querySelectorAll("input[name=order]").forEach(input => input.addEventListener("change", event => {
  state.order = event.target.value;
  show(state.step);
}));
byId("graph").addEventListener("click", event => { // to the last step so far in which this node was at work, else its first
  const id = event.target.closest(".node")?.id, steps = orders[state.order];
  const found = steps.findIndex(step => step.node === id);
  if (found >= 0) { play(false); show(found + 1); }
});

document.querySelectorAll(".needs-script").forEach(part => { part.hidden = false; });
show(0);

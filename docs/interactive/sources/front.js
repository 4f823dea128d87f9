// The page of the front: every student of a study by its error and its delay, each to be opened.

const { studies } = JSON.parse(document.getElementById("data").textContent);
const COURSE = document.body.dataset.course; // the address of a page of the course, or nothing
const AXES = { delay: "mean delay after the true start, ms", offset: "mean offset, frames" };
const KINDS = {
  teacher: "teacher",
  search: "rule that searches",
  shift: "fixed shift or blend",
  "frame-wise": "frame by frame",
  control: "control without a search",
  rival: "rival",
};
const SHAPES = {
  teacher: "M0 -8L8 6H-8Z",
  search: "M0 -6.5A6.5 6.5 0 1 1 0 6.5A6.5 6.5 0 1 1 0 -6.5Z",
  shift: "M-6 -6H6V6H-6Z",
  "frame-wise": "M-6.5 -4L-4 -6.5L0 -2.5L4 -6.5L6.5 -4L2.5 0L6.5 4L4 6.5L0 2.5L-4 6.5L-6.5 4L-2.5 0Z",
  control: "M0 -8L8 0L0 8L-8 0Z",
  rival: "M0 8L8 -6H-8Z",
}; // prettier-ignore

const state = { study: "real", axis: "delay", opened: "OrderedPath" };
const points = () => studies[state.study].points.filter((one) => one[state.axis]);
const openedPoint = () => points().find((one) => one.name === state.opened);

/** A number of results.md with its interval, signed where it is a difference. */
function interval([mean, low, high], digits, sign = false) {
  const text = (value) => (sign && value > 0 ? "+" : "") + shown(value, digits);
  return low === undefined ? text(mean) : `${text(mean)} [${text(low)}, ${text(high)}]`;
}

const texts = {
  error: (one) => interval(one.error, 1),
  offset: (one) => (one.offset ? interval(one.offset, 1, true) : "\u2013"),
  delay: (one) => (one.delay ? interval(one.delay, 0, true) : "\u2013"),
};

// The chart.

/** From what to what an axis reaches, a little wider than its numbers. */
function range(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = 0.07 * (high - low || 1);
  return [low - room, high + room];
}

const HEIGHT = 440;
const PLACES = [
  [11, 4, "start"],
  [-11, 4, "end"],
  [0, -13, "middle"],
  [0, 22, "middle"],
  [10, -9, "start"],
  [10, 17, "start"],
  [-10, -9, "end"],
  [-10, 17, "end"],
]; // of a name beside its point

function drawChart() {
  const host = part("chart");
  const width = Math.max(host.clientWidth, 260);
  const shownPoints = points();
  const withIntervals = part("intervals").checked;
  const across = (one) => one[state.axis];
  const spread = (of) => shownPoints.flatMap((one) => (withIntervals ? of(one) : [of(one)[0]]));
  const [fromX, toX] = range(spread(across));
  const [fromY, toY] = range(spread((one) => one.error));
  const box = { left: 40, right: width - 8, top: 22, bottom: HEIGHT - 42 };
  const x = (value) => box.left + ((value - fromX) / (toX - fromX)) * (box.right - box.left);
  const y = (value) => box.bottom - ((value - fromY) / (toY - fromY)) * (box.bottom - box.top);
  const text = (content, attributes) => {
    const element = drawn("text", attributes);
    element.textContent = content;
    return element;
  };
  const parts = [];
  const stepY = niceStep((box.bottom - box.top) / (toY - fromY), 44, 1);
  for (let n = Math.ceil(fromY / stepY); n * stepY <= toY; n += 1) {
    const at = { y1: y(n * stepY), y2: y(n * stepY) };
    parts.push(drawn("line", { class: "axis", x1: box.left, x2: box.right, ...at }));
    parts.push(text(n * stepY, { x: box.left - 7, y: at.y1 + 4, "text-anchor": "end" }));
  }
  const stepX = niceStep((box.right - box.left) / (toX - fromX), 56, 0.1);
  for (let n = Math.ceil(fromX / stepX); n * stepX <= toX; n += 1) {
    const at = { x1: x(n * stepX), x2: x(n * stepX) };
    parts.push(drawn("line", { class: "axis", y1: box.top, y2: box.bottom, ...at }));
    const told = Number((n * stepX).toFixed(2));
    parts.push(text(told, { x: at.x1, y: box.bottom + 17, "text-anchor": "middle" }));
  }
  parts.push(text("phone error, %", { x: box.left - 20, y: 12 }));
  parts.push(text(AXES[state.axis], { x: box.right, y: HEIGHT - 8, "text-anchor": "end" }));

  const shifts = shownPoints.filter((one) => one.rule === "Shift");
  if (part("joined").checked && shifts.length > 1) {
    const way = shifts.map((one) => `${x(across(one)[0])} ${y(one.error[0])}`).join("L");
    parts.push(drawn("path", { class: "joined", d: `M${way}` }));
  }
  const taken = shownPoints.map((one) => {
    const [px, py] = [x(across(one)[0]), y(one.error[0])];
    return [px - 8, py - 8, px + 8, py + 8];
  });
  const names = [];
  for (const one of shownPoints) {
    const [px, py] = [x(across(one)[0]), y(one.error[0])];
    const group = drawn("g", { class: `kind-${one.kind}` });
    if (withIntervals && one.error.length > 1) {
      const ends = { y1: y(one.error[1]), y2: y(one.error[2]) };
      group.append(drawn("line", { class: "interval", x1: px, x2: px, ...ends }));
    }
    if (withIntervals && across(one).length > 1) {
      const ends = { x1: x(across(one)[1]), x2: x(across(one)[2]) };
      group.append(drawn("line", { class: "interval", y1: py, y2: py, ...ends }));
    }
    const place = `translate(${px} ${py})`;
    group.append(drawn("path", { class: "point", d: SHAPES[one.kind], transform: place }));
    if (one.name === state.opened) {
      group.append(drawn("circle", { class: "open", cx: px, cy: py, r: 12 }));
    }
    parts.push(group);
    names.push({ one, px, py });
  }
  names.sort((a, b) => (b.one.name === state.opened) - (a.one.name === state.opened));
  for (const { one, px, py } of names) {
    const half = one.name.length * 3.4; // near enough for a font of 12 pixels
    const free = PLACES.map(([dx, dy, anchor]) => {
      const middle = px + dx + { start: half, end: -half, middle: 0 }[anchor];
      const at = [middle - half, py + dy - 10, middle + half, py + dy + 3];
      return { dx, dy, anchor, at };
    }).find(
      ({ at }) =>
        at[0] > box.left - 2 &&
        at[2] < width &&
        taken.every(
          (other) =>
            at[2] < other[0] || at[0] > other[2] || at[3] < other[1] || at[1] > other[3],
        ),
    );
    if (!free) continue;
    taken.push(free.at);
    const { dx, dy, anchor } = free;
    parts.push(
      text(one.name, { class: "name", x: px + dx, y: py + dy, "text-anchor": anchor }),
    );
  }
  const svg = part("chart").firstChild;
  svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
  svg.setAttribute("height", HEIGHT);
  svg.replaceChildren(...parts);
  state.placed = names;
}

// One student.

/** What a rule chooses for a student that is right and three frames late, as in the first figure. */
function picture(point) {
  const [frames, left, right] = [26, 4, 336];
  const blank = [0.97, 0.015, 0.015];
  const of = (places) =>
    Array.from({ length: frames }, (_, t) =>
      (t in places ? blank.map((_, k) => (k === places[t] ? 0.95 : 0.025)) : blank).map(Math.log),
    );
  const [teacher, student] = [of({ 6: 1, 16: 2 }), of({ 9: 1, 19: 2 })];
  const given = { window: [5, 0], k: 3, tau: 0.3, max_step: 1, weights: [0, 0.5, 0.5] };
  const rule = { ...given, d: point.d, name: point.rule };
  const setting = point.setting?.[0] ?? "";
  const blank_frames = /blank_frames = "(\w+)"/.exec(setting)?.[1] ?? "keep";
  const { pairs, isBlank } = distillTrace(student, teacher, rule, { blank_frames });
  const x = (t) => left + ((t + 0.5) / frames) * (right - left);
  const bars = (logits, base, name) =>
    logits.map((frame, t) => {
      const height = 26 * Math.exp(Math.max(...frame.slice(1)));
      return drawn("rect", { class: name, x: x(t) - 4, y: base - height, width: 8, height });
    });
  return drawn(
    "svg",
    { class: "picture", viewBox: "0 0 340 118", role: "img", "aria-label": "Chosen pairs" },
    [
      ...bars(teacher, 32, "theirs"),
      ...pairs.map(({ t, u, weight }) => {
        const name = isBlank[u] ? "" : "spike";
        const line = drawn("line", { class: name, x1: x(u), y1: 35, x2: x(t), y2: 84 });
        line.style.strokeWidth = (isBlank[u] ? 1 : 2.5) * Math.sqrt(weight);
        return line;
      }),
      ...bars(student, 114, "own"),
    ],
  );
}

function barsOf(entries) {
  const most = Math.max(...entries.map(([, value]) => value));
  return made(
    "div",
    "bars",
    "",
    entries.flatMap(([name, value]) => {
      const bar = made("i");
      bar.style.width = `${(100 * value) / most}%`;
      return [made("span", "", name), bar, made("span", "", shown(value, 1))];
    }),
  );
}

function showStudent() {
  const one = openedPoint();
  part("opened").textContent = one.name;
  const facts = [
    ["phone error, %", texts.error(one)],
    ["offset, frames", one.offset && texts.offset(one)],
    ["delay, ms", one.delay && texts.delay(one)],
    ["to CTC alone, points", one.ctc && interval(one.ctc, 1, true)],
    ["to FrameWise, points", one.frame_wise && interval(one.frame_wise, 1, true)],
    ["to the shifts, points", one.shifts && interval(one.shifts, 1, true)],
    ["SD over seeds, points", one.sd && shown(one.sd[0], 1)],
    ["weight of the rule", one.weight && `${one.weight[0]}`],
    ["setting", one.setting?.[0]],
    ["one training, s", one.seconds && `${one.seconds[0]}`],
  ].filter(([, text]) => text);
  const list = made(
    "dl",
    "",
    "",
    facts.flatMap(([name, text]) => [made("dt", "", name), made("dd", "", text)]),
  );
  const children = [made("p", "", one.about), list];
  if (one.seeds) {
    children.push(made("h3", "", "Phone error of each seed, %"));
    children.push(barsOf(one.seeds.map((value, n) => [`seed ${n}`, value])));
  }
  if (one.validation) {
    children.push(made("h3", "", "Validation error by weight, %"));
    children.push(barsOf(one.validation));
  }
  if (one.rule) {
    children.push(made("h3", "", "What the rule chooses"), picture(one));
    children.push(made("p", "note", "Top: a teacher. Bottom: a student that is 3 frames late."));
  }
  children.push(made("h3", "", "Made by"), made("pre", "", studies[state.study].command));
  if (COURSE) {
    const link = made("a", "", "Page of the course");
    link.href = COURSE.replace("{}", one.page);
    children.push(made("p", "", "", [link]));
  }
  part("student").replaceChildren(...children);
  const spoken = `${one.name}: phone error ${texts.error(one)} percent, delay ${texts.delay(one)}`;
  part("spoken").textContent = spoken;
}

// Start.

function open(name) {
  state.opened = name;
  changed();
}

function changed() {
  const { study } = state;
  const delays = studies[study].points.some((one) => one.delay);
  document.querySelector("[name=axis][value=delay]").disabled = !delays;
  if (!delays) state.axis = "offset";
  choosePill("axis", state.axis);
  choosePill("study", study);
  const names = points().map((one) => one.name);
  if (!names.includes(state.opened)) {
    state.opened = names.find((one) => one.startsWith(state.opened.split(" ")[0])) ?? names[0];
  }
  part("about").textContent = studies[study].about;
  part("all").replaceChildren(
    ...studies[study].points.map((one) => {
      const button = made("button", "", one.name);
      button.type = "button";
      button.disabled = !one[state.axis];
      button.addEventListener("click", () => open(one.name));
      const row = made("tr", "", "", [
        made("th", "", "", [button]),
        ...["error", "offset", "delay"].map((name) => made("td", "", texts[name](one))),
      ]);
      row.firstChild.scope = "row";
      return row;
    }),
  );
  const kinds = new Set(points().map((one) => one.kind));
  part("kinds").replaceChildren(
    ...Object.entries(KINDS)
      .filter(([kind]) => kinds.has(kind))
      .map(([kind, name]) => {
        const shape = drawn("path", { d: SHAPES[kind] });
        const mark = drawn("svg", { viewBox: "-9 -9 18 18", "aria-hidden": "true" }, [shape]);
        return made("span", `kind-${kind}`, "", [mark, made("span", "", name)]);
      }),
  );
  drawChart();
  showStudent();
}

function nearestPoint(event) {
  const { left, top, width } = part("chart").firstChild.getBoundingClientRect();
  const unit = Number(part("chart").firstChild.viewBox.baseVal.width) / width;
  const [x, y] = [(event.clientX - left) * unit, (event.clientY - top) * unit];
  const distance = ({ px, py }) => Math.hypot(px - x, py - y);
  const near = state.placed.filter((one) => distance(one) < 30);
  if (!near.length) return null;
  const best = near.reduce((a, b) => (distance(b) < distance(a) ? b : a));
  const stacked = state.placed
    .filter(({ px, py }) => Math.hypot(px - best.px, py - best.py) < 8)
    .map(({ one }) => one.name)
    .sort();
  const at = stacked.indexOf(state.opened); // another click opens the next of a stack
  return at < 0 ? best.one.name : stacked[(at + 1) % stacked.length];
}

part("chart").append(
  drawn("svg", {
    tabindex: 0,
    role: "application",
    "aria-label": "Students by error and delay; arrow keys open the next one",
  }),
);
part("chart").firstChild.addEventListener("click", (event) => {
  const name = nearestPoint(event);
  if (name) open(name);
});
part("chart").firstChild.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const ordered = points().sort((a, b) => a[state.axis][0] - b[state.axis][0]);
  const at = ordered.findIndex((one) => one.name === state.opened);
  open(ordered[clamped(at + step, 0, ordered.length - 1)].name);
  event.preventDefault();
});
const studyNames = Object.entries(studies).map(([name, one]) => [name, one.title]);
pills(part("studies"), "study", studyNames, "real", (value) => {
  Object.assign(state, { study: value, axis: "delay" });
  changed();
});
const axisNames = [
  ["delay", "delay"],
  ["offset", "offset"],
];
pills(part("axes"), "axis", axisNames, "delay", (value) => {
  state.axis = value;
  changed();
});
for (const name of ["intervals", "joined"]) part(name).addEventListener("change", changed);
changed();
new ResizeObserver(drawChart).observe(part("chart"));

function openIn(study, ...names) {
  Object.assign(state, { study, axis: "delay" });
  names.forEach((name, n) => setTimeout(() => open(name), 1500 * n));
}
listenToExperiments([
  () => openIn("real", "Shift 1"),
  () => openIn("real", "Hard", "RandomChoice"),
  () => openIn("real", "OrderedPath"),
]);
globalThis.refkd = { studies, state, open }; // for the console, and for tests

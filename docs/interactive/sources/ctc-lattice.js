// The page of the CTC lattice: what can be moved, and what is drawn of it.

const SYMBOLS = ["\u2013", "a", "b", "c"]; // the blank is class 0
const ROWS = [1, 2, 3, 0]; // classes from the top
const LEAST = 0.001; // no posterior is 0, so that each has a logarithm that a step can move
const RATE = 1; // of a step down the gradient

const state = { labels: [1, 2], shows: "share", posteriors: [] };

/** Posteriors of a class that peaks at each frame of a list, on a ground of blanks. */
function spiky(T, spikes, height, width, ground = 0.02) {
  return Array.from({ length: T }, (_, t) => {
    const y = [0, ground, ground, ground];
    for (const [frame, k] of spikes) y[k] += height * Math.exp(-(((t - frame) / width) ** 2));
    const rest = Math.max(1 - sum(y), 0.03);
    const total = sum(y) + rest;
    return [rest, ...y.slice(1)].map((one) => one / total);
  });
}

const start = (T = 10) =>
  spiky(T, [[0.25 * T, 1], [0.65 * T, 2], [0.85 * T, 3]], 0.55, 1.3); // prettier-ignore

/** Give a class a posterior; the others keep their ratios. */
function setPosterior(frame, k, value) {
  const most = 1 - LEAST * (frame.length - 1);
  const wanted = clamped(value, LEAST, most);
  const others = 1 - frame[k];
  const next = frame.map((one, n) =>
    n === k ? wanted : Math.max((one / Math.max(others, 1e-9)) * (1 - wanted), LEAST),
  );
  const spare = sum(next) - 1; // what lifting the others to LEAST has added
  const largest = next.reduce((best, one, n) => (n !== k && one > next[best] ? n : best), +!k);
  next[largest] -= spare;
  return next;
}

function moved() {
  state.trace = ctcTrace(
    state.posteriors.map((frame) => frame.map(Math.log)),
    state.labels,
  );
  const { trace } = state;
  const needed = ctcFramesNeeded(state.labels);
  const T = state.posteriors.length;
  part("warning").textContent =
    needed > T ? `These labels need ${needed} frames; there are ${T}: no path spells them.` : "";
  part("loss").textContent = shown(trace.loss);
  part("probability").textContent = compact(Math.exp(-trace.loss));
  if (trace.loss < Infinity) {
    const { path } = ctcViterbi(trace);
    part("best").textContent = path.map((s) => SYMBOLS[trace.states[s]]).join("");
  } else part("best").textContent = "none";
}

/** A step down the gradient in the logits, which are the logarithms of the posteriors. */
function descend() {
  const { trace } = state;
  state.posteriors = trace.logp.map((frame, t) => {
    const moved = frame.map((z, k) => z - RATE * trace.grad[t][k]);
    const prob = logSoftmax(moved).map((one) => Math.max(Math.exp(one), 1e-6));
    return prob.map((one) => one / sum(prob));
  });
  changed();
}

// The lattice.

const SHARE_DIGITS = 3;
const tables = {
  share: { title: "share of the paths through the state", of: (t, s) => state.trace.share[t][s] },
  alpha: { title: "log \u03b1: the labels so far", of: (t, s) => state.trace.logAlpha[t][s] },
  beta: { title: "log \u03b2: the labels still to come", of: (t, s) => state.trace.logBeta[t][s] },
};

const lattice = {
  name: "lattice",
  spoken: "Lattice of states and frames; arrow keys move through it",
  low: 0,
  high: 1,

  draw(group, box, board) {
    const { states } = state.trace;
    const { scale } = board;
    const row = box.height / states.length;
    const radius = Math.min(row, scale.perFrame) * 0.36;
    this.y = (s) => box.top + (s + 0.5) * row;
    this.row = row;
    const names = states.map((k, s) => {
      const name = drawn("text", { x: scale.left - 8, y: this.y(s) + 4, "text-anchor": "end" });
      name.textContent = `${SYMBOLS[k]}  ${s}`;
      return name;
    });
    this.lines = drawn("g");
    this.nodes = table(board.frames, states.length, (t, s) =>
      drawn("circle", { cx: scale.x(t), cy: this.y(s), r: radius, class: "node" }),
    );
    this.ring = drawn("g", { "pointer-events": "none" });
    const ground = { x: scale.left, y: box.top, width: scale.width, height: box.height };
    const sheet = drawn("rect", { ...ground, fill: "transparent" });
    group.append(sheet, ...names, this.lines, ...this.nodes.flat(), this.ring);
  },

  update(board) {
    const { trace, shows } = state;
    const { states, skip } = trace;
    const T = board.frames;
    const { of } = tables[shows];
    const finite = trace.logAlpha.flatMap((row, t) =>
      row.map((_, s) => of(t, s)).filter(Number.isFinite),
    );
    const [low, high] = shows === "share" ? [0, 1] : [Math.min(...finite), Math.max(...finite)];
    this.nodes.forEach((column, t) =>
      column.forEach((node, s) => {
        const value = of(t, s);
        const alive = Number.isFinite(value) && (shows !== "share" || value > 0);
        const place = high > low ? (value - low) / (high - low) : 1;
        const colour = cividis(shows === "share" ? Math.sqrt(place) : place).slice(0, 3);
        node.style.fill = alive ? `rgb(${colour.map(Math.round)})` : "none";
        node.classList.toggle("dead", !alive);
      }),
    );
    part("ramp").replaceChildren(
      ...(shows === "share" ? ["0"] : [`${shown(low, 1)} nats`]),
      made("span", "ramp"),
      ...(shows === "share" ? ["1"] : [`${shown(high, 1)}`]),
    );
    const lines = [];
    for (let t = 0; t + 1 < T; t += 1) {
      states.forEach((_, s) => {
        for (const step of [0, 1, 2]) {
          if (s + step >= states.length || (step === 2 && !skip[s + 2])) continue;
          const share = ctcMove(trace, t, s, step);
          const ends = { x1: board.scale.x(t), x2: board.scale.x(t + 1) };
          const heights = { y1: this.y(s), y2: this.y(s + step) };
          const name = share > 1e-6 ? "move" : "move never";
          const line = drawn("line", { class: name, ...ends, ...heights });
          line.style.strokeWidth = share > 1e-6 ? 0.6 + 7 * share : 0.5;
          lines.push(line);
        }
      });
    }
    this.lines.replaceChildren(...lines);
  },

  at(x, y) {
    const s = Math.floor((y - this.y(0)) / this.row + 0.5);
    return { s: clamped(s, 0, state.trace.states.length - 1) };
  },

  keys(at, up) {
    return { ...at, s: clamped((at.s ?? 0) - up, 0, state.trace.states.length - 1) };
  },

  /** Rings around the cell and the states that its equations use. */
  look(at, board) {
    if (!at) return this.ring.replaceChildren();
    const { t, s = 0 } = at;
    const { states, skip } = state.trace;
    const steps = [0, 1, 2].filter((step) => step < 2 || skip[s]);
    const after = [0, 1, 2].filter((step) => step < 2 || skip[s + 2]);
    const ring = (frame, at, name) =>
      frame >= 0 && frame < board.frames && at >= 0 && at < states.length
        ? [
            drawn("circle", {
              class: name,
              cx: board.scale.x(frame),
              cy: this.y(at),
              r: Math.min(this.row, board.scale.perFrame) * 0.45,
            }),
          ]
        : [];
    return this.ring.replaceChildren(
      ...ring(t, s, "ring"),
      ...steps.flatMap((step) => ring(t - 1, s - step, "ring from")),
      ...after.flatMap((step) => ring(t + 1, s + step, "ring onto")),
    );
  },

  says(t, { s = 0 }) {
    const { trace } = state;
    const name = SYMBOLS[trace.states[s]] === "\u2013" ? "blank" : SYMBOLS[trace.states[s]];
    return (
      `frame ${t}, state ${s}, ${name}: log alpha ${shown(trace.logAlpha[t][s])}, ` +
      `log beta ${shown(trace.logBeta[t][s])}, share ${shown(trace.share[t][s])}`
    );
  },
};

// Strips of posteriors and gradients.

const kindOf = (k) => (k ? "symbol" : "blank");
const nameOf = (k) => (k ? SYMBOLS[k] : "blank");

function stripsNow() {
  const S = 2 * state.labels.length + 1;
  lattice.title = `states: ${tables[state.shows].title}`;
  lattice.height = S * (S > 7 ? 24 : 30);
  const posteriors = ROWS.map((k, n) => ({
    name: `y${k}`,
    kind: kindOf(k),
    label: nameOf(k),
    spoken: `posterior of ${nameOf(k)}`,
    title: n ? "" : "posteriors y[t, k]: drag a bar up or down",
    height: 44,
    low: 0,
    high: 1,
    value: (t) => state.posteriors[t][k],
    set: (t, value) => {
      state.posteriors[t] = setPosterior(state.posteriors[t], k, value);
    },
    mark: (t) => state.trace.occupancy[t][k],
    says: (t) =>
      `frame ${t}: posterior of ${nameOf(k)} ${shown(state.posteriors[t][k], 2)}, ` +
      `occupancy ${shown(state.trace.occupancy[t][k], 2)}`,
  }));
  const gradients = ROWS.map((k, n) => ({
    name: `g${k}`,
    kind: kindOf(k),
    label: nameOf(k),
    spoken: `gradient in the logit of ${nameOf(k)}`,
    title: n ? "" : "gradient y \u2212 occupancy: descent goes against it",
    height: 34,
    low: -1,
    high: 1,
    value: (t) => state.trace.grad[t][k],
    says: (t) => `frame ${t}: gradient in ${nameOf(k)} ${shown(state.trace.grad[t][k])}`,
  }));
  return [...posteriors, lattice, ...gradients];
}

// The equations of a cell.

function showLattice({ t, s = 0 }) {
  const { trace } = state;
  const { states, skip, logp, logAlpha, logBeta, share, loss } = trace;
  const T = logp.length;
  const k = states[s];
  part("where").textContent = `frame ${t}, state ${s} (${nameOf(k)})`;
  const cells = (frame, steps, of) =>
    steps
      .filter((at) => at >= 0 && at < states.length)
      .map((at) => of(at))
      .join(", ");
  const before = [s, s - 1, ...(skip[s] ? [s - 2] : [])];
  const after = [s, s + 1, ...(skip[s + 2] ? [s + 2] : [])];
  const emission = `log y[${t}, ${nameOf(k)}]`;
  const alpha = t
    ? {
        title: "forward: the labels so far",
        tag: "(C4)",
        lines: [
          `log \u03b1[${t}, ${s}] = ${emission} + logadd(${cells(t - 1, before, (at) => `log \u03b1[${t - 1}, ${at}]`)})`,
          `= ${shown(logp[t][k])} + logadd(${cells(t - 1, before, (at) => shown(logAlpha[t - 1][at]))})`,
        ],
        result: `= ${shown(logAlpha[t][s])}`,
      }
    : {
        title: "forward: where a path may begin",
        tag: "(C3)",
        lines: [
          s < 2
            ? `log \u03b1[0, ${s}] = ${emission}`
            : "A path begins in state 0 or 1, so this state has no path yet.",
        ],
        result: `= ${shown(logAlpha[0][s])}`,
      };
  const onward = (at) => shown(logBeta[t + 1][at] + logp[t + 1][states[at]]);
  const beta =
    t < T - 1
      ? {
          title: "backward: the labels still to come",
          tag: "(C6)",
          lines: [
            `log \u03b2[${t}, ${s}] = logadd(${cells(t + 1, after, (at) => `log \u03b2[${t + 1}, ${at}] + log y[${t + 1}, ${nameOf(states[at])}]`)})`,
            `= logadd(${cells(t + 1, after, onward)})`,
          ],
          result: `= ${shown(logBeta[t][s])}`,
        }
      : {
          title: "backward: where a path may end",
          tag: "(C5)",
          lines: ["A path ends in one of the last two states."],
          result: `log \u03b2[${t}, ${s}] = ${shown(logBeta[t][s])}`,
        };
  const through = {
    title: "share of all paths that are here",
    tag: "(C8)",
    lines: [
      `e^(log \u03b1[${t}, ${s}] + log \u03b2[${t}, ${s}] + loss)`,
      `= e^(${shown(logAlpha[t][s])} + ${shown(logBeta[t][s])} + ${shown(loss)})`,
    ],
    result: `= ${shown(share[t][s], SHARE_DIGITS)}`,
  };
  showEquations(part("equations"), [alpha, beta, through]);
}

function showClass({ strip, t }) {
  const { trace, posteriors } = state;
  const k = Number(strip.slice(1));
  const name = nameOf(k);
  part("where").textContent = `frame ${t}, class ${name}`;
  const places = trace.states.flatMap((one, s) => (one === k ? [s] : []));
  const added = places.map((s) => shown(trace.share[t][s])).join(" + ") || "0";
  const noState = places.length ? "" : " (no state emits this class)";
  const y = posteriors[t][k];
  const pull = trace.grad[t][k];
  showEquations(part("equations"), [
    {
      title: "posterior",
      lines: [`log y[${t}, ${name}] = log ${shown(y)} = ${shown(trace.logp[t][k])}`],
    },
    {
      title: "occupancy: share of the paths that emit it here",
      tag: "(C9)",
      lines: [`occupancy[${t}, ${name}] = ${added}${noState}`],
      result: `= ${shown(trace.occupancy[t][k])}`,
    },
    {
      title: "gradient of the loss in the logit",
      tag: "(C10)",
      lines: [
        `y[${t}, ${name}] \u2212 occupancy[${t}, ${name}]`,
        `= ${shown(y)} \u2212 ${shown(trace.occupancy[t][k])}`,
      ],
      result: `= ${shown(pull)}`,
    },
    {
      title: "what a step down the gradient does",
      lines: [
        Math.abs(pull) < 0.0005
          ? "Next to nothing: the posterior is the occupancy."
          : `It ${pull < 0 ? "raises" : "lowers"} the posterior of ${name} at this frame.`,
      ],
    },
  ]);
}

// Start.

state.posteriors = start();
moved();
const board = new Board(part("board"), {
  frames: state.posteriors.length,
  strips: stripsNow(),
  spoken: part("spoken"),
  at: { strip: "lattice", t: 3, s: 2 },
  hint: { strip: "y1", t: 6, share: 0.3, text: "\u2195 drag" },
  onSet: () => changed(),
  onPoint: (at) => (at.strip === "lattice" ? showLattice(at) : showClass(at)),
});

/** After posteriors have moved. */
function changed() {
  moved();
  board.update();
}

/** After the labels, the frames, or what is shown have changed. */
function rebuilt() {
  moved();
  board.forgetHint();
  board.frames = state.posteriors.length;
  board.strips = stripsNow();
  board.at = { ...board.at, t: Math.min(board.at.t, board.frames - 1) };
  if (board.at.s >= state.trace.states.length) board.at.s = 0;
  board.layOut();
  part("labels").value = state.labels.map((k) => SYMBOLS[k]).join("");
  part("frames").value = board.frames;
  part("frames-shown").textContent = board.frames;
}

function setFrames(T) {
  const { posteriors } = state;
  state.posteriors = Array.from({ length: T }, (_, t) => posteriors[t] ?? [0.94, 0.02, 0.02, 0.02]);
}

const equal = (T) => table(T, 4, () => 0.25);

part("labels").addEventListener("input", (event) => {
  const typed = [...event.target.value.toLowerCase()];
  state.labels = typed.map((one) => SYMBOLS.indexOf(one)).filter((k) => k > 0);
  rebuilt();
  if (typed.length !== state.labels.length) {
    part("warning").textContent = "Labels are the letters a, b and c.";
  }
});
part("frames").addEventListener("input", (event) => {
  setFrames(Number(event.target.value));
  rebuilt();
});
const choices = [
  ["share", "share of paths"],
  ["alpha", "forward \u03b1"],
  ["beta", "backward \u03b2"],
];
pills(part("shows"), "shows", choices, "share", (value) => {
  state.shows = value;
  rebuilt();
});
part("step").addEventListener("click", descend);
part("steps").addEventListener("click", () => repeat(60, descend));
part("equal").addEventListener("click", () => {
  state.posteriors = equal(state.posteriors.length);
  changed();
});
part("reset").addEventListener("click", () => {
  Object.assign(state, { labels: [1, 2], posteriors: start() });
  rebuilt();
});
listenToExperiments([
  () => {
    state.labels = [1, 2];
    state.posteriors = spiky(10, [[2, 1], [7, 2]], 0.88, 0.3, 0.002); // prettier-ignore
    board.at = { strip: "y1", t: 2 };
    rebuilt();
  },
  () => {
    state.labels = [1, 1];
    state.posteriors = equal(3);
    rebuilt();
  },
  () => {
    state.labels = [1, 2];
    state.posteriors = equal(10);
    rebuilt();
    repeat(60, descend);
  },
]);
globalThis.refkd = { ctcTrace, ctcViterbi, ctcMove, state }; // for the console, and for tests

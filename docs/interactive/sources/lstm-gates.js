// The page of one LSTM unit over time: its gates can be dragged, and its gradient flows back.
// The unit has four inputs, one for each gate, so that every gate can be moved by itself.

const GATES = ["i", "f", "g", "o"];
const WIDE = 0.999; // gates stay inside this, so that each has a finite preactivation
const WRITTEN = { i: 0.05, f: 0.95, g: 0.02, o: 0.8 }; // of a frame in which nothing happens

const state = { gates: [], weight: 0, loss: "last", shownTo: Infinity, shownFrom: -1 };

const params = () => ({
  wInput: table(4, 4, (j, k) => Number(j === k)),
  wHidden: [[0, 0, state.weight, 0]],
  bias: [0, 0, 0, 0],
});

/** The preactivation of a gate: the inverse of sigma, or of tanh for the candidate. */
const opened = (gate, value) =>
  gate === "g" ? Math.atanh(value) : Math.log(value) - Math.log1p(-value);

/** Inputs with which the gates are as they were dragged, whatever h brings; and both walks. */
function moved() {
  const T = state.gates.length;
  let [h, c] = [[0], [0]];
  const inputs = state.gates.map((gates) => {
    const x = GATES.map((gate, k) => opened(gate, gates[k]) - (k === 2 ? state.weight * h[0] : 0));
    const step = lstmStep(GATES.map((gate, k) => opened(gate, gates[k])), c); // prettier-ignore
    [h, c] = [step.hidden, step.cell];
    return x;
  });
  const r = Array.from({ length: T }, (_, t) => [
    Number(state.loss === "all" || t === T - 1),
  ]);
  const trace = lstmTrace(params(), inputs, [0], [0]);
  const grads = lstmGrad(params(), trace, r);
  Object.assign(state, { inputs, r, trace, grads });
  const { cell, hidden, gates } = trace;
  part("loss").textContent = shown(sum(hidden.map(([one], t) => one * r[t][0])));
  const [first, last] = [grads.dCell[0][0], grads.dCell[T - 1][0]];
  part("arrives").textContent = compact(first / last);
  const product = gates.slice(1).reduce((all, one) => all * one[1], 1);
  part("product").textContent = compact(product);
  state.most = Math.max(1e-9, ...grads.dCell.map(([one]) => Math.abs(one)));
  const pull = Math.max(...grads.dGates.flat().map(Math.abs));
  state.span = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 100].find((one) => one >= pull) ?? 1000;
  state.largest = Math.max(1, ...cell.map(([one]) => Math.abs(one)));
}

/** Gates in which frame 1 writes and the others keep. */
function start(T = 12) {
  const { i, f, g, o } = WRITTEN;
  const gates = table(T, 4, (t, k) => [i, 0.9, g, o][k]);
  gates[1] = [0.95, f, 0.9, o];
  return gates;
}

// The pipe of the cell, and that of its gradient.

/** A row of circles with pipes between them; `width(t)` is that of the pipe from t - 1 to t. */
function pipeline(name, title, label, { value, width, most, back, says }) {
  return {
    ...{ name, title, label, height: 46, low: 0, high: 1, spoken: title, says },
    draw(group, box, board) {
      const { scale } = board;
      const y = (box.top + box.bottom) / 2;
      const radius = Math.min(scale.perFrame * 0.36, 15);
      this.pipes = Array.from({ length: board.frames - 1 }, (_, n) =>
        drawn("line", {
          class: back ? "pipe back" : "pipe",
          ...{ x1: scale.x(n), x2: scale.x(n + 1), y1: y, y2: y },
        }),
      );
      this.nodes = Array.from({ length: board.frames }, (_, t) =>
        drawn("circle", { class: "node", cx: scale.x(t), cy: y, r: radius }),
      );
      const middle = scale.left + scale.width / 2;
      const arrow = back
        ? `M${middle + 9} ${box.top - 1}l-14 5 14 5z`
        : `M${middle - 9} ${box.top - 1}l14 5 -14 5z`;
      this.ring = drawn("circle", { class: "ring", cy: y, r: radius + 4 });
      const ground = { x: scale.left, y: box.top, width: scale.width, height: box.height };
      group.append(
        drawn("rect", { ...ground, fill: "transparent" }),
        drawn("path", { class: "arrow", d: arrow }),
        ...this.pipes,
        ...this.nodes,
        this.ring,
      );
    },
    update() {
      const late = (t) => (back ? t <= state.shownFrom : t > state.shownTo);
      this.nodes.forEach((node, t) => {
        const share = clamped(value(t) / most(), -1, 1);
        const colour = share < 0 ? "var(--student)" : back ? "var(--early)" : "var(--teacher)";
        const amount = `${(100 * Math.sqrt(Math.abs(share))).toFixed(1)}%`;
        node.style.fill = `color-mix(in srgb, ${colour} ${amount}, var(--ground))`;
        node.classList.toggle("future", late(t));
      });
      this.pipes.forEach((pipe, n) => {
        pipe.style.strokeWidth = 0.6 + 17 * clamped(width(n + 1), 0, 1);
        pipe.classList.toggle("future", late(back ? n : n + 1));
      });
    },
    look(at, board) {
      this.ring.style.display = at ? "" : "none";
      if (at) this.ring.setAttribute("cx", board.scale.x(at.t));
    },
  };
}

const NAMED = {
  i: "input gate i: how much is written",
  f: "forget gate f: how much is kept",
  g: "candidate g: what is written",
  o: "output gate o: how much of the cell is output",
};

function stripsNow() {
  const { trace, grads } = state;
  const gates = ["g", "i", "f", "o"].map((gate, n) => ({
    name: gate,
    kind: "symbol",
    label: gate,
    title: `${NAMED[gate]}${n ? "" : ": drag the bars"}`,
    spoken: NAMED[gate],
    height: gate === "g" ? 48 : 40,
    low: gate === "g" ? -1 : 0,
    high: 1,
    value: (t) => state.gates[t][GATES.indexOf(gate)],
    set: (t, value) => {
      const least = gate === "g" ? -WIDE : 1 - WIDE;
      state.gates[t][GATES.indexOf(gate)] = clamped(value, least, WIDE);
    },
    says: (t) => `frame ${t}: ${gate} ${shown(state.gates[t][GATES.indexOf(gate)], 2)}`,
  }));
  const cell = pipeline("c", "cell c: forward in time, through the forget gates", "c", {
    value: (t) => state.trace.cell[t][0],
    width: (t) => state.trace.gates[t][1],
    most: () => state.largest,
    says: (t) => `frame ${t}: cell ${shown(state.trace.cell[t][0])}`,
  });
  const hidden = {
    ...{ name: "h", kind: "output", label: "h", height: 40, low: -1, high: 1 },
    title: "hidden state h = o tanh(c): the output",
    spoken: "hidden state h",
    value: (t) => state.trace.hidden[t][0],
    says: (t) => `frame ${t}: hidden state ${shown(state.trace.hidden[t][0])}`,
  };
  const gradient = pipeline("dc", "gradient dc: back in time, through the same gates", "dc", {
    value: (t) => state.grads.dCell[t][0],
    width: (t) => state.trace.gates[t][1],
    most: () => state.most,
    back: true,
    says: (t) => `frame ${t}: gradient in the cell ${shown(state.grads.dCell[t][0], 4)}`,
  });
  const small = GATES.map((gate, k) => ({
    ...{ name: `d${gate}`, kind: "back", label: `da ${gate}`, height: 26 },
    spoken: `gradient in the preactivation of ${gate}`,
    title: k ? "" : "gradient da of the preactivations",
    units: k ? undefined : () => `(\u2212${state.span} to ${state.span})`,
    get low() {
      return -state.span;
    },
    get high() {
      return state.span;
    },
    value: (t) => state.grads.dGates[t][k],
    says: (t) => `frame ${t}: gradient in ${gate} ${shown(state.grads.dGates[t][k], 4)}`,
  }));
  return trace && grads ? [...gates, cell, hidden, gradient, ...small] : [];
}

// Equations.

function showForward(t) {
  const { gates, cell, hidden } = state.trace;
  const [i, f, g, o] = gates[t];
  const before = t ? cell[t - 1][0] : 0;
  return [
    {
      title: "cell: keep some, write some",
      tag: "(L6)",
      lines: [
        `c[${t}] = f ${t ? `c[${t - 1}]` : "c0"} + i g`,
        `= ${shown(f)} \u00d7 ${shown(before)} + ${shown(i)} \u00d7 ${shown(g)}`,
      ],
      result: `= ${shown(cell[t][0])}`,
    },
    {
      title: "hidden state",
      tag: "(L7)",
      lines: [`h[${t}] = o tanh(c[${t}])`, `= ${shown(o)} \u00d7 tanh(${shown(cell[t][0])})`],
      result: `= ${shown(hidden[t][0])}`,
    },
  ];
}

function showBackward(t) {
  const { trace, grads, r } = state;
  const T = trace.cell.length;
  const o = trace.gates[t][3];
  const tanhC = Math.tanh(trace.cell[t][0]);
  const [dh, dc] = [grads.dHidden[t][0], grads.dCell[t][0]];
  const later = t < T - 1;
  const fromH = later ? state.weight * grads.dGates[t + 1][2] : 0;
  const fromC = later ? grads.dCell[t + 1][0] * trace.gates[t + 1][1] : 0;
  return [
    {
      title: "gradient in h: from the loss, and from the next frame",
      tag: "(L8) (L15)",
      lines: [
        later ? `dh[${t}] = r[${t}] + W_h da_g[${t + 1}]` : `dh[${t}] = r[${t}]`,
        ...(later ? [`= ${shown(r[t][0])} + ${shown(fromH, 4)}`] : []),
      ],
      result: `= ${shown(dh, 4)}`,
    },
    {
      title: "gradient in c: up through h, and on through f",
      tag: "(L9) (L14)",
      lines: [
        `dc[${t}] = dh o (1 \u2212 tanh\u00b2 c)${later ? ` + f[${t + 1}] dc[${t + 1}]` : ""}`,
        `= ${shown(dh * (o - o * tanhC ** 2), 4)} + ${later ? `${shown(trace.gates[t + 1][1])} \u00d7 ${shown(grads.dCell[t + 1][0], 4)}` : "0"}`,
        ...(later ? [`= ${shown(dh * (o - o * tanhC ** 2), 4)} + ${shown(fromC, 4)}`] : []),
      ],
      result: `= ${shown(dc, 4)}`,
    },
  ];
}

function showGate(t, gate) {
  const { trace, grads } = state;
  const k = GATES.indexOf(gate);
  const value = trace.gates[t][k];
  const [i, , g] = trace.gates[t];
  const before = t ? trace.cell[t - 1][0] : 0;
  const dc = grads.dCell[t][0];
  const dh = grads.dHidden[t][0];
  const factor = {
    i: ["dc g", `${shown(dc, 4)} \u00d7 ${shown(g)}`, "(L10)"],
    f: [t ? `dc c[${t - 1}]` : "dc c0", `${shown(dc, 4)} \u00d7 ${shown(before)}`, "(L11)"],
    g: ["dc i", `${shown(dc, 4)} \u00d7 ${shown(i)}`, "(L12)"],
    o: ["dh tanh(c)", `${shown(dh, 4)} \u00d7 ${shown(Math.tanh(trace.cell[t][0]))}`, "(L13)"],
  }[gate];
  const slope = gate === "g" ? 1 - value * value : value - value * value;
  return [
    {
      title: `gate ${gate} at frame ${t}`,
      tag: { i: "(L2)", f: "(L3)", g: "(L4)", o: "(L5)" }[gate],
      lines: [`${gate} = ${gate === "g" ? "tanh" : "\u03c3"}(${shown(opened(gate, value))})`],
      result: `= ${shown(value)}`,
    },
    {
      title: "gradient in its preactivation: pull times slope",
      tag: factor[2],
      lines: [
        `da_${gate} = ${factor[0]} \u00d7 slope`,
        `slope = ${gate === "g" ? "1 \u2212 g\u00b2" : `${gate} \u2212 ${gate}\u00b2`} = ${shown(slope, 4)}`,
        `= ${factor[1]} \u00d7 ${shown(slope, 4)}`,
      ],
      result: `= ${shown(grads.dGates[t][k], 4)}`,
    },
  ];
}

function showCell({ strip, t }) {
  const gate = GATES.find((one) => one === strip || `d${one}` === strip);
  part("where").textContent = `frame ${t}`;
  const blocks = gate
    ? [...showGate(t, gate), ...(strip === gate ? showForward(t) : showBackward(t))]
    : [...showForward(t), ...showBackward(t)];
  showEquations(part("equations"), blocks);
}

// Start.

state.gates = start();
moved();
const board = new Board(part("board"), {
  frames: state.gates.length,
  strips: stripsNow(),
  at: { strip: "c", t: 1 },
  hint: { strip: "f", t: 6, share: 0.45, text: "\u2195 drag" },
  spoken: part("spoken"),
  onSet: () => changed(),
  onPoint: showCell,
});

function changed() {
  moved();
  board.update();
}

function rebuilt() {
  moved();
  board.forgetHint();
  board.frames = state.gates.length;
  board.strips = stripsNow();
  board.at.t = Math.min(board.at.t, board.frames - 1);
  board.layOut();
  const mean = sum(state.gates.map((one) => one[1])) / state.gates.length;
  for (const [name, value, digits] of [
    ["frames", state.gates.length, 0],
    ["forget", mean, 2],
    ["weight", state.weight, 1],
  ]) {
    part(name).value = value;
    part(`${name}-shown`).textContent = shown(value, digits);
  }
}

part("frames").addEventListener("input", (event) => {
  const fresh = start(Number(event.target.value));
  state.gates = fresh.map((one, t) => state.gates[t] ?? one);
  rebuilt();
});
part("forget").addEventListener("input", (event) => {
  for (const gates of state.gates) gates[1] = Number(event.target.value);
  part("forget-shown").textContent = shown(Number(event.target.value), 2);
  changed();
});
part("weight").addEventListener("input", (event) => {
  state.weight = Number(event.target.value);
  part("weight-shown").textContent = shown(state.weight, 1);
  changed();
});
const losses = [
  ["last", "h of the last frame"],
  ["all", "the sum of all h"],
];
pills(part("losses"), "loss", losses, "last", (value) => {
  state.loss = value;
  changed();
});

/** Show the walk forward frame by frame, then that of the gradient. */
function play() {
  const T = state.gates.length;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const show = (n) => {
    const over = n > 2 * T;
    state.shownTo = over ? Infinity : n;
    state.shownFrom = over ? -1 : clamped(2 * T - 1 - n, -1, T - 1);
    board.update();
    board.point({ strip: n < T ? "c" : "dc", t: n < T ? n : Math.max(2 * T - 1 - n, 0) });
    if (!over && play.turn === turn) setTimeout(() => show(n + 1), 160);
  };
  const turn = (play.turn = (play.turn ?? 0) + 1);
  show(still ? 2 * T + 1 : 0);
}
part("play").addEventListener("click", play);
part("reset").addEventListener("click", () => {
  Object.assign(state, { gates: start(), weight: 0, loss: "last" });
  choosePill("loss", "last");
  rebuilt();
});

function prepare(forget, weight, gates) {
  gates.forEach((one) => (one[1] = forget));
  Object.assign(state, { gates, weight, loss: "last" });
  choosePill("loss", "last");
  board.at = { strip: "f", t: 6 };
  rebuilt();
}
listenToExperiments([
  () => prepare(0.98, 0, start(12)),
  () => prepare(0.99, 0, start(12).map((one) => [0.05, one[1], 0.02, 0.8])), // prettier-ignore
  () => prepare(0.01, 3, start(12).map((one) => [0.7, one[1], 0.1, 0.9])), // prettier-ignore
]);
globalThis.refkd = { lstmTrace, lstmGrad, state }; // for the console, and for tests

// The page of the selection rules: a student whose spikes can be moved, and what each rule makes
// of it. Teacher and students are those of the first figure of the course.

const T = 60;
const K = 5; // the blank is class 0
const SPIKES = [8, 20, 32, 44].map((frame, n) => ({ frame, label: n + 1 })); // of the teacher
const [SPIKE, SILENCE] = [0.95, 0.97];
const WEIGHTS = { rate: 0.3, steps: 600, each: 10 }; // of the training, and steps of a refresh
const INFINITE = 1.5; // of the slider of log10 tau

const BLANK_FRAME = Array.from({ length: K }, (_, k) => (k ? (1 - SILENCE) / (K - 1) : SILENCE));
const spikeFrame = (label) =>
  Array.from({ length: K }, (_, k) => (k === label ? SPIKE : (1 - SPIKE) / (K - 1)));

/** Logits of a student with these spikes; the height of a spike is a share of the teacher's. */
function logitsOf(spikes) {
  const mixed = Array.from({ length: T }, () => ({ height: 0, label: 1 }));
  for (const { frame, label, height } of spikes) {
    if (height > mixed[frame].height) mixed[frame] = { height, label };
  }
  return mixed.map(({ height, label }) => {
    const spike = spikeFrame(label);
    return BLANK_FRAME.map((blank, k) => Math.log((1 - height) * blank + height * spike[k]));
  });
}

const late = (frames) =>
  SPIKES.map(({ frame, label }) => ({ frame: frame + frames, label, height: 1 }));
const PRESETS = {
  identical: () => late(0),
  "3 late": () => late(3),
  "10 late": () => late(10),
  "wrong symbols": () => late(3).map((one, n) => ({ ...one, label: SPIKES[(n + 1) % 4].label })),
  silent: () => late(0).map((one) => ({ ...one, height: 0 })),
};
const teacher = logitsOf(late(0));
const silent = logitsOf([]);

const state = {
  ...{ rule: "FrameWise", window: [6, 0], d: 3, k: 3, tau: 10 ** -0.5, max_step: 1 },
  ...{ weights: [0, 0.5, 0.5], divergence: "kl", blank_frames: "keep", ctc: 1, weight: 1 },
  spikes: late(3),
  logits: null, // those of a trained student
};

const ruleNamed = (name) => ({ ...state, name });

/** The trace of a rule, or why it cannot be followed. */
function traced(logits, name) {
  const { divergence, blank_frames } = state;
  if (name === "OrderedPath" && blank_frames === "no_blank_candidates") {
    return { refused: "OrderedPath skips no teacher frame, so none can be hidden from it." };
  }
  try {
    return distillTrace(logits, teacher, ruleNamed(name), { divergence, blank_frames });
  } catch (error) {
    return { refused: error.message };
  }
}

const NOTHING = { frameLoss: Array(T).fill(0), pairs: [], grad: table(T, K, () => 0), band: [] };

function moved() {
  state.student = state.logits ?? logitsOf(state.spikes);
  state.prob = posteriorsOf(state.student).prob;
  const found = traced(state.student, state.rule);
  part("warning").textContent = found.refused ?? "";
  state.trace = found.refused ? { ...NOTHING, left: 0, right: 0, loss: NaN } : found;
  state.losses = RULE_NAMES.map((name) => ({
    name,
    own: (traced(state.student, name).loss ?? NaN) / T,
    silent: (traced(silent, name).loss ?? NaN) / T,
  }));
  showLosses();
}

// The table of all rules.

function showLosses() {
  const finite = state.losses.flatMap(({ own, silent: other }) => [own, other]);
  const most = Math.max(0.6, ...finite.filter(Number.isFinite));
  const number = (value) => (Number.isFinite(value) ? shown(value) : "\u2013");
  part("losses").replaceChildren(
    ...state.losses.map(({ name, own, silent: other }) => {
      const bars = [made("i"), made("i")];
      bars[0].style.width = `${(90 * (own || 0)) / most}%`;
      bars[1].style.left = `calc(0.3rem + ${(90 * (other || 0)) / most}%)`;
      const row = made("tr", name === state.rule ? "now" : "", "", [
        made("th", "", name),
        made("td", "", number(own)),
        made("td", "drawn", "", bars),
        made("td", "", number(other)),
      ]);
      row.firstChild.scope = "row";
      return row;
    }),
  );
  const { own, silent: other } = state.losses.find((one) => one.name === state.rule);
  const quiet = state.prob.every((frame) => frame.indexOf(Math.max(...frame)) === 0);
  const pulled = Math.max(...state.trace.grad.flat().map(Math.abs));
  part("verdict").textContent = verdict(own, other, quiet, pulled);
}

function verdict(own, other, quiet, pulled) {
  if (!Number.isFinite(own)) return "";
  if (quiet && pulled < 0.01) {
    return "This student is silent, and no gradient changes that: this is the silent optimum.";
  }
  if (quiet) {
    return `This student is silent. Its largest gradient is ${shown(pulled, 2)}.`;
  }
  if (own > other + 5e-4) {
    const times = other > 5e-4 ? `${shown(own / other, 1)} times` : "more than";
    return `The loss of this student is ${times} that of a silent one.`;
  }
  if (Math.abs(own - other) <= 5e-4) return "A silent student has the same loss.";
  return "A silent student has a larger loss.";
}

// Strips.

function stage(group, box, board, name = "stage") {
  const { left, width } = board.scale;
  group.append(
    drawn("rect", { class: name, x: left, y: box.top, width, height: box.height, rx: 2 }),
  );
}

const NAMES_ABOVE = 18; // pixels above the posteriors

/** Bars of the most probable label of each frame, with the names of spikes above them. */
function posts(board, box, prob, whose) {
  const { scale } = board;
  const full = box.height - NAMES_ABOVE;
  const width = Math.max(scale.perFrame - 1.5, 1.5);
  return prob.flatMap((frame, t) => {
    const best = Math.max(...frame.slice(1));
    const height = Math.max(best * full, 0.75);
    const spikes = best > frame[0];
    const bar = drawn("rect", {
      class: `post ${spikes ? whose : "silent"}`,
      ...{ x: scale.x(t) - width / 2, y: box.bottom - height, width, height },
    });
    if (!spikes || whose === "student") return [bar];
    const text = drawn("text", { class: `named ${whose}`, x: scale.x(t), y: box.top + 13 });
    text.textContent = frame.indexOf(best);
    return [bar, text];
  });
}

const teacherStrip = {
  ...{ name: "teacher", title: "teacher: probability of its best label", label: "teacher" },
  height: 74,
  draw(group, box, board) {
    stage(group, box, board);
    this.seen = drawn("rect", { class: "seen", y: box.top, height: box.height });
    group.append(this.seen, ...posts(board, box, posteriorsOf(teacher).prob, "teacher"));
  },
  update() {},
};

const linkStrip = {
  ...{ name: "links", title: "", label: "pairs", height: 58 },
  draw(group, box, board) {
    const { left, width } = board.scale;
    const ground = { x: left, y: box.top, width, height: box.height, fill: "transparent" };
    this.lines = drawn("g");
    group.append(drawn("rect", ground), this.lines);
    this.box = box;
  },
  update(board) {
    const { scale } = board;
    const { pairs, isBlank } = state.trace;
    this.lines.replaceChildren(
      ...pairs
        .filter(({ weight }) => weight > 0.01)
        .map(({ t, u, weight }) => {
          const ends = { x1: scale.x(u), y1: this.box.top, x2: scale.x(t), y2: this.box.bottom };
          const now = t === board.at.t;
          const kind = now ? "now" : isBlank[u] ? "" : "spike";
          const line = drawn("line", { class: `pair ${kind}`, ...ends });
          line.style.strokeWidth = (now || !isBlank[u] ? 2.5 : 1) * Math.sqrt(weight);
          line.style.opacity = now || !isBlank[u] ? 1 : 0.55;
          return line;
        }),
    );
  },
};

const studentStrip = {
  ...{ name: "student", title: "student: drag a spike sideways or down" },
  ...{ label: "student", height: 108 },

  draw(group, box, board) {
    stage(group, box, board, "stage grabbed");
    this.bars = drawn("g");
    this.handles = state.spikes.map((_, n) => this.handle(n, board));
    group.append(this.bars, ...this.handles);
  },

  y(height, box) {
    return box.bottom - 14 - height * (box.height - 30);
  },

  handle(n, board) {
    const handle = drawn(
      "g",
      { class: "handle", tabindex: 0, role: "slider", "data-handle": n },
      [drawn("circle", { r: 10 }), drawn("text", { y: 4 })],
    );
    handle.addEventListener("keydown", (event) => {
      const spike = state.spikes[n];
      const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const along = { ArrowUp: 0.1, ArrowDown: -0.1 }[event.key];
      if (event.key >= "1" && event.key < `${K}`) spike.label = Number(event.key);
      else if (across) spike.frame = clamped(spike.frame + across, 0, T - 1);
      else if (along) spike.height = clamped(spike.height + along, 0, 1);
      else return;
      this.edited(n, board);
      event.preventDefault();
      event.stopPropagation();
    });
    return handle;
  },

  edited(n, board) {
    if (state.logits) Object.assign(state, { logits: null });
    for (const input of document.querySelectorAll("[name=preset]")) input.checked = false;
    board.forgetHint();
    board.at = { strip: "student", t: state.spikes[n].frame };
    board.onSet();
  },

  /** Drag the handle that is nearest to where a pointer goes down. */
  grab(x, y, box, board) {
    if (state.logits) return null;
    const { scale } = board;
    const distance = ({ frame, height }) =>
      Math.hypot(scale.x(frame) - x, 0.4 * (this.y(height, box) - y));
    const n = state.spikes.reduce(
      (best, one, place) => (distance(one) < distance(state.spikes[best]) ? place : best),
      0,
    );
    if (distance(state.spikes[n]) > 34) return null;
    this.handles[n].focus({ preventScroll: true });
    const grip = { x: scale.x(state.spikes[n].frame) - x, y: this.y(state.spikes[n].height, box) - y };
    return (toX, toY) => {
      const spike = state.spikes[n];
      spike.frame = clamped(Math.round(scale.frame(toX + grip.x)), 0, T - 1);
      const height = (box.bottom - 14 - toY - grip.y) / (box.height - 30);
      spike.height = clamped(height > 0.93 ? 1 : height < 0.05 ? 0 : height, 0, 1);
      this.edited(n, board);
    };
  },

  update(board) {
    const box = board.boxes.get(this.name);
    const shownBox = { ...box, bottom: box.bottom - 14, height: box.height - 30 + NAMES_ABOVE };
    this.bars.replaceChildren(...posts(board, shownBox, state.prob, "student"));
    if (state.logits) this.nameSpikes(board, box);
    this.handles.forEach((handle, n) => {
      const { frame, label, height } = state.spikes[n];
      handle.style.display = state.logits ? "none" : "";
      const place = `translate(${board.scale.x(frame)} ${this.y(height, box)})`;
      handle.setAttribute("transform", place);
      handle.lastChild.textContent = label;
      handle.setAttribute("aria-label", `spike of symbol ${label}`);
      handle.setAttribute("aria-valuenow", frame);
      handle.setAttribute("aria-valuemin", 0);
      handle.setAttribute("aria-valuemax", T - 1);
      const behind = frame - SPIKES[n].frame;
      const text = `frame ${frame}, ${signed(behind)} to the teacher's, height ${shown(height, 1)}`;
      handle.setAttribute("aria-valuetext", text);
    });
  },

  /** The names of the spikes of a trained student. */
  nameSpikes(board, box) {
    let before = 0;
    state.prob.forEach((frame, t) => {
      const label = frame.indexOf(Math.max(...frame));
      if (label && label !== before) {
        const text = drawn("text", {
          class: "named student",
          ...{ x: board.scale.x(t), y: box.top + 12 },
        });
        text.textContent = label;
        this.bars.append(text);
      }
      before = label;
    });
  },
};

const bandStrip = {
  ...{ name: "band", title: "divergence by distance of the teacher frame", label: "" },

  draw(group, box, board) {
    const { scale } = board;
    const { left, right, band } = state.trace;
    const rows = left + right + 1;
    const row = box.height / rows;
    stage(group, box, board);
    this.cells = table(band.length, rows, (t, w) =>
      drawn("rect", {
        ...{ x: scale.x(t - 0.5), y: box.top + (rows - 1 - w) * row },
        ...{ width: scale.perFrame + 0.3, height: row + 0.3 },
      }),
    );
    this.dots = drawn("g");
    this.place = (t, w) => [scale.x(t), box.top + (rows - 0.5 - w) * row];
    this.radius = clamped(Math.min(row, scale.perFrame) * 0.32, 1.4, 4.5);
    const names = [...new Set([0, rows - 1])].map((w) => {
      const text = drawn("text", {
        ...{ x: scale.left - 8, y: this.place(0, w)[1] + 4, "text-anchor": "end" },
      });
      text.textContent = signed(w - left);
      return text;
    });
    this.column = drawn("rect", {
      ...{ class: "here", y: box.top, height: box.height, width: scale.perFrame },
    });
    group.append(...names, ...this.cells.flat(), this.dots, this.column);
  },

  update(board) {
    const { band, pairs, left } = state.trace;
    const finite = band.flat().filter(Number.isFinite);
    const highest = Math.max(1e-9, ...finite);
    part("highest").textContent = finite.length ? shown(highest, 1) : "";
    this.cells.forEach((column, t) =>
      column.forEach((cell, w) => {
        const D = band[t][w];
        const colour = cividis(Math.sqrt(D / highest)).slice(0, 3).map(Math.round); // prettier-ignore
        cell.style.fill = Number.isFinite(D) ? `rgb(${colour})` : "none";
      }),
    );
    this.dots.replaceChildren(
      ...pairs.map(({ t, u, weight }) => {
        const [cx, cy] = this.place(t, u - t + left);
        return drawn("circle", { class: "dot", cx, cy, r: this.radius * Math.sqrt(weight) });
      }),
    );
    const from = board.at.t - left - 0.5;
    const edge = (frame) => board.scale.x(clamped(frame, -0.5, T - 0.5));
    const until = board.at.t + state.trace.right + 0.5;
    teacherStrip.seen.setAttribute("x", edge(from));
    teacherStrip.seen.setAttribute("width", Math.max(edge(until) - edge(from), 0));
    this.column.setAttribute("x", board.scale.x(board.at.t - 0.5));
  },
};

const lossStrip = {
  ...{ name: "loss", kind: "symbol", label: "loss", height: 40, low: 0 },
  title: "loss of each student frame (nats,",
  units: () => `strip up to ${shown(lossStrip.high, 1)})`,
  spoken: "loss of each student frame",
  get high() {
    return [0.5, 1, 2, 5, 10, 20].find((one) => one >= Math.max(...state.trace.frameLoss)) ?? 100;
  },
  value: (t) => state.trace.frameLoss[t],
};

/** What a step down the gradient does in each frame: labels in orange, the blank in grey. */
const pullStrip = {
  ...{ name: "pull", label: "pull", height: 58 },
  title: "pull, minus the gradient: up raises a class",
  draw(group, box, board) {
    stage(group, box, board);
    this.bars = drawn("g");
    const y = (box.top + box.bottom) / 2;
    const { left, width } = board.scale;
    const ends = { x1: left, x2: left + width, y1: y, y2: y };
    group.append(drawn("line", { class: "zero", ...ends }), this.bars);
  },
  update(board) {
    const box = board.boxes.get(this.name);
    const middle = (box.top + box.bottom) / 2;
    const unit = box.height / 2;
    const width = Math.max(board.scale.perFrame - 1.5, 1.5);
    this.bars.replaceChildren(
      ...state.trace.grad.flatMap((row, t) => {
        let [up, down] = [0, 0];
        return row.flatMap((gradient, k) => {
          const height = Math.min(Math.abs(gradient), 1) * unit;
          if (height < 0.3) return [];
          const y = gradient < 0 ? middle - up - height : middle + down;
          if (gradient < 0) up += height;
          else down += height;
          const x = board.scale.x(t) - width / 2;
          const kind = k ? "student" : "silent";
          return [drawn("rect", { class: `post ${kind}`, x, y, width, height })];
        });
      }),
    );
  },
};

function stripsNow() {
  const rows = state.trace.left + state.trace.right + 1;
  bandStrip.height = clamped(rows * 11, 14, 132);
  return [teacherStrip, linkStrip, studentStrip, bandStrip, lossStrip, pullStrip];
}

// One student frame in numbers.

const nameOf = (k) => (k ? `symbol ${k}` : "blank");

function showNumbers({ t }) {
  const { trace, prob, rule } = state;
  linkStrip.update(board);
  bandStrip.update(board);
  part("where").textContent = `student frame ${t}`;
  const mine = trace.pairs.filter((pair) => pair.t === t);
  const row = trace.band[t] ?? [];
  const seen = row.flatMap((D, w) =>
    Number.isFinite(D) ? [`D(${t}, ${t + w - trace.left}) = ${shown(D)}`] : [],
  );
  const most = 7; // divergences that are written out
  const list = seen.length > most ? [...seen.slice(0, most), "\u2026"] : seen;
  const chosen = mine
    .filter(({ weight }) => weight >= 0.0005)
    .map(({ u, weight }) => (weight === 1 ? `frame ${u}` : `frame ${u} (${shown(weight)})`));
  const best = prob[t].indexOf(Math.max(...prob[t]));
  showEquations(part("equations"), [
    {
      title: "the student predicts",
      lines: [`${nameOf(best)}, with ${shown(prob[t][best])}`],
    },
    {
      title: "teacher frames in the window",
      tag: "(D2)",
      lines: [list.join(", ") || "none"],
    },
    {
      title: HOW[rule],
      tag: TAGS[rule],
      lines: [`${rule} selects ${chosen.join(", ") || "no teacher frame"}`],
      result: `loss of this frame = ${shown(trace.frameLoss[t])} nats`,
    },
  ]);
  const other = posteriorsOf(teacher).prob;
  const total = sum(mine.map(({ weight }) => weight));
  const target = (k) => sum(mine.map(({ u, weight }) => (weight / total) * other[u][k]));
  part("classes").replaceChildren(
    ...prob[t].map((q, k) => {
      const line = made("tr", "", "", [
        made("th", "", nameOf(k)),
        made("td", "", mine.length ? shown(target(k)) : "\u2013"),
        made("td", "", shown(q)),
        made("td", "pull", shown(trace.grad[t][k])),
      ]);
      line.firstChild.scope = "row";
      return line;
    }),
  );
}

const TAGS = {
  ...{ FrameWise: "(S2)", Shift: "(S2)", Blend: "(S1) (D9)", Hard: "(S2)", TopK: "(S3) (S10)" },
  ...{ Soft: "(S1) (S10) (S11)", Monotone: "(S4) (S5) (S6)", OrderedPath: "(S7) (S8)" },
  PerTeacher: "(S9)",
};

const HOW = {
  FrameWise: "u = t",
  Shift: "u = t \u2212 \u03b4",
  Blend: "target = sum of given weights times earlier frames",
  Hard: "u(t) = argmin D(t, u)",
  TopK: "the k least D, weight e^(\u2212D / \u03c4) / sum",
  Soft: "weight e^(\u2212D / \u03c4) / sum",
  Monotone: "least sum of D, u never steps back",
  OrderedPath: "least sum of D, no frame skipped",
  PerTeacher: "for each u: t(u) = argmin D(t, u)",
};

// Start.

const FIELDS = {
  ...{ FrameWise: [], Shift: ["d"], Blend: ["weights"], Hard: ["window"] },
  ...{ TopK: ["window", "k", "tau"], Soft: ["window", "tau"], Monotone: ["window", "max_step"] },
  ...{ OrderedPath: ["window"], PerTeacher: ["window"] },
};

let board = null;
moved();
board = new Board(part("board"), {
  frames: T,
  strips: stripsNow(),
  at: { strip: "student", t: 23 },
  hint: { strip: "student", t: 17, share: 0.6, text: "\u2190 drag \u2192" },
  spoken: part("spoken"),
  onSet: () => changed(),
  onPoint: (at) => board && showNumbers(at),
});

function changed() {
  moved();
  board.update();
}

/** After a setting has changed: windows differ in height. */
function rebuilt() {
  for (const label of document.querySelectorAll("[data-for]")) {
    label.hidden = !FIELDS[state.rule].includes(label.dataset.for);
  }
  const { window: seen, d, k, tau, max_step, weights, ctc, weight } = state;
  const infinite = tau === Infinity;
  for (const [name, value, text] of [
    ...[["left", seen[0], seen[0]], ["right", seen[1], seen[1]], ["d", d, d], ["k", k, k]], // prettier-ignore
    ["tau", infinite ? INFINITE : Math.log10(tau), infinite ? "\u221e" : shown(tau, 2)],
    ["ctc", ctc, shown(ctc, 1)],
    ["weight", weight, shown(weight, 1)],
  ]) {
    part(name).value = value;
    part(`${name}-shown`).textContent = text;
  }
  part("max_step").value = max_step ?? "";
  part("weights").value = JSON.stringify(weights);
  part("divergence").value = state.divergence;
  part("blank_frames").value = state.blank_frames;
  choosePill("rule", state.rule);
  moved();
  board.strips = stripsNow();
  board.layOut();
}

function listenTo(name, store) {
  part(name).addEventListener("input", (event) => {
    store(event.target.value);
    rebuilt();
  });
}

function setPreset(name) {
  Object.assign(state, { spikes: PRESETS[name](), logits: null });
  choosePill("preset", name);
}

pills(
  part("rules"),
  "rule",
  RULE_NAMES.map((name) => [name, name]),
  state.rule,
  (value) => {
    state.rule = value;
    rebuilt();
  },
);
pills(
  part("presets"),
  "preset",
  Object.keys(PRESETS).map((name) => [name, name]),
  "3 late",
  (value) => {
    setPreset(value);
    rebuilt();
  },
);
listenTo("left", (value) => (state.window = [Number(value), state.window[1]]));
listenTo("right", (value) => (state.window = [state.window[0], Number(value)]));
for (const name of ["d", "k", "ctc", "weight"]) {
  listenTo(name, (value) => (state[name] = Number(value)));
}
listenTo("tau", (value) => {
  state.tau = Number(value) >= INFINITE ? Infinity : 10 ** Number(value);
});
listenTo("max_step", (value) => (state.max_step = value ? Number(value) : null));
listenTo("weights", (value) => (state.weights = JSON.parse(value)));
for (const name of ["divergence", "blank_frames"]) {
  listenTo(name, (value) => (state[name] = value));
}

/** Numbers like those of a normal distribution, always the same ones. */
function noise() {
  let seed = 1;
  return () => {
    let total = -6;
    for (let n = 0; n < 12; n += 1) {
      seed = (seed * 48271) % 2147483647;
      total += seed / 2147483647;
    }
    return total;
  };
}

/** Descent on the logits themselves, from a student that predicts blank everywhere. */
function train() {
  if (part("warning").textContent) return; // there is no loss to descend
  const draw = noise();
  state.logits = table(T, K, (t, k) => 0.3 * draw() + (k ? 0 : 3));
  const labels = SPIKES.map(({ label }) => label);
  const { divergence, blank_frames, rule, ctc, weight } = state;
  for (const input of document.querySelectorAll("[name=preset]")) input.checked = false;
  const step = () => {
    const fromRule = distillTrace(state.logits, teacher, ruleNamed(rule), {
      ...{ divergence, blank_frames },
    });
    const fromCTC = ctcTrace(state.logits, labels);
    state.logits = state.logits.map((frame, t) =>
      frame.map(
        (z, k) => z - WEIGHTS.rate * (ctc * fromCTC.grad[t][k] + weight * fromRule.grad[t][k]),
      ),
    );
  };
  const turn = (train.turn = (train.turn ?? 0) + 1);
  train.done = false;
  const refresh = () => {
    if (turn !== train.turn || !state.logits) return; // something else has been chosen
    for (let n = 0; n < WEIGHTS.each; n += 1) step();
    changed();
  };
  repeat(WEIGHTS.steps / WEIGHTS.each, refresh, () => {
    train.done = true;
  });
}
part("train").addEventListener("click", train);

function prepare(rule, preset, more = {}) {
  Object.assign(state, { rule, window: [6, 0], divergence: "kl", blank_frames: "keep", ...more });
  setPreset(preset);
  rebuilt();
}
rebuilt();
listenToExperiments([
  () => prepare("FrameWise", "identical"),
  () => prepare("Hard", "silent"),
  () => {
    prepare("Hard", "silent", { ctc: 1, weight: 1 });
    train();
  },
]);
globalThis.refkd = { distillTrace, ctcTrace, state, train }; // for the console, and for tests

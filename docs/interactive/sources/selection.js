// Which teacher frames a student frame learns from, and the loss and the gradient of a rule.
// Equations: docs/course/selection.md (S), docs/course/similarity.md (D).
//
// A rule is an object such as { name: "TopK", window: [5, 0], k: 3, tau: Infinity }.
// A band has D(t, u) at band[t][w], w = u - t + left; Infinity where there is no such pair.

const RULE_NAMES = [
  ...["FrameWise", "Shift", "Blend", "Hard", "TopK", "Soft"],
  ...["Monotone", "OrderedPath", "PerTeacher"],
];

/** [left, right]: the window of student frame t is the teacher frames from t - left to t + right. */
function windowOfRule(rule, T) {
  const given = {
    FrameWise: () => [0, 0],
    Shift: () => [rule.d, -rule.d],
    Blend: () => [rule.weights.length - 1, 0],
  };
  const [left, right] = (given[rule.name] ?? (() => rule.window))().map((side) =>
    Math.min(side, T - 1),
  );
  return left + right < 0 ? [T, -T] : [left, right];
}

/** Log-probabilities and probabilities (T, K) of logits at a temperature. */
function posteriorsOf(logits, temperature = 1) {
  const logp = logits.map((frame) => logSoftmax(frame.map((logit) => logit / temperature)));
  return { logp, prob: logp.map((frame) => frame.map(Math.exp)) };
}

/** p log(p / mid), where mid = (p + q) / 2 and 0 log 0 = 0. */
const toMiddle = (p, q) => (p > 0 ? p * Math.log((2 * p) / (p + q)) : 0);

/** What class k adds to D, from p, log p of the teacher and q, log q of the student. */
const DIVERGENCE_TERMS = {
  kl: (p, logP, q, logQ) => (p > 0 ? p * (logP - logQ) : 0), // (D2)
  reverse_kl: (p, logP, q, logQ) => q * (logQ - logP), // (D3)
  js: (p, logP, q) => 0.5 * (toMiddle(p, q) + toMiddle(q, p)), // (D4)
  cross_entropy: (p, logP, q, logQ) => -p * logQ, // (D5)
};

/** D(t, u) between frame u of the teacher and frame t of the student, never below 0. */
function divergenceOf(kind, student, t, teacher, u) {
  const term = DIVERGENCE_TERMS[kind];
  let D = 0;
  for (let k = 0; k < student.prob[t].length; k += 1) {
    D += term(teacher.prob[u][k], teacher.logp[u][k], student.prob[t][k], student.logp[t][k]);
  }
  return Math.max(D, 0);
}

/** The gradient of D(t, u) in the student's logits. */
function divergenceGradient(kind, student, t, teacher, u) {
  const [q, logQ] = [student.prob[t], student.logp[t]];
  const [p, logP] = [teacher.prob[u], teacher.logp[u]];
  if (kind === "reverse_kl") {
    const ratio = q.map((_, k) => logQ[k] - logP[k]);
    const mean = sum(q.map((one, k) => one * ratio[k]));
    return q.map((one, k) => one * (ratio[k] - mean)); // (D7)
  }
  if (kind === "js") {
    const ratio = q.map((one, k) => toMiddle(one, p[k]));
    const mean = sum(ratio);
    return q.map((one, k) => 0.5 * (ratio[k] - one * mean)); // (D8)
  }
  return q.map((one, k) => one - p[k]); // (D6)
}

/** The column of the least divergence among those asked for; ties: the nearest, then earlier. */
function leastColumn(row, left, asked) {
  let best = -1;
  for (let w = 0; w < row.length; w += 1) {
    if (row[w] === Infinity || !asked(w)) continue;
    const [distance, other] = [Math.abs(w - left), Math.abs(best - left)];
    if (best < 0 || row[w] < row[best] || (row[w] === row[best] && distance < other)) best = w;
  }
  return best;
}

/** How each rule marks the pairs of a band in `selected`, which is all false. */
const SELECT = {
  Hard(band, left, selected) {
    band.forEach((row, t) => {
      const w = leastColumn(row, left, () => true); // (S2)
      if (w >= 0) selected[t][w] = true;
    });
  },

  Soft(band, left, selected) {
    band.forEach((row, t) => row.forEach((D, w) => (selected[t][w] = D < Infinity))); // (S1)
  },

  Blend(band, left, selected, { weights }) {
    const n = weights.length; // the mixture needs as many frames
    for (let t = n - 1; t < band.length; t += 1) {
      band[t].forEach((D, w) => {
        selected[t][w] = D < Infinity && weights[n - 1 - w] > 0; // (S1)
      });
    }
  },

  TopK(band, left, selected, { k }) {
    band.forEach((row, t) => {
      for (let n = 0; n < k; n += 1) {
        const w = leastColumn(row, left, (one) => !selected[t][one]); // (S3)
        if (w < 0) break;
        selected[t][w] = true;
      }
    });
  },

  Monotone(band, left, selected, { max_step }) {
    const W = band[0].length;
    const maxStep = max_step ?? band.length + W; // no step is longer
    const seeing = band.map((_, t) => t).filter((t) => Math.min(...band[t]) < Infinity);
    const cost = band.map((row) => [...row]);
    const origin = table(band.length, W, () => 0);
    seeing.forEach((t, n) => {
      if (n === 0) return;
      const [before, gap] = [seeing[n - 1], t - seeing[n - 1]];
      for (let w = 0; w < W; w += 1) {
        let best = Math.max(0, w + gap - maxStep); // (S4)
        let least = Infinity;
        for (let c = best; c <= Math.min(W - 1, w + gap); c += 1) {
          if (cost[before][c] < least) [best, least] = [c, cost[before][c]];
        }
        origin[t][w] = best;
        cost[t][w] += least; // (S5)
      }
    });
    if (!seeing.length) return;
    const last = cost[seeing.at(-1)];
    let w = last.indexOf(Math.min(...last));
    if (last[w] === Infinity) throw new Error("There is no path with steps as short as these.");
    for (const t of seeing.reverse()) {
      selected[t][w] = true; // (S6)
      w = origin[t][w];
    }
  },

  OrderedPath(band, left, selected) {
    const [T, W] = [band.length, band[0].length];
    const cost = table(T, W, () => Infinity);
    const step = table(T, W, () => 0); // 0 both advance, 1 the student alone, 2 the teacher alone
    for (let t = 0; t < T; t += 1) {
      for (let w = 0; w < W; w += 1) {
        let best = t === 0 && w === left ? 0 : Infinity;
        const ways = [cost[t - 1]?.[w], cost[t - 1]?.[w + 1], cost[t][w - 1]];
        ways.forEach((way, move) => {
          if (way < best) [best, step[t][w]] = [way, move];
        });
        cost[t][w] = band[t][w] + best; // (S7)
      }
    }
    let [t, w] = [T - 1, left];
    selected[t][w] = true;
    while (t > 0 || w !== left) {
      const move = step[t][w];
      if (move !== 2) t -= 1;
      w += [0, 1, -1][move];
      selected[t][w] = true; // (S8)
    }
  },

  PerTeacher(band, left, selected) {
    const [T, W] = [band.length, band[0].length];
    for (let u = 0; u < T; u += 1) {
      let best = -1;
      const D = (t) => band[t][u - t + left];
      for (let t = Math.max(0, u - W + 1 + left); t < Math.min(T, u + left + 1); t += 1) {
        if (D(t) === Infinity) continue;
        const nearer = Math.abs(t - u) < Math.abs(best - u);
        if (best < 0 || D(t) < D(best) || (D(t) === D(best) && nearer)) best = t; // (S9)
      }
      if (best >= 0) selected[best][u - best + left] = true;
    }
  },
};
SELECT.FrameWise = SELECT.Hard;
SELECT.Shift = SELECT.Hard;

/** The weight of each pair: 1, or shares that sum to 1 in each student frame. */
function pairWeights(rule, band, selected) {
  const W = band[0].length;
  return band.map((row, t) => {
    const chosen = selected[t].map(Number);
    if (!["Blend", "TopK", "Soft"].includes(rule.name) || !sum(chosen)) return chosen;
    const low = Math.min(...row.filter((_, w) => selected[t][w]));
    const share =
      rule.name === "Blend"
        ? (w) => rule.weights[W - 1 - w]
        : (w) => Math.exp(-(row[w] - low) / rule.tau);
    const shares = chosen.map((one, w) => (one ? share(w) : 0));
    const total = sum(shares);
    return shares.map((one) => one / total); // (S10)
  });
}

/** -tau log mean exp(-D / tau) over the selected pairs of a student frame; 0 without any. */
function softMinimum(row, chosen, tau) {
  const seen = row.filter((_, w) => chosen[w]);
  if (!seen.length) return 0;
  const low = Math.min(...seen);
  if (tau === Infinity) return low + sum(seen.map((D) => D - low)) / seen.length;
  const mean = sum(seen.map((D) => Math.expm1(-(D - low) / tau))) / seen.length;
  return low - tau * Math.log1p(mean); // (S11)
}

/** The weighted mean of teacher frames of every student frame that has any weight. */
function mixtureOf(weight, left, teacher) {
  const K = teacher.prob[0].length;
  const logp = weight.map((row, t) => {
    const mass = sum(row);
    return Array.from({ length: K }, (_, k) =>
      logAdd(
        -Infinity,
        ...row.map((one, w) =>
          one > 0 ? Math.log(one / mass) + teacher.logp[t + w - left][k] : -Infinity,
        ),
      ), // (D9)
    );
  });
  return { logp, prob: logp.map((frame) => frame.map(Math.exp)) };
}

/** Everything that a rule computes for logits (T, K) of a student and its teacher. */
function distillTrace(studentLogits, teacherLogits, rule, options = {}) {
  const { divergence = "kl", temperature = 1, blank_frames = "keep", blank = 0 } = options;
  const scale = options.scale_t2 ? temperature ** 2 : 1;
  const [T, K] = [studentLogits.length, studentLogits[0].length];
  const student = posteriorsOf(studentLogits, temperature);
  const teacher = posteriorsOf(teacherLogits, temperature);
  const [left, right] = windowOfRule(rule, T);
  const isBlank = teacherLogits.map((frame) => frame.indexOf(Math.max(...frame)) === blank);
  const visible = isBlank.map((one) => blank_frames !== "no_blank_candidates" || !one);
  const band = table(T, left + right + 1, (t, w) => {
    const u = t + w - left;
    return visible[u] ? divergenceOf(divergence, student, t, teacher, u) : Infinity; // (D1)
  });
  const selected = table(T, left + right + 1, () => false);
  SELECT[rule.name](band, left, selected, rule);
  const weight = pairWeights(rule, band, selected);
  if (blank_frames === "drop_selected") {
    selected.forEach((row, t) =>
      row.forEach((_, w) => {
        if (isBlank[t + w - left]) [row[w], weight[t][w]] = [false, 0];
      }),
    );
  }

  const pairs = []; // what is selected, frame by frame
  selected.forEach((row, t) =>
    row.forEach((one, w) => {
      if (one) pairs.push({ t, u: t + w - left, weight: weight[t][w], D: band[t][w] });
    }),
  );
  const mass = weight.map(sum); // what each student frame has left of its weight
  const target = ["Blend", "TopK", "Soft"].includes(rule.name)
    ? mixtureOf(weight, left, teacher)
    : null;
  const frameLoss = band.map((row, t) => {
    if (rule.name === "Soft") return mass[t] * softMinimum(row, selected[t], rule.tau);
    if (rule.name === "Blend") {
      return mass[t] > 0 ? mass[t] * divergenceOf(divergence, student, t, target, t) : 0;
    }
    return sum(row.map((D, w) => (selected[t][w] ? weight[t][w] * D : 0)));
  });
  const grad = table(T, K, () => 0);
  const pull = (t, amount, gradient) =>
    gradient.forEach((one, k) => (grad[t][k] += (amount * one * scale) / temperature));
  if (rule.name === "Blend") {
    mass.forEach((amount, t) => {
      if (amount > 0) pull(t, amount, divergenceGradient(divergence, student, t, target, t));
    });
  } else {
    for (const pair of pairs) {
      const gradient = divergenceGradient(divergence, student, pair.t, teacher, pair.u);
      pull(pair.t, pair.weight, gradient);
    }
  }
  return {
    ...{ left, right, band, pairs, grad, isBlank },
    frameLoss: frameLoss.map((one) => scale * one),
    loss: scale * sum(frameLoss),
    target: target && target.prob,
  };
}

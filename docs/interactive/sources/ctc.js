// Connectionist temporal classification for one utterance. Equations: docs/course/ctc.md.
// Tables are arrays of frames: logAlpha[t][s], occupancy[t][k].

/** The labels with a blank around each, and which states may be entered past a blank. */
function ctcStates(labels, blank) {
  const S = 2 * labels.length + 1;
  const states = Array.from({ length: S }, (_, s) => (s % 2 ? labels[(s - 1) / 2] : blank)); // (C1)
  const skip = states.map(
    (state, s) => s >= 3 && state !== blank && state !== states[s - 2], // (C2)
  );
  return { states, skip };
}

/** Log-probability of all ways to be in state s at frame t, the emission at t included. */
function ctcAlpha(logp, states, skip) {
  const [T, S] = [logp.length, states.length];
  const logAlpha = table(T, S, () => -Infinity);
  for (let s = 0; s < Math.min(S, 2); s += 1) logAlpha[0][s] = logp[0][states[s]]; // (C3)
  for (let t = 1; t < T; t += 1) {
    const before = logAlpha[t - 1];
    for (let s = 0; s < S; s += 1) {
      const arrives = logAdd(
        before[s],
        before[s - 1] ?? -Infinity,
        skip[s] ? before[s - 2] : -Infinity,
      );
      logAlpha[t][s] = logp[t][states[s]] + arrives; // (C4)
    }
  }
  return logAlpha;
}

/** Log-probability of all ways to go on from state s at frame t, the emission at t excluded. */
function ctcBeta(logp, states, skip) {
  const [T, S] = [logp.length, states.length];
  const logBeta = table(T, S, () => -Infinity);
  for (let s = Math.max(S - 2, 0); s < S; s += 1) logBeta[T - 1][s] = 0; // (C5)
  for (let t = T - 2; t >= 0; t -= 1) {
    const onward = states.map((state, s) => logBeta[t + 1][s] + logp[t + 1][state]); // (C6)
    for (let s = 0; s < S; s += 1) {
      logBeta[t][s] = logAdd(
        onward[s],
        onward[s + 1] ?? -Infinity,
        skip[s + 2] ? onward[s + 2] : -Infinity,
      ); // (C6)
    }
  }
  return logBeta;
}

/** Every table of the loss; without any path the loss is infinite and the gradient 0. */
function ctcTrace(logits, labels, blank = 0) {
  const logp = logits.map(logSoftmax);
  const [T, K] = [logp.length, logp[0].length];
  const { states, skip } = ctcStates(labels, blank);
  const S = states.length;
  const logAlpha = ctcAlpha(logp, states, skip);
  const logBeta = ctcBeta(logp, states, skip);
  const last = logAlpha[T - 1];
  const logTotal = logAdd(last[S - 1], last[S - 2] ?? -Infinity);
  const loss = logTotal === -Infinity ? Infinity : Math.max(0, -logTotal); // (C7)

  const share = table(T, S, () => 0); // of the paths through state s at frame t, given the labels
  const occupancy = table(T, K, () => 0);
  for (let t = 0; t < T; t += 1) {
    const through = states.map((_, s) => logAlpha[t][s] + logBeta[t][s]);
    const peak = Math.max(...through);
    if (peak === -Infinity) continue;
    const total = sum(through.map((one) => Math.exp(one - peak))); // (C8)
    states.forEach((state, s) => {
      share[t][s] = Math.exp(through[s] - peak) / total;
      occupancy[t][state] += share[t][s]; // (C9)
    });
  }
  const grad = table(T, K, (t, k) =>
    loss < Infinity ? Math.exp(logp[t][k]) - occupancy[t][k] : 0, // (C10)
  );
  return { logp, states, skip, logAlpha, logBeta, loss, share, occupancy, grad };
}

/** The share of the paths that go from state s at frame t to state s + step at frame t + 1. */
function ctcMove({ logp, states, logAlpha, logBeta, loss }, t, s, step) {
  const onward = logBeta[t + 1][s + step] + logp[t + 1][states[s + step]];
  const share = Math.exp(logAlpha[t][s] + onward + loss);
  return Number.isFinite(loss) ? share : 0;
}

/** The state of the most probable single path at each frame, and its log-probability. */
function ctcViterbi({ logp, states, skip }) {
  const [T, S] = [logp.length, states.length];
  const score = table(T, S, () => -Infinity);
  const step = table(T, S, () => 0);
  for (let s = 0; s < Math.min(S, 2); s += 1) score[0][s] = logp[0][states[s]]; // (C3)
  for (let t = 1; t < T; t += 1) {
    const before = score[t - 1];
    for (let s = 0; s < S; s += 1) {
      let best = 0;
      if (s >= 1 && before[s - 1] > before[s]) best = 1;
      if (skip[s] && before[s - 2] > before[s - best]) best = 2;
      step[t][s] = best;
      score[t][s] = before[s - best] + logp[t][states[s]]; // (C11)
    }
  }
  const path = Array(T).fill(S - 1);
  if (S > 1 && score[T - 1][S - 2] > score[T - 1][S - 1]) path[T - 1] = S - 2;
  for (let t = T - 1; t > 0; t -= 1) path[t - 1] = path[t] - step[t][path[t]]; // (C12)
  return { path, logProb: score[T - 1][path[T - 1]] };
}

/** Frames that the labels need: one for each, and a blank between equal neighbours. */
function ctcFramesNeeded(labels) {
  return labels.length + labels.filter((label, n) => n && label === labels[n - 1]).length;
}

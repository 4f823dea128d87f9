// The LSTM of one utterance, forward and backward through time. Equations: docs/course/lstm.md.
// Gates lie side by side in the order i, f, g, o, each H wide: gates[t] has 4 H numbers.

/** A row times a matrix of as many rows. */
function vectorMatmul(row, matrix) {
  return matrix[0].map((_, k) => sum(row.map((one, j) => one * matrix[j][k])));
}

/** Open the gates of one frame and find its cell and hidden state. */
function lstmStep(a, cBefore) {
  const H = cBefore.length;
  const gates = a.map((one, k) =>
    k >= 2 * H && k < 3 * H ? Math.tanh(one) : sigmoid(one), // (L2) (L3) (L4) (L5)
  );
  const [i, f, g, o] = [0, 1, 2, 3].map((part) => gates.slice(part * H, (part + 1) * H));
  const cell = cBefore.map((before, j) => f[j] * before + i[j] * g[j]); // (L6)
  const hidden = cell.map((c, j) => o[j] * Math.tanh(c)); // (L7)
  return { gates, cell, hidden };
}

/** Walk through an utterance: inputs (T, F), wInput (F, 4H), wHidden (H, 4H), bias (4H,). */
function lstmTrace({ wInput, wHidden, bias }, inputs, h0, c0) {
  const trace = { h0, c0, gates: [], cell: [], hidden: [] };
  let [h, c] = [h0, c0];
  for (const x of inputs) {
    const [fromInput, fromHidden] = [vectorMatmul(x, wInput), vectorMatmul(h, wHidden)];
    const a = bias.map((b, k) => fromInput[k] + fromHidden[k] + b); // (L1)
    const { gates, cell, hidden } = lstmStep(a, c);
    trace.gates.push(gates);
    trace.cell.push(cell);
    trace.hidden.push(hidden);
    [h, c] = [hidden, cell];
  }
  return trace;
}

/** Walk back with the gradient r (T, H) of the loss in every hidden state. */
function lstmGrad({ wHidden }, trace, r) {
  const { gates, cell, h0, c0 } = trace;
  const [T, H] = [cell.length, h0.length];
  const [dHidden, dCell, dGates] = [Array(T), Array(T), Array(T)];
  let dh = Array(H).fill(0); // on their way from frame t + 1 to frame t
  let dc = Array(H).fill(0);
  for (let t = T - 1; t >= 0; t -= 1) {
    const [i, f, g, o] = [0, 1, 2, 3].map((part) => gates[t].slice(part * H, (part + 1) * H));
    const before = t > 0 ? cell[t - 1] : c0;
    const tanhC = cell[t].map(Math.tanh);
    const dhHere = dh.map((one, j) => one + r[t][j]); // (L8)
    const dcHere = dc.map((one, j) => one + dhHere[j] * (o[j] - o[j] * tanhC[j] ** 2)); // (L9)
    dGates[t] = [
      ...dcHere.map((d, j) => d * g[j] * (i[j] - i[j] * i[j])), // (L10)
      ...dcHere.map((d, j) => d * before[j] * (f[j] - f[j] * f[j])), // (L11)
      ...dcHere.map((d, j) => d * (i[j] - i[j] * g[j] * g[j])), // (L12)
      ...dhHere.map((d, j) => d * tanhC[j] * (o[j] - o[j] * o[j])), // (L13)
    ];
    dHidden[t] = dhHere;
    dCell[t] = dcHere;
    dc = dcHere.map((d, j) => d * f[j]); // (L14)
    dh = wHidden.map((row) => sum(row.map((w, k) => dGates[t][k] * w))); // (L15)
  }
  return { dHidden, dCell, dGates, h0: dh, c0: dc };
}

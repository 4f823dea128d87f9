// Logarithms of probabilities. Equations: docs/course/numeric.md.

/** log(e^a + e^b + ...), where any of them may be -Infinity. */
function logAdd(...terms) {
  const top = Math.max(...terms);
  if (top === -Infinity) return -Infinity;
  const largest = terms.indexOf(top);
  let rest = 0; // all but the largest, which is e^0
  terms.forEach((term, n) => {
    if (n !== largest) rest += Math.exp(term - top);
  });
  return top + Math.log1p(rest); // (N8)
}

/** Log-probabilities of one frame of logits; some of them may be -Infinity. */
function logSoftmax(logits) {
  const peak = Math.max(...logits);
  const top = logits.indexOf(peak);
  let rest = 0; // all but the peak, so that a confident frame keeps its last digits
  logits.forEach((logit, k) => {
    if (k !== top) rest += Math.exp(logit - peak);
  });
  return logits.map((logit) => logit - peak - Math.log1p(rest)); // (N9)
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x)); // (N5)

/** A table (rows, columns) of the numbers that a function of row and column gives. */
function table(rows, columns, value) {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => value(row, column)),
  );
}

const sum = (numbers) => numbers.reduce((total, one) => total + one, 0);

// The strip of divergences, and the scale of its colours.

/** cividis between nine of its colours. */
const CIVIDIS = [
  [0, 34, 78],
  [18, 53, 112],
  [59, 73, 108],
  [87, 93, 109],
  [112, 113, 115],
  [138, 134, 120],
  [165, 156, 116],
  [195, 179, 105],
  [225, 204, 85],
  [254, 232, 56],
];

function cividis(share) {
  const place = Math.min(Math.max(share, 0), 1) * (CIVIDIS.length - 1);
  const n = Math.min(Math.floor(place), CIVIDIS.length - 2);
  const between = CIVIDIS[n].map((low, c) => low + (place - n) * (CIVIDIS[n + 1][c] - low));
  return [...between, 255];
}

/** Divergences inside the window: student frames along x, distances of teacher frames along y. */
function drawBand(context, box, scale, view) {
  const { frames, choices } = view;
  const { columns, divergences, highest } = choices;
  const cell = box.height / columns;
  choices.picture ??= heatMap(frames, columns, (x, y) => {
    const value = divergences[x * columns + columns - 1 - y];
    return value === HIDDEN ? [0, 0, 0, 0] : cividis(Math.sqrt(value / highest));
  });
  context.imageSmoothingEnabled = false;
  context.drawImage(
    choices.picture,
    scale.x(-0.5),
    box.top,
    frames * scale.perFrame,
    box.height,
  );
  const { studentFrames, teacherFrames, weights } = choices;
  const radius = Math.min(cell, scale.perFrame) * 0.32;
  context.fillStyle = "#fff";
  context.strokeStyle = "#000";
  context.lineWidth = 1;
  for (
    let n = lowerBound(studentFrames, Math.floor(scale.from));
    n < studentFrames.length;
    n += 1
  ) {
    if (studentFrames[n] > scale.to) break;
    const y =
      box.top + (columns - 0.5 - (teacherFrames[n] - studentFrames[n] + choices.left)) * cell;
    const share = weights ? Math.sqrt(weights[n] / 1000) : 1;
    const x = scale.x(studentFrames[n]);
    if (radius < 1.5) {
      context.fillRect(x - share, y - share, 2 * share, 2 * share);
      continue;
    }
    context.beginPath();
    context.arc(x, y, Math.min(radius, 5) * share, 0, 2 * Math.PI);
    context.fill();
    if (radius > 2.5) context.stroke();
  }
}

/** Distances beside the first and last row; colours above, as long as they fit beside the title. */
function writeBandScale(context, box, scale, { run, choices }) {
  const { columns, left, highest } = choices;
  const row = box.height / columns;
  for (const n of new Set([0, columns - 1])) {
    const y = box.top + (n + 0.5) * row + 4;
    context.fillText(signed(columns - 1 - n - left), scale.left - 6, y);
  }
  const right = scale.left + scale.width;
  const text = `${run.divergence(highest)} nats`;
  const ramp = right - context.measureText(text).width - 66;
  if (ramp - 16 < scale.left + context.measureText(box.title).width) return;
  context.fillText(text, right, box.top - 6);
  context.fillText("0", ramp - 4, box.top - 6);
  for (let x = 0; x < 60; x += 1) {
    context.fillStyle = `rgb(${cividis(Math.sqrt(x / 59)).slice(0, 3)})`;
    context.fillRect(ramp + x, box.top - 15, 1, 9);
  }
}

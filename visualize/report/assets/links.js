// The strip between teacher and student: selected pairs of frames, and matched spikes.

/** Draw the pairs of frames that the rule selected, and the offsets of matched spikes. */
function drawLinks(context, box, scale, view) {
  const { links, late, choices, colours } = view;
  const bottom = box.top + box.height;
  const seen = (frame) => frame > scale.from - 2 && frame < scale.to + 2;
  if (choices) {
    drawPairs(context, box, scale, view, seen);
  }
  const [teachers, students] = links;
  const middle = box.top + box.height / 2;
  const y = (row) => middle + OFFSET_ROWS[row] * (ROW + 3);
  const numbers = [];
  for (let n = 0; n < teachers.length; n += 1) {
    const teacher = onStudentAxis(view, teachers[n]);
    if (!seen(teacher) && !seen(students[n])) continue;
    const early = late[n] < 0 ? colours.early : colours.ink;
    context.strokeStyle = late[n] > 0 ? colours.student : early;
    context.lineWidth = 2;
    line(context, scale.x(teacher), box.top, scale.x(students[n]), bottom);
    const share = (row) => (y(row) - box.top) / box.height;
    const x = (row) => scale.x(teacher + (students[n] - teacher) * share(row));
    const colour = late[n] > 0 ? colours["student-text"] : early;
    if (x(0) >= scale.left && x(0) <= scale.left + scale.width) {
      numbers.push({ x, text: signed(late[n]), colour });
    }
  }
  context.lineWidth = 1;
  const { shown, hidden } = placed(
    context,
    numbers,
    OFFSET_ROWS.length,
    scale.left,
    scale.left + scale.width,
  );
  view.hidden.offsets += hidden;
  view.numbers = shown.map((one) => ({ ...one, y: y(one.row) }));
  writeNumbers(context, view);
  for (const [frames, linked, place, at, colour] of [
    [
      view.taughtBy.spikes.frames,
      teachers,
      (frame) => onStudentAxis(view, frame),
      box.top + 5,
      colours.teacher,
    ],
    [view.learner.spikes.frames, students, (frame) => frame, bottom - 5, colours.student],
  ]) {
    const partners = new Set(linked);
    context.strokeStyle = colour;
    for (const frame of frames)
      if (seen(place(frame)) && !partners.has(frame)) cross(context, scale.x(place(frame)), at);
  }
}

const OFFSET_ROWS = [0, -1, 1]; // where numbers stand, in rows from the middle
const FAINTEST = 20; // thousandths; lighter pairs would only add up to a grey sheet

/** A line for each pair, the fainter the smaller its weight; one stroke for all of about one weight. */
function drawPairs(context, box, scale, view, seen) {
  const { choices, colours } = view;
  const { studentFrames, teacherFrames, weights, columns } = choices;
  const shades = Array.from({ length: 6 }, () => new Path2D());
  const first = lowerBound(studentFrames, Math.floor(scale.from) - columns);
  for (let n = first; n < studentFrames.length && studentFrames[n] <= scale.to + columns; n += 1) {
    if (weights && weights[n] < FAINTEST) continue;
    const teacher = onStudentAxis(view, teacherFrames[n]);
    if (!seen(studentFrames[n]) && !seen(teacher)) continue;
    const shade = shades[weights ? Math.floor(weights[n] / 200) : 5];
    shade.moveTo(scale.x(teacher), box.top);
    shade.lineTo(scale.x(studentFrames[n]), box.top + box.height);
  }
  const crowded = Math.min(1, scale.perFrame / 6);
  context.strokeStyle = colours.muted;
  shades.forEach((shade, n) => {
    context.globalAlpha = 0.09 * Math.max(n, 0.5) * crowded;
    context.stroke(shade);
  });
  context.globalAlpha = 1;
}

/** The offsets, once below the cursor and once above it, so that no line strikes them through. */
function writeNumbers(context, { numbers, colours }) {
  context.textAlign = "center";
  for (const { x, y, half, text, colour } of numbers) {
    context.fillStyle = colours.ground;
    context.fillRect(x - half - 2, y - 8, 2 * half + 4, 16);
    context.fillStyle = colour;
    context.fillText(text, x, y + 4);
  }
}

function cross(context, x, y) {
  line(context, x - 3, y - 3, x + 3, y + 3);
  line(context, x - 3, y + 3, x + 3, y - 3);
}

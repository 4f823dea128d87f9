// The strip between teacher and student: who teaches whom, and how far apart equal spikes are.

/** Which teacher frames teach which student frames, and how far apart equal spikes are. */
function drawLinks(context, box, scale, view) {
  const { links, choices, colours } = view;
  const bottom = box.top + box.height;
  const seen = (frame) => frame > scale.from - 2 && frame < scale.to + 2;
  if (choices) {
    drawPairs(context, box, scale, choices, colours, seen);
  }
  const numbers = [];
  const [teachers, students] = links;
  for (let n = 0; n < teachers.length; n += 1) {
    if (!seen(teachers[n]) && !seen(students[n])) continue;
    const late = students[n] - teachers[n];
    context.strokeStyle = late > 0 ? colours.student : late < 0 ? colours.early : colours.ink;
    context.lineWidth = 2;
    line(context, scale.x(teachers[n]), box.top, scale.x(students[n]), bottom);
    const colour = late > 0 ? colours["student-text"] : context.strokeStyle;
    numbers.push({ x: scale.x((teachers[n] + students[n]) / 2), text: signed(late), colour });
  }
  context.lineWidth = 1;
  writeNumbers(context, numbers, box.top + box.height / 2, scale, colours);
  for (const [frames, linked, y, colour] of [
    [view.taughtBy.spikes.frames, teachers, box.top + 5, colours.teacher],
    [view.learner.spikes.frames, students, bottom - 5, colours.student],
  ]) {
    const partners = new Set(linked);
    context.strokeStyle = colour;
    for (const frame of frames)
      if (seen(frame) && !partners.has(frame)) cross(context, scale.x(frame), y);
  }
}

const FAINTEST = 20; // thousandths; lighter pairs would only add up to a grey sheet

/** A line for each pair, the fainter the less it weighs; one stroke for all of about one weight. */
function drawPairs(context, box, scale, choices, colours, seen) {
  const { studentFrames, teacherFrames, weights, columns } = choices;
  const shades = Array.from({ length: 6 }, () => new Path2D());
  const first = lowerBound(studentFrames, Math.floor(scale.from) - columns);
  for (let n = first; n < studentFrames.length && studentFrames[n] <= scale.to + columns; n += 1) {
    if (weights && weights[n] < FAINTEST) continue;
    if (!seen(studentFrames[n]) && !seen(teacherFrames[n])) continue;
    const shade = shades[weights ? Math.floor(weights[n] / 200) : 5];
    shade.moveTo(scale.x(teacherFrames[n]), box.top);
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

function writeNumbers(context, numbers, y, scale, colours) {
  let free = scale.left;
  context.textAlign = "center";
  for (const { x, text, colour } of numbers) {
    const half = context.measureText(text).width / 2 + 2;
    if (x - half < free || x + half > scale.left + scale.width) continue;
    context.fillStyle = colours.ground;
    context.fillRect(x - half, y - 8, 2 * half, 16);
    context.fillStyle = colour;
    context.fillText(text, x, y + 4);
    free = x + half;
  }
}

function cross(context, x, y) {
  line(context, x - 3, y - 3, x + 3, y + 3);
  line(context, x - 3, y + 3, x + 3, y - 3);
}

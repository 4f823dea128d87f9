// The strips of the explorer, one above the other over one axis of time, drawn on a canvas.

const COLOURS = [
  "ink", "muted", "faint", "ground", "teacher", "student", "student-text", "early", "blank", "phone",
  "phone-other", "seen",
];

function coloursOf(element) {
  const style = getComputedStyle(element);
  const named = COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]);
  return { ...Object.fromEntries(named), font: style.fontFamily };
}

/** Where frames are on the canvas. */
class Scale {
  constructor(left, width, from, to) {
    Object.assign(this, { left, width, from, to });
    this.perFrame = width / (to - from);
  }

  x(frame) {
    return this.left + (frame - this.from) * this.perFrame;
  }

  frame(x) {
    return this.from + (x - this.left) / this.perFrame;
  }
}

/** An image of one pixel a value, to be stretched over a strip. */
function heatMap(columns, rows, colour) {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) image.data.set(colour(x, y), 4 * (y * columns + x));
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** cividis between nine of its colours. */
const CIVIDIS = [
  [0, 34, 78], [18, 53, 112], [59, 73, 108], [87, 93, 109], [112, 113, 115], [138, 134, 120],
  [165, 156, 116], [195, 179, 105], [225, 204, 85], [254, 232, 56],
];

function cividis(share) {
  const place = Math.min(Math.max(share, 0), 1) * (CIVIDIS.length - 1);
  const n = Math.min(Math.floor(place), CIVIDIS.length - 2);
  const between = CIVIDIS[n].map((low, c) => low + (place - n) * (CIVIDIS[n + 1][c] - low));
  return [...between, 255];
}

/** Texts of one row, left to right; one that would touch its neighbour is left out. */
function writeRow(context, texts, y, low, high) {
  context.textAlign = "center";
  let free = low;
  for (const { x, text, colour } of texts) {
    const half = context.measureText(text).width / 2;
    if (x - half >= free && x + half <= high) {
      context.fillStyle = colour;
      context.fillText(text, x, y);
      free = x + half + 4;
    }
  }
}

function drawSpeech(context, box, scale, view) {
  const { utterance, colours } = view;
  const { levels, bands, columns_per_frame: per } = utterance.speech;
  const columns = levels.length / bands;
  utterance.picture ??= heatMap(columns, bands, (x, y) => {
    const grey = 255 - 0.92 * levels[x * bands + bands - 1 - y];
    return [grey, grey, grey, 255];
  });
  context.imageSmoothingEnabled = false;
  context.drawImage(
    utterance.picture, scale.x(-0.5), box.top, (columns / per) * scale.perFrame, box.height,
  );
  context.strokeStyle = colours.faint;
  context.strokeRect(scale.left, box.top, scale.width, box.height);
}

function drawPhones(context, box, scale, view) {
  const { run, utterance, colours } = view;
  const frameOf = (seconds) => (seconds - run.clock.first_frame) / run.clock.frame_shift;
  const [labels, starts, ends] = utterance.phones;
  const right = scale.left + scale.width;
  labels.forEach((label, n) => {
    const low = Math.max(scale.x(frameOf(starts[n])), scale.left);
    const high = Math.min(scale.x(frameOf(ends[n])), right);
    if (high <= low) return;
    context.fillStyle = n % 2 ? colours["phone-other"] : colours.phone;
    context.fillRect(low, box.top, high - low, box.height);
    const name = run.symbols[label];
    const half = context.measureText(name).width / 2;
    if (high - low >= 2 * half + 2) {
      writeRow(context, [{ x: (low + high) / 2, text: name, colour: colours.ink }], box.top + 13, low, high);
    }
  });
}

const NAMES = 15; // pixels above the posteriors, for the names of spikes

/** Posteriors as filled curves with the names of the spikes above them. */
function drawPosteriors(context, box, scale, view) {
  const { run, colours } = view;
  const teaches = box.name === "teacher";
  const { distributions, spikes } = teaches ? view.taughtBy : view.learner;
  const colour = teaches ? colours.teacher : colours.student;
  const textColour = teaches ? colours.teacher : colours["student-text"];
  const dash = teaches || scale.perFrame < 3 ? [] : [5, 2];
  const base = box.top + box.height;
  const full = box.height - NAMES;
  const y = (probability) => base - probability * full;
  const first = Math.max(Math.floor(scale.from) - 1, 0);
  const last = Math.min(Math.ceil(scale.to) + 1, distributions.frames - 1);
  context.strokeStyle = colours.faint;
  context.setLineDash([]);
  for (const level of [0, 0.5, 1]) line(context, scale.left, y(level), scale.left + scale.width, y(level));
  for (const [symbol, curve] of distributions.curves) {
    const blank = symbol === run.blank;
    for (const path of stretches(curve, first, last, blank)) {
      context.beginPath();
      path.forEach((t, n) => context[n ? "lineTo" : "moveTo"](scale.x(t), y(curve[t] ?? 0)));
      context.setLineDash(blank ? [] : dash);
      context.lineWidth = blank ? 1 : 1.6;
      context.lineJoin = "round"; // a pointed one would tower above its posterior
      context.strokeStyle = blank ? colours.blank : colour;
      context.stroke();
      if (!blank) {
        context.globalAlpha = 0.22;
        context.fillStyle = colour;
        context.lineTo(scale.x(path[path.length - 1]), base);
        context.lineTo(scale.x(path[0]), base);
        context.fill();
        context.globalAlpha = 1;
      }
    }
  }
  context.setLineDash([]);
  context.lineWidth = 1;
  const names = [];
  for (let n = lowerBound(spikes.frames, first); spikes.frames[n] <= last; n += 1) {
    names.push({ x: scale.x(spikes.frames[n]), text: run.symbols[spikes.labels[n]], colour: textColour });
  }
  writeRow(context, names, box.top + 10, scale.left, scale.left + scale.width);
}

function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

/** Runs of frames in which a curve is above the ground, with a frame of it at both ends. */
function stretches(curve, first, last, all) {
  if (all) return [Array.from({ length: last - first + 1 }, (_, n) => first + n)];
  const found = [];
  let path = null;
  for (let t = first; t <= last; t += 1) {
    if (curve[t] >= 0.01) {
      if (!path) {
        path = t > first ? [t - 1] : [];
        found.push(path);
      }
      path.push(t);
    } else if (path) {
      path.push(t);
      path = null;
    }
  }
  return found;
}

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
    for (const frame of frames) if (seen(frame) && !partners.has(frame)) cross(context, scale.x(frame), y);
  }
}

/** A line for each pair, the fainter the less it weighs; one stroke for all of about one weight. */
function drawPairs(context, box, scale, choices, colours, seen) {
  const { studentFrames, teacherFrames, weights, columns } = choices;
  const shades = Array.from({ length: 6 }, () => new Path2D());
  const first = lowerBound(studentFrames, Math.floor(scale.from) - columns);
  for (let n = first; n < studentFrames.length && studentFrames[n] <= scale.to + columns; n += 1) {
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
    free = x + half + 4;
  }
}

function cross(context, x, y) {
  line(context, x - 3, y - 3, x + 3, y + 3);
  line(context, x - 3, y + 3, x + 3, y - 3);
}

/** Divergences inside the window: student frames along x, teacher frames relative to them along y. */
function drawBand(context, box, scale, view) {
  const { utterance, choices } = view;
  const { columns, divergences, highest } = choices;
  const cell = box.height / columns;
  choices.picture ??= heatMap(utterance.frames, columns, (x, y) => {
    const value = divergences[x * columns + columns - 1 - y];
    return value === HIDDEN ? [0, 0, 0, 0] : cividis(Math.sqrt(value / highest));
  });
  context.imageSmoothingEnabled = false;
  context.drawImage(choices.picture, scale.x(-0.5), box.top, utterance.frames * scale.perFrame, box.height);
  const { studentFrames, teacherFrames, weights } = choices;
  const radius = Math.min(cell, scale.perFrame) * 0.32;
  context.fillStyle = "#fff";
  context.strokeStyle = "#000";
  context.lineWidth = 1;
  for (let n = lowerBound(studentFrames, Math.floor(scale.from)); n < studentFrames.length; n += 1) {
    if (studentFrames[n] > scale.to) break;
    const y = box.top + (columns - 0.5 - (teacherFrames[n] - studentFrames[n] + choices.left)) * cell;
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

/** The whole utterance, with the part that is in view. */
function drawOverview(context, box, scale, view) {
  const { utterance, colours } = view;
  const x = (frame) => scale.left + ((frame + 0.5) / utterance.frames) * scale.width;
  context.fillStyle = colours.phone;
  context.fillRect(scale.left, box.top, scale.width, box.height);
  for (const [frames, top, colour] of [
    [view.taughtBy.spikes.frames, box.top + 1, colours.teacher],
    [view.learner.spikes.frames, box.top + box.height / 2 + 1, colours.student],
  ]) {
    context.strokeStyle = colour;
    for (const frame of frames) line(context, x(frame), top, x(frame), top + box.height / 2 - 2);
  }
  context.strokeStyle = colours.ink;
  context.lineWidth = 2;
  context.strokeRect(x(scale.from), box.top, ((scale.to - scale.from) / utterance.frames) * scale.width, box.height);
  context.lineWidth = 1;
}

/** What a strip shows, above it; the scale of its numbers beside it. */
function writeTitle(context, box, scale, view) {
  const { colours, choices } = view;
  context.textAlign = "left";
  context.fillStyle = { teacher: colours.teacher, student: colours["student-text"] }[box.name] ?? colours.muted;
  if (box.title) context.fillText(box.title, scale.left, box.top - 6, scale.width);
  context.fillStyle = colours.muted;
  context.textAlign = "right";
  if (box.name === "teacher" || box.name === "student") {
    context.fillText("1", scale.left - 6, box.top + NAMES + 4);
    context.fillText("0", scale.left - 6, box.top + box.height);
  }
  if (box.name === "band") {
    const row = box.height / choices.columns;
    const offsets = choices.columns > 1 ? [0, choices.columns - 1] : [0];
    for (const n of offsets) {
      context.fillText(signed(choices.columns - 1 - n - choices.left), scale.left - 6, box.top + (n + 0.5) * row + 4);
    }
    const right = scale.left + scale.width;
    const text = `${view.run.divergence(choices.highest)} nats`; // where the colours end
    const ramp = right - context.measureText(text).width - 66;
    if (ramp - 16 < scale.left + context.measureText(box.title).width) return; // no room
    context.fillText(text, right, box.top - 6);
    context.fillText("0", ramp - 4, box.top - 6);
    for (let x = 0; x < 60; x += 1) {
      context.fillStyle = `rgb(${cividis(Math.sqrt(x / 59)).slice(0, 3).join(" ")})`;
      context.fillRect(ramp + x, box.top - 15, 1, 9);
    }
  }
}

// What all strips share, and those of speech, phones, posteriors and the whole utterance.

const COLOURS = [
  "ink",
  "muted",
  "faint",
  "ground",
  "teacher",
  "student",
  "student-text",
  "early",
  "blank",
  "phone",
  "phone-other",
  "seen",
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

const ROW = 13; // pixels of a row of texts

/** Each text in the first row that has room for it, left to right, and how many have none. */
function placed(context, texts, rows, low, high) {
  const free = Array(rows).fill(low);
  const shown = [];
  for (const one of texts) {
    const half = context.measureText(one.text).width / 2;
    const x = (row) => Math.min(Math.max(one.x(row), low + half), high - half);
    const row = free.findIndex((end, n) => x(n) - half >= end);
    if (row < 0) continue;
    free[row] = x(row) + half + 4;
    shown.push({ ...one, x: x(row), row, half });
  }
  return { shown, hidden: texts.length - shown.length };
}

function drawSpeech(context, box, scale, view) {
  const { utterance, colours } = view;
  const { levels, bands, clock } = utterance.speech;
  const x = (column) => scale.x(frameAt(view.learner.clock, secondsAt(clock, column)));
  const columns = levels.length / bands;
  utterance.picture ??= heatMap(columns, bands, (x, y) => {
    const grey = 255 - 0.92 * levels[x * bands + bands - 1 - y];
    return [grey, grey, grey, 255];
  });
  context.imageSmoothingEnabled = false;
  context.drawImage(
    utterance.picture,
    x(-0.5),
    box.top,
    x(columns - 0.5) - x(-0.5),
    box.height,
  );
  context.strokeStyle = colours.faint;
  context.strokeRect(scale.left, box.top, scale.width, box.height);
}

function drawPhones(context, box, scale, view) {
  const { utterance, colours } = view;
  const frameOf = (seconds) => frameAt(view.learner.clock, seconds);
  context.textAlign = "center";
  const [labels, starts, ends] = utterance.phones;
  const right = scale.left + scale.width;
  labels.forEach((label, n) => {
    const low = Math.max(scale.x(frameOf(starts[n])), scale.left);
    const high = Math.min(scale.x(frameOf(ends[n])), right);
    if (high <= low) return;
    context.fillStyle = n % 2 ? colours["phone-other"] : colours.phone;
    context.fillRect(low, box.top, high - low, box.height);
    if (high - low >= context.measureText(label).width + 2) {
      context.fillStyle = colours.ink;
      context.fillText(label, (low + high) / 2, box.top + 13);
    } else view.hidden.names += 1;
  });
}

const NAMES = 2 * ROW + 3; // pixels above the posteriors, for the names of spikes

/** Where a frame of the teacher is, in frames of the student, whose clock may be another. */
const onStudentAxis = ({ learner, taughtBy }, frame) =>
  frameAt(learner.clock, secondsAt(taughtBy.clock, frame));

const onTeacherAxis = ({ learner, taughtBy }, frame) =>
  frameAt(taughtBy.clock, secondsAt(learner.clock, frame));

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
  const x = (t) => scale.x(teaches ? onStudentAxis(view, t) : t);
  const frame = (one) => (teaches ? onTeacherAxis(view, one) : one);
  const first = Math.max(Math.floor(frame(scale.from)) - 1, 0);
  const last = Math.min(Math.ceil(frame(scale.to)) + 1, distributions.frames - 1);
  if (last < first) return;
  context.strokeStyle = colours.faint;
  context.setLineDash([]);
  for (const level of [0, 0.5, 1])
    line(context, scale.left, y(level), scale.left + scale.width, y(level));
  for (const [symbol, curve] of distributions.curves) {
    const blank = symbol === run.blank;
    for (const path of stretches(curve, first, last, blank)) {
      context.beginPath();
      path.forEach((t, n) => context[n ? "lineTo" : "moveTo"](x(t), y(curve[t] ?? 0)));
      context.setLineDash(blank ? [] : dash);
      context.lineWidth = blank ? 1 : 1.6;
      context.lineJoin = "round"; // a pointed one would tower above its posterior
      context.strokeStyle = blank ? colours.blank : colour;
      context.stroke();
      if (!blank) {
        context.globalAlpha = 0.22;
        context.fillStyle = colour;
        context.lineTo(x(path[path.length - 1]), base);
        context.lineTo(x(path[0]), base);
        context.fill();
        context.globalAlpha = 1;
      }
    }
  }
  context.setLineDash([]);
  context.lineWidth = 1;
  const right = scale.left + scale.width;
  const names = [];
  for (let n = lowerBound(spikes.frames, first); spikes.frames[n] <= last; n += 1) {
    const at = x(spikes.frames[n]);
    if (at < scale.left || at > right) continue;
    names.push({ x: () => at, text: run.symbols[spikes.labels[n]] });
  }
  const { shown, hidden } = placed(context, names, 2, scale.left, right);
  view.hidden.names += hidden;
  context.textAlign = "center";
  context.fillStyle = textColour;
  for (const one of shown) context.fillText(one.text, one.x, box.top + NAMES - 5 - ROW * one.row);
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

/** The whole utterance, with the part that is in view. */
function drawOverview(context, box, scale, view) {
  const { colours } = view;
  const x = (frame) => scale.left + ((frame + 0.5) / view.frames) * scale.width;
  const own = (frame) => frame;
  const theirs = (frame) => onStudentAxis(view, frame);
  context.fillStyle = colours.phone;
  context.fillRect(scale.left, box.top, scale.width, box.height);
  for (const [frames, place, top, colour] of [
    [view.taughtBy.spikes.frames, theirs, box.top + 1, colours.teacher],
    [view.learner.spikes.frames, own, box.top + box.height / 2 + 1, colours.student],
  ]) {
    context.strokeStyle = colour;
    for (const frame of frames) {
      const at = x(place(frame));
      line(context, at, top, at, top + box.height / 2 - 2);
    }
  }
  context.strokeStyle = colours.ink;
  context.lineWidth = 2;
  context.strokeRect(
    x(scale.from),
    box.top,
    ((scale.to - scale.from) / view.frames) * scale.width,
    box.height,
  );
  context.lineWidth = 1;
}

/** What a strip shows, above it; the scale of its numbers beside it. */
function writeTitle(context, box, scale, view) {
  const { colours, choices } = view;
  context.textAlign = "left";
  context.fillStyle =
    { teacher: colours.teacher, student: colours["student-text"] }[box.name] ?? colours.muted;
  if (box.title) context.fillText(box.title, scale.left, box.top - 6, scale.width);
  context.fillStyle = colours.muted;
  context.textAlign = "right";
  if (box.name === "teacher" || box.name === "student") {
    context.fillText("1", scale.left - 6, box.top + NAMES + 4);
    context.fillText("0.5", scale.left - 6, (box.top + NAMES + box.top + box.height) / 2 + 4);
    context.fillText("0", scale.left - 6, box.top + box.height);
  }
  if (box.name === "speech") {
    const [low, high] = view.utterance.speech.hertz;
    context.fillText(`${high}`, scale.left - 6, box.top + 9);
    context.fillText(`${low}`, scale.left - 6, box.top + box.height);
  }
  if (box.name === "band") writeBandScale(context, box, scale, view);
}

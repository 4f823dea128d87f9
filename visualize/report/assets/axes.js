// The two axes of the strips, frames above and seconds below, each with a tag at the frame in hand.

/** A step of 1, 2 or 5 times a power of ten, so that ticks are `room` pixels apart or more. */
function niceStep(pixelsPerUnit, room, least) {
  const wanted = Math.max(room / pixelsPerUnit, least);
  const power = 10 ** Math.floor(Math.log10(wanted));
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= wanted * (1 - 1e-9));
}

function drawFrames(context, box, scale, view) {
  const step = niceStep(scale.perFrame, 52, 1);
  const ticks = [];
  for (let n = Math.max(Math.ceil(scale.from / step), 0); n * step < scale.to; n += 1) {
    ticks.push({ x: scale.x(n * step), text: `${n * step}` });
  }
  drawAxis(context, scale, view, ticks, `${view.frame}`, box.top, box.top + box.height);
  writeUnit(context, "frame", scale, box.top + 12);
}

function drawTime(context, box, scale, view) {
  const { first_frame: first, frame_shift: shift } = view.learner.clock;
  const { unit } = view.run;
  const step = niceStep(scale.perFrame / shift, 64, 0.001);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = [];
  for (
    let n = Math.ceil((first + scale.from * shift) / step);
    n * step < first + scale.to * shift;
    n += 1
  ) {
    ticks.push({
      x: scale.x((n * step - first) / shift),
      text: (n * step).toFixed(digits),
    });
  }
  const tag = `${view.seconds.toFixed(3)}\u2009${unit}`;
  drawAxis(context, scale, view, ticks, tag, box.top + 4, box.top);
  writeUnit(context, unit, scale, box.top + 16);
}

function writeUnit(context, text, scale, y) {
  context.textAlign = "right";
  context.fillText(text, scale.left - 12, y);
}

/** Ticks at `edge`, their names in a row of 16 pixels, and a tag that hides none of them. */
function drawAxis(context, scale, view, ticks, tag, top, edge) {
  const { colours } = view;
  const right = scale.left + scale.width;
  const half = (text) => context.measureText(text).width / 2;
  const wide = half(tag) + 4;
  const at = Math.min(Math.max(scale.x(view.frame), scale.left + wide), right - wide);
  context.strokeStyle = colours.muted;
  context.fillStyle = colours.muted;
  context.textAlign = "center";
  const tall = edge > top ? -4 : 4;
  for (const { x, text } of ticks) {
    line(context, x, edge, x, edge + tall);
    const clear = Math.abs(x - at) > wide + half(text) + 2;
    if (clear && x + half(text) < right + 8) context.fillText(text, x, top + 12);
  }
  context.fillStyle = colours.ink;
  context.fillRect(at - wide, top - 1, 2 * wide, 16);
  context.fillStyle = colours.ground;
  context.fillText(tag, at, top + 12);
  context.fillStyle = colours.muted;
}

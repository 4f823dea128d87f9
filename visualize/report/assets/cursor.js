// The frame in hand, drawn over the strips: its window, and the teacher frames it learns from.

function drawCursor(context, boxes, scale, view) {
  const { utterance, frame, colours, choices } = view;
  const { teacher, links, student, band } = boxes;
  drawFrames(context, boxes.frames, scale, view);
  drawTime(context, boxes.time, scale, view);
  const edge = (one) => Math.min(Math.max(one, 0), utterance.frames);
  const column = (one, from, to, name) => {
    context.fillStyle = colours[name];
    context.fillRect(scale.x(from - 0.5), one.top, (to - from) * scale.perFrame, one.height);
  };
  const bottom = links.top + links.height;
  context.save();
  context.beginPath();
  context.rect(scale.left, 0, scale.width, context.canvas.height);
  context.clip();

  context.globalAlpha = 0.3;
  if (choices) {
    const [from, to] = [edge(frame - choices.left), edge(frame - choices.left + choices.columns)];
    if (to > from) {
      column(teacher, from, to, "seen");
      context.beginPath();
      context.moveTo(scale.x(from - 0.5), links.top);
      context.lineTo(scale.x(to - 0.5), links.top);
      context.lineTo(scale.x(frame + 0.5), bottom);
      context.lineTo(scale.x(frame - 0.5), bottom);
      context.fill();
    }
  }
  column(student, frame, frame + 1, "seen");
  context.globalAlpha = 1;

  context.strokeStyle = colours.ink;
  context.setLineDash([2, 2]);
  const { speech } = boxes;
  line(context, scale.x(frame), speech.top, scale.x(frame), speech.top + speech.height);
  context.setLineDash([]);
  line(context, scale.x(frame), student.top + NAMES, scale.x(frame), student.top + student.height);
  for (const { frame: other, weight } of choices ? choices.of(frame) : []) {
    if (weight < FAINTEST) continue;
    context.lineWidth = 0.5 + (1.5 * weight) / 1000;
    line(context, scale.x(other), links.top, scale.x(frame), bottom);
    line(
      context,
      scale.x(other),
      teacher.top + NAMES,
      scale.x(other),
      teacher.top + teacher.height,
    );
  }
  context.lineWidth = 1;
  if (view.teacherFrame !== null) {
    context.setLineDash([3, 3]);
    line(context, scale.x(view.teacherFrame), links.top, scale.x(frame), bottom);
    line(
      context,
      scale.x(view.teacherFrame),
      teacher.top + NAMES,
      scale.x(view.teacherFrame),
      links.top,
    );
    context.setLineDash([]);
  }
  if (band) {
    const cell = band.height / choices.columns;
    const { frame: other } = compared(view);
    context.strokeStyle = colours.student;
    context.lineWidth = 2;
    context.strokeRect(scale.x(frame - 0.5), band.top, scale.perFrame, band.height);
    if (other !== null) {
      const y = band.top + (choices.columns - 1 - (other - frame + choices.left)) * cell;
      context.strokeRect(scale.x(frame - 0.5), y, scale.perFrame, cell);
    }
    context.lineWidth = 1;
  }
  context.restore();
}

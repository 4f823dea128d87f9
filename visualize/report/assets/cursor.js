// The frame in hand, drawn over the strips: its window, and the teacher frames it learns from.

function drawCursor(context, boxes, scale, view) {
  const { frame, colours, choices } = view;
  const { teacher, links, student, band } = boxes;
  drawFrames(context, boxes.frames, scale, view);
  drawTime(context, boxes.time, scale, view);
  const edge = (one) => Math.min(Math.max(one, 0), view.taughtBy.distributions.frames);
  const theirs = (one) => scale.x(onStudentAxis(view, one));
  const column = (one, from, to) => {
    context.fillStyle = colours.seen;
    context.fillRect(from, one.top, to - from, one.height);
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
      column(teacher, theirs(from - 0.5), theirs(to - 0.5));
      context.beginPath();
      context.moveTo(theirs(from - 0.5), links.top);
      context.lineTo(theirs(to - 0.5), links.top);
      context.lineTo(scale.x(frame + 0.5), bottom);
      context.lineTo(scale.x(frame - 0.5), bottom);
      context.fill();
    }
  }
  column(student, scale.x(frame - 0.5), scale.x(frame + 0.5));
  context.globalAlpha = 1;

  context.strokeStyle = colours.ink;
  context.setLineDash([2, 2]);
  const { speech } = boxes;
  if (speech)
    line(context, scale.x(frame), speech.top, scale.x(frame), speech.top + speech.height);
  context.setLineDash([]);
  line(context, scale.x(frame), student.top + NAMES, scale.x(frame), student.top + student.height);
  for (const { frame: other, weight } of choices ? choices.of(frame) : []) {
    if (weight < FAINTEST) continue;
    context.lineWidth = 0.5 + (1.5 * weight) / 1000;
    line(context, theirs(other), links.top, scale.x(frame), bottom);
    line(context, theirs(other), teacher.top + NAMES, theirs(other), teacher.top + teacher.height);
  }
  context.lineWidth = 1;
  if (view.teacherFrame !== null) {
    context.setLineDash([3, 3]);
    const at = theirs(view.teacherFrame);
    line(context, at, links.top, scale.x(frame), bottom);
    line(context, at, teacher.top + NAMES, at, links.top);
    context.setLineDash([]);
  }
  writeNumbers(context, view);
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

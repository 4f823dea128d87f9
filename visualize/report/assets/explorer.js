// The explorer: what is looked at, how it changes, and when it is drawn.

const READABLE = 4; // pixels of a frame, before anyone has zoomed
const SMALLEST = 8; // frames in view at the highest zoom
const GUTTER = 46; // pixels for the numbers of an axis
const QUIET = 300; // milliseconds without a change before it is spoken

class Explorer {
  constructor(root, run) {
    this.root = root;
    this.part = (name) => root.querySelector(`[data-part="${name}"]`);
    this.stage = this.part("stage");
    this.view = { run, frame: 0, from: 0, to: 1 };
    this.held = false;
    this.fillChoices();
    this.openUtterance(0, run.first);
    listen(this);
  }

  fillChoices() {
    const { run } = this.view;
    this.part("utterance").append(
      ...run.utterances.map((one, n) => {
        const option = made("option", "", `${one.name}: ${one.why}`);
        option.value = n;
        return option;
      }),
    );
    this.part("students").append(
      ...run.students.map((one, n) => {
        const input = made("input");
        Object.assign(input, {
          type: "radio",
          name: "student",
          value: n,
          checked: n === run.first,
        });
        return made("label", "", "", [input, made("span", "", run.models[one.place].title)]);
      }),
    );
  }

  openUtterance(n, student) {
    const { view } = this;
    view.utterance = view.run.utterance(n);
    view.learner = null;
    this.chooseStudent(student);
    openSound(this);
    const late = mostLate(view.links);
    const count = Math.max(Math.floor(this.scale.width / READABLE), SMALLEST);
    this.show(late - (count >> 1), count);
    this.moveTo(late);
  }

  chooseStudent(n) {
    const { view } = this;
    const { run, utterance } = view;
    const model = run.students[n];
    const before = view.learner?.clock;
    const of = (place, distributions) => ({
      ...run.models[place], // title and clock
      distributions: utterance.distributions[distributions],
      spikes: utterance.spikes[place],
    });
    const { links, late, choices } = utterance.students[n];
    Object.assign(view, { student: n, model, teacherFrame: null, links, late, choices });
    view.taughtBy = of(model.teacher, model.teacher_distributions);
    view.learner = of(model.place, model.distributions);
    view.frames = view.learner.distributions.frames;
    this.root.className = model.colour;
    this.part("window").hidden = !choices;
    const loss = choices ? ` Loss of this utterance: ${choices.loss} nats.` : "";
    this.part("explained").textContent = model.note + loss;
    this.stage.setAttribute("aria-valuemax", view.frames - 1);
    this.layOut();
    if (before) this.keepTime(before);
  }

  /** The same stretch of time and the same moment, in frames of another clock. */
  keepTime(before) {
    const { from, to, frame, learner } = this.view;
    const now = (one) => Math.round(frameAt(learner.clock, secondsAt(before, one)));
    const count = Math.round(((to - from) * before.frame_shift) / learner.clock.frame_shift);
    this.show(now(from + 0.5), count);
    this.moveTo(now(frame));
  }

  /** Show `count` frames from `from` on, as far as there are any. */
  show(from, count) {
    const { view } = this;
    const { frames } = view;
    const shown = Math.min(Math.max(count, SMALLEST), frames);
    view.from = Math.min(Math.max(from, 0), frames - shown) - 0.5;
    view.to = view.from + shown;
    const [first, last] = [Math.ceil(view.from), Math.floor(view.to)];
    this.part("range").textContent =
      shown === frames
        ? `all ${frames} frames, 0 to ${frames - 1}`
        : `frames ${first} to ${last} of 0 to ${frames - 1}`;
    this.draw(true);
  }

  zoom(factor, around = this.view.frame) {
    const { from, to } = this.view;
    const count = Math.max(Math.round((to - from) * factor), SMALLEST);
    const share = Math.min(Math.max((around - from) / (to - from), 0), 1);
    const first = Math.round(around + 0.5 - share * count);
    this.show(Math.min(Math.max(first, around - count + 1), around), count);
  }

  moveTo(frame, teacherFrame = null, byAudio = false) {
    const { view } = this;
    view.frame = Math.min(Math.max(frame, 0), view.frames - 1);
    view.seconds = secondsAt(view.learner.clock, view.frame);
    view.teacherFrame = teacherFrame;
    if (!byAudio) seekSound(this);
    const count = view.to - view.from;
    const room = Math.min(3, count / 4);
    if (view.frame < view.from + room) this.show(view.frame - room, count);
    else if (view.frame > view.to - room) this.show(view.frame + room - count + 1, count);
    this.draw(false);
  }

  /** Compare with the next visible teacher frame of the window. */
  compareNext(step) {
    const { frame, choices } = this.view;
    if (!choices) return;
    const frames = windowOf(choices, frame).filter(
      (one) => choices.divergence(frame, one) !== HIDDEN,
    );
    const place = frames.indexOf(compared(this.view).frame ?? foremost(choices, frame)) + step;
    if (place in frames) this.moveTo(frame, frames[place]);
  }

  nextSpike(step) {
    const {
      frame,
      learner: {
        spikes: { frames },
      },
    } = this.view;
    const place = step > 0 ? lowerBound(frames, frame + 1) : lowerBound(frames, frame) - 1;
    if (place in frames) this.moveTo(frames[place]);
  }

  /** Give every strip its place; its title stands above it. */
  layOut() {
    const { view } = this;
    const width = this.stage.clientWidth;
    const small = width < 560;
    const { choices, taughtBy, learner, utterance } = view;
    const tall = small ? 84 : 106;
    const rows = choices ? Math.min(Math.max(choices.columns * 11, 22), small ? 90 : 132) : 0;
    const strips = [
      ["frames", "", 16, null],
      ["speech", "speech: log-mel energies by frequency (Hz)", small ? 40 : 56, drawSpeech],
      ["phones", "true labels", 18, drawPhones],
      ["teacher", `${taughtBy.title}: posterior, and spikes by name`, tall, drawPosteriors],
      ["links", `offset: student minus teacher (${view.run.late})`, 70, drawLinks],
      ["student", `${learner.title}: posterior, and spikes by name`, tall, drawPosteriors],
      ["band", "divergence by distance of the teacher frame (frames)", rows, drawBand],
      ["time", "", 20, null],
      ["overview", "", 16, drawOverview],
    ].filter(
      ([name]) =>
        (name !== "band" || choices) &&
        (name !== "speech" || utterance.speech) &&
        (name !== "phones" || utterance.phones[0].length),
    );
    let top = 0;
    this.boxes = strips.map(([name, title, height, draw]) => {
      top += title ? 20 : 5;
      const box = { name, title, top, height, draw };
      top += height;
      return box;
    });
    this.size = { width, height: top + 2 };
    this.draw(true);
  }

  /** Draw at the next refresh of the screen: everything, or only what follows the pointer. */
  draw(all) {
    this.all ||= all;
    this.pending ??= requestAnimationFrame(() => {
      this.pending = null;
      if (this.all) this.drawStrips();
      this.all = false;
      this.drawFrame();
    });
  }

  cleared(name) {
    const canvas = this.part(name);
    const { width, height } = this.size;
    const ratio = window.devicePixelRatio || 1;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== across || canvas.height !== down) {
      canvas.width = across;
      canvas.height = down;
      canvas.style.height = this.stage.style.height = `${height}px`;
    }
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = `12px ${this.view.colours.font}`;
    return context;
  }

  get scale() {
    return new Scale(GUTTER, this.size.width - GUTTER - 8, this.view.from, this.view.to);
  }

  drawStrips() {
    const { view, boxes, scale } = this;
    view.colours = coloursOf(this.stage);
    view.hidden = { names: 0, offsets: 0 };
    const context = this.cleared("strips");
    for (const box of boxes.filter((one) => one.draw)) {
      context.save();
      context.lineWidth = 1;
      writeTitle(context, box, scale, view);
      context.beginPath();
      context.rect(scale.left - 1, box.top - 1, scale.width + 2, box.height + 2);
      context.clip();
      box.draw(context, box, scale, view);
      context.restore();
    }
    this.part("hidden").textContent = withoutRoom(view.hidden);
  }

  drawFrame() {
    const { view, scale } = this;
    const boxes = Object.fromEntries(this.boxes.map((one) => [one.name, one]));
    drawCursor(this.cleared("cursor"), boxes, scale, view);
    showFrame(this.part, view);
    const { frame, frames, run } = view;
    this.stage.setAttribute("aria-valuenow", frame);
    this.stage.setAttribute(
      "aria-valuetext",
      `frame ${frame} of 0 to ${frames - 1}, ${view.seconds.toFixed(3)} ${run.unit}`,
    );
    this.part("held").hidden = !this.held;
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      this.part("spoken").textContent = this.part("sentence").textContent;
    }, QUIET);
  }
}

/** What is not written because it would touch its neighbour. */
function withoutRoom({ names, offsets }) {
  const some = (count, what) => (count ? [`${count} ${what}${count === 1 ? "" : "s"}`] : []);
  const missing = [...some(names, "name"), ...some(offsets, "offset")].join(" and ");
  return missing && `No room for ${missing}: zoom in.`;
}

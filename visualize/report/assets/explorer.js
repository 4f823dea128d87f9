// The explorer: what is looked at, how it changes, and when it is drawn.

const READABLE = 4; // pixels of a frame, before anyone has zoomed
const SMALLEST = 8; // frames in view at the highest zoom
const GUTTER = 36; // pixels for the numbers of an axis
const QUIET = 300; // milliseconds without a change before it is spoken

class Explorer {
  constructor(root, run) {
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
        const option = made("option", "", `${one.name}: ${one.frames} frames, ${one.why}`);
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
    this.chooseStudent(student);
    this.stage.setAttribute("aria-valuemax", view.utterance.frames - 1);
    const late = mostLate(view.links);
    const count = Math.max(Math.floor(this.scale.width / READABLE), SMALLEST);
    this.show(late - (count >> 1), count);
    this.moveTo(late);
  }

  chooseStudent(n) {
    const { run, utterance } = this.view;
    const model = run.students[n];
    const of = (place, distributions) => ({
      title: run.models[place].title,
      distributions: utterance.distributions[distributions],
      spikes: utterance.spikes[place],
    });
    Object.assign(this.view, { student: n, model, teacherFrame: null, ...utterance.students[n] });
    this.view.taughtBy = of(model.teacher, model.teacher_distributions);
    this.view.learner = of(model.place, model.distributions);
    this.part("window").hidden = !model.rule;
    const loss = this.view.choices
      ? ` Loss of this utterance: ${this.view.choices.loss} nats.`
      : "";
    this.part("explained").textContent = model.note + loss;
    this.layOut();
  }

  /** Show `count` frames from `from` on, as far as there are any. */
  show(from, count) {
    const { view } = this;
    const { frames } = view.utterance;
    const shown = Math.min(Math.max(count, SMALLEST), frames);
    view.from = Math.min(Math.max(from, 0), frames - shown) - 0.5;
    view.to = view.from + shown;
    const [first, last] = [Math.ceil(view.from), Math.floor(view.to)];
    this.part("range").textContent =
      shown === frames ? `all ${frames} frames` : `frames ${first} to ${last} of ${frames}`;
    this.draw(true);
  }

  zoom(factor, around = this.view.frame) {
    const { from, to } = this.view;
    const count = Math.max(Math.round((to - from) * factor), SMALLEST);
    const share = Math.min(Math.max((around - from) / (to - from), 0), 1);
    const first = Math.round(around + 0.5 - share * count);
    this.show(Math.min(Math.max(first, around - count + 1), around), count);
  }

  moveTo(frame, teacherFrame = null) {
    const { view } = this;
    view.frame = Math.min(Math.max(frame, 0), view.utterance.frames - 1);
    view.teacherFrame = teacherFrame;
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
    const rows = choices ? Math.min(Math.max(choices.columns * 11, 22), small ? 90 : 132) : 0;
    const strips = [
      ["frames", "", 16, null],
      ["speech", "speech: log-mel energies", small ? 40 : 56, drawSpeech],
      ["phones", "true phones", 18, drawPhones],
      ["teacher", `${taughtBy.title}: posteriors, spikes by name`, small ? 68 : 92, drawPosteriors],
      ["links", "", small ? 52 : 70, drawLinks],
      ["student", `${learner.title}: posteriors, spikes by name`, small ? 68 : 92, drawPosteriors],
      ["band", "divergence by distance of the teacher frame", rows, drawBand],
      ["time", "", 20, null],
      ["overview", "", 16, drawOverview],
    ].filter(
      ([name]) => (name !== "band" || choices) && (name !== "phones" || utterance.phones[0].length),
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
  }

  drawFrame() {
    const { view, scale } = this;
    const boxes = Object.fromEntries(this.boxes.map((one) => [one.name, one]));
    drawCursor(this.cleared("cursor"), boxes, scale, view);
    showFrame(this.part, view);
    const { frame, run, utterance } = view;
    this.stage.setAttribute("aria-valuenow", frame);
    this.stage.setAttribute(
      "aria-valuetext",
      `frame ${frame} of ${utterance.frames}, ${run.seconds(frame).toFixed(3)} seconds`,
    );
    this.part("held").hidden = !this.held;
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      this.part("spoken").textContent = this.part("sentence").textContent;
    }, QUIET);
  }
}

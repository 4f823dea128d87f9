// Pointer, keyboard, buttons: what they change in an explorer.

/** Keys that work while the strips have the focus. */
const KEYS = {
  ArrowLeft: (explorer) => explorer.moveTo(explorer.view.frame - 1),
  ArrowRight: (explorer) => explorer.moveTo(explorer.view.frame + 1),
  ArrowUp: (explorer) => explorer.compareNext(-1),
  ArrowDown: (explorer) => explorer.compareNext(1),
  PageUp: (explorer) => explorer.moveTo(explorer.view.frame - 10),
  PageDown: (explorer) => explorer.moveTo(explorer.view.frame + 10),
  Home: (explorer) => explorer.moveTo(0),
  End: (explorer) => explorer.moveTo(explorer.view.frames - 1),
  "+": (explorer) => explorer.zoom(1 / 1.5),
  "=": (explorer) => explorer.zoom(1 / 1.5), // the same key without Shift
  "-": (explorer) => explorer.zoom(1.5),
  0: (explorer) => explorer.zoom(Infinity),
  n: (explorer) => explorer.nextSpike(1),
  p: (explorer) => explorer.nextSpike(-1),
  a: (explorer) => playOrPause(explorer),
  " ": (explorer) => hold(explorer, !explorer.held),
  Escape: (explorer) => hold(explorer, false),
};

function hold(explorer, held) {
  explorer.held = held;
  explorer.draw(false);
}

function listen(explorer) {
  const { part, stage } = explorer;
  stage.addEventListener("keydown", (event) => {
    if (!(event.key in KEYS) || event.ctrlKey || event.metaKey || event.altKey) return;
    KEYS[event.key](explorer);
    event.preventDefault();
  });
  part("utterance").addEventListener("change", (event) =>
    explorer.openUtterance(Number(event.target.value), explorer.view.student),
  );
  part("students").addEventListener("change", (event) =>
    explorer.chooseStudent(Number(event.target.value)),
  );
  part("nearer").addEventListener("click", () => explorer.zoom(1 / 1.5));
  part("farther").addEventListener("click", () => explorer.zoom(1.5));
  part("whole").addEventListener("click", () => explorer.zoom(Infinity));
  part("divergences").addEventListener("click", (event) => {
    const row = event.target.closest("tr:not(.hidden-frame)");
    if (row) explorer.moveTo(explorer.view.frame, Number(row.dataset.frame));
  });
  listenToPointer(explorer);
  listenToSound(explorer);
  new ResizeObserver(() => explorer.layOut()).observe(part("width"));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => explorer.draw(true));
}

/** What is under the pointer: a student frame, in the band a teacher frame too, or the overview. */
function pointed(explorer, event) {
  const { scale, boxes, view } = explorer;
  const { left, top } = explorer.stage.getBoundingClientRect();
  const [x, y] = [event.clientX - left, event.clientY - top];
  const box = boxes.find((one) => y >= one.top && y < one.top + one.height) ?? { name: "" };
  const frame = Math.min(Math.max(Math.round(scale.frame(x)), 0), view.frames - 1);
  let teacherFrame = null;
  if (box.name === "band") {
    const { choices } = view;
    const row = Math.floor(((y - box.top) / box.height) * choices.columns);
    teacherFrame = frame - choices.left + choices.columns - 1 - row;
    if (choices.divergence(frame, teacherFrame) === HIDDEN) teacherFrame = null;
  }
  return { x, frame, teacherFrame, overview: box.name === "overview" };
}

function listenToPointer(explorer) {
  const { stage, view } = explorer;
  let grip = null; // where a drag began, and what was in view

  const drag = (event) => {
    const { x } = pointed(explorer, event);
    const count = view.to - view.from;
    const { left, width, perFrame } = explorer.scale;
    if (grip.overview) {
      explorer.show(((x - left) / width) * view.frames - count / 2, count);
    } else if (grip.moved || Math.abs(x - grip.x) > 4) {
      grip.moved = true;
      explorer.show(grip.from + 0.5 + (grip.x - x) / perFrame, count);
    }
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const { x, overview } = pointed(explorer, event);
    grip = { x, overview, from: view.from, moved: overview };
    stage.setPointerCapture(event.pointerId);
    if (overview) drag(event);
  });
  stage.addEventListener("pointermove", (event) => {
    if (grip && (event.pointerType === "mouse" || grip.overview)) return drag(event);
    const { frame, teacherFrame, overview } = pointed(explorer, event);
    if (!overview && !explorer.held && !plays(explorer)) explorer.moveTo(frame, teacherFrame);
  });
  stage.addEventListener("pointerup", (event) => {
    if (grip && !grip.moved) {
      const { frame, teacherFrame } = pointed(explorer, event);
      explorer.moveTo(frame, teacherFrame);
      if (event.pointerType === "mouse") hold(explorer, !explorer.held);
    }
    grip = null;
  });
  stage.addEventListener("pointercancel", () => {
    grip = null;
  });
  stage.addEventListener(
    "wheel",
    (event) => {
      const { frame } = pointed(explorer, event);
      if (event.ctrlKey || event.metaKey) explorer.zoom(Math.exp(event.deltaY * 0.01), frame);
      else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        explorer.show(
          view.from + 0.5 + event.deltaX / explorer.scale.perFrame,
          view.to - view.from,
        );
      } else return; // the page scrolls
      event.preventDefault();
    },
    { passive: false },
  );
}

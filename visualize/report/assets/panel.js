// The numbers of one student frame: tables beside the strips, and the same in a sentence.

const MOST_ROWS = 13; // teacher frames in the table; the strip shows the whole window
const MOST_SYMBOLS = 7;

/** An element with a class, a text, and children; text is never read as HTML. */
function made(tag, name = "", text = "", children = []) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text) element.textContent = text;
  element.append(...children);
  return element;
}

/** The window of a rule at a frame: its teacher frames, those outside included. */
function windowOf(choices, frame) {
  return Array.from({ length: choices.columns }, (_, column) => frame - choices.left + column);
}

/** The teacher frame of most weight, then the most similar; of the window if none is selected. */
function foremost(choices, frame) {
  const chosen = choices.of(frame);
  const among = chosen.length
    ? chosen
    : windowOf(choices, frame).map((one) => ({ frame: one, weight: 0 }));
  const divergence = (one) => choices.divergence(frame, one.frame);
  return among.reduce((best, one) =>
    (one.weight - best.weight || divergence(best) - divergence(one)) > 0 ? one : best,
  ).frame;
}

/** The student's frame of the spike that is furthest behind the teacher's. */
function mostLate([teachers, students]) {
  let latest = 0;
  for (let n = 1; n < students.length; n += 1) {
    if (students[n] - teachers[n] > students[latest] - teachers[latest]) latest = n;
  }
  return students[latest] ?? 0;
}

/** The teacher's frame that is nearest in time to the student's. */
function nearest(view) {
  const frame = Math.round(onTeacherAxis(view, view.frame));
  return Math.min(Math.max(frame, 0), view.taughtBy.distributions.frames - 1);
}

/** What is compared with the student's frame: a teacher frame, or the mixture of several. */
function compared(view) {
  const { choices } = view;
  if (!choices) return { frame: nearest(view), distributions: view.taughtBy.distributions };
  if (view.teacherFrame !== null) {
    return { frame: view.teacherFrame, distributions: view.taughtBy.distributions };
  }
  if (choices.mixture && choices.of(view.frame).length) {
    return { frame: null, distributions: choices.mixture };
  }
  return { frame: foremost(choices, view.frame), distributions: view.taughtBy.distributions };
}

function showWindow(body, view) {
  const { run, frame, choices } = view;
  if (!choices) {
    body.replaceChildren();
    return;
  }
  const chosen = new Map(choices.of(frame).map((one) => [one.frame, one.weight]));
  const { frame: shown } = compared(view);
  let frames = windowOf(choices, frame);
  if (frames.length > MOST_ROWS) {
    const centre = shown ?? foremost(choices, frame);
    const first = Math.min(
      Math.max(centre - frames[0] - (MOST_ROWS >> 1), 0),
      frames.length - MOST_ROWS,
    );
    frames = frames.slice(first, first + MOST_ROWS);
  }
  const longest = Math.max(
    1,
    ...frames.map((one) => choices.divergence(frame, one)).filter((one) => one !== HIDDEN),
  );
  body.replaceChildren(
    ...frames.map((one) => {
      const value = choices.divergence(frame, one);
      const bar = made("span", "bar");
      bar.style.width = value === HIDDEN ? "0" : `${(100 * value) / longest}%`;
      const outside = one < 0 || one >= view.taughtBy.distributions.frames;
      const row = made("tr", chosen.get(one) ? "chosen" : "", "", [
        made("td", "number", outside ? "\u2013" : `${one}`),
        made("td", "number", signed(frame - one)),
        made("td", "bars", "", [bar]),
        made("td", "number", run.divergence(value)),
        made("td", "number", chosen.has(one) ? run.weight(chosen.get(one)) : ""),
      ]);
      row.dataset.frame = one;
      if (one === shown) row.classList.add("compared");
      if (value === HIDDEN) row.classList.add("hidden-frame");
      return row;
    }),
  );
}

function showDistributions(body, view) {
  const { run, frame } = view;
  const { frame: other, distributions } = compared(view);
  const ours = view.learner.distributions;
  const theirs = other ?? frame; // a mixture belongs to the student's frame
  const value = (symbol) =>
    Math.max(distributions.value(theirs, symbol), ours.value(frame, symbol));
  const symbols = new Set(
    [...distributions.top(theirs, MOST_SYMBOLS), ...ours.top(frame, MOST_SYMBOLS)].map(
      (one) => one.symbol,
    ),
  );
  const rows = [...symbols].sort((a, b) => value(b) - value(a) || a - b).slice(0, MOST_SYMBOLS);
  body.replaceChildren(
    ...rows.map((symbol) => {
      const [p, q] = [distributions.value(theirs, symbol), ours.value(frame, symbol)];
      const bars = [p, q].map((one) => {
        const bar = made("span", symbol === run.blank ? "bar blank" : "bar");
        bar.style.width = `${(100 * one) / run.one}%`;
        return bar;
      });
      return made("tr", "", "", [
        made("td", "number", run.probability(p)),
        made("td", "bars teacher", "", [bars[0]]),
        made("th", "symbol", run.symbols[symbol]),
        made("td", "bars student", "", [bars[1]]),
        made("td", "number", run.probability(q)),
      ]);
    }),
  );
}

function best(run, distributions, frame) {
  const [{ symbol, value }] = distributions.top(frame, 1);
  return `${run.symbols[symbol]} (${run.probability(value)})`;
}

function earlier(count) {
  if (count === 0) return "the same frame";
  const frames = Math.abs(count) === 1 ? "1 frame" : `${Math.abs(count)} frames`;
  return `${frames} ${count > 0 ? "earlier" : "later"}`;
}

/** This frame in one or two sentences. */
function sentence(view) {
  const { run, frame, model, choices } = view;
  const own = `The best class of the student is ${best(run, view.learner.distributions, frame)}`;
  const ofTeacher = (one) => best(run, view.taughtBy.distributions, one);
  if (!choices) {
    const other = nearest(view);
    const where = other === frame ? "at the same frame" : `in frame ${other}`;
    return `${own}, that of the teacher ${ofTeacher(other)} ${where}. ${model.note}`;
  }
  const about = (one) => {
    const value = run.divergence(choices.divergence(frame, one));
    return `${one} (${earlier(frame - one)}): best class ${ofTeacher(one)}, divergence ${value} nats`;
  };
  const other = view.teacherFrame;
  const comparison = other === null ? "" : ` Compared with teacher frame ${about(other)}.`;
  return `${own}. ${chosenIn(view, about)}${comparison}`;
}

/** What the rule selected, in a sentence; `about` describes one teacher frame. */
function chosenIn({ run, frame, model, choices }, about) {
  const chosen = choices.of(frame);
  const first = foremost(choices, frame);
  if (!chosen.length) {
    const seen = choices.divergence(frame, first) !== HIDDEN;
    const similar = seen ? ` The most similar in its window is ${about(first)}.` : "";
    return `No teacher frame is selected for this frame.${similar}`;
  }
  if (choices.mixture) {
    const weight = run.weight(chosen.find((one) => one.frame === first).weight);
    const most = `the largest weight (${weight}) has frame ${about(first)}`;
    return `${model.rule} mixes ${chosen.length} teacher frames; ${most}.`;
  }
  if (chosen.length === 1) return `${model.rule} selected teacher frame ${about(first)}.`;
  const all = `${model.rule} selected teacher frames ${listed(chosen.map((one) => one.frame))}`;
  return `${all}; the most similar is ${about(first)}.`;
}

const listed = (frames) => `${frames.slice(0, -1).join(", ")} and ${frames[frames.length - 1]}`;

function phoneAt(view) {
  const [labels, starts, ends] = view.utterance.phones;
  const n = starts.findIndex((start, m) => start <= view.seconds && view.seconds < ends[m]);
  return n < 0 ? "" : labels[n];
}

function showFrame(part, view) {
  const { frame } = view;
  const { frame: other } = compared(view);
  const phone = phoneAt(view);
  part("frame").textContent = `frame ${frame} of 0 to ${view.frames - 1}`;
  part("seconds").textContent = `${view.seconds.toFixed(3)} ${view.run.unit}`;
  part("phone").textContent = phone && `true label ${phone}`;
  part("sentence").textContent = sentence(view);
  part("other").textContent = other === null ? "mixture" : `teacher, frame ${other}`;
  part("own").textContent = `student, frame ${frame}`;
  showWindow(part("divergences"), view);
  showDistributions(part("posteriors"), view);
}

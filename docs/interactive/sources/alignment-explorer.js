// The page of the alignment explorer: the report's explorer of one run, and three places in it.

const told = new Run(await inflated(document.getElementById("explorer-data").textContent.trim()));
const explorer = new Explorer(document.getElementById("explorer"), told);
const placeOf = (title) => told.students.findIndex((one) => told.models[one.place].title === title);
const HARD = told.students.findIndex((one) => one.rule.startsWith("Hard"));
const ORDERED = told.students.findIndex((one) => one.rule.startsWith("OrderedPath"));

function show(student, utterance, frame) {
  document.querySelectorAll("[name=student]")[student].checked = true;
  if (utterance !== null) {
    document.querySelector("[data-part=utterance]").value = utterance;
    explorer.openUtterance(utterance, student);
  } else explorer.chooseStudent(student);
  if (frame !== null) explorer.moveTo(frame);
  explorer.stage.scrollIntoView({ block: "center" });
  explorer.stage.focus({ preventScroll: true });
}

/** Where a spike of the teacher is of which no student frame chose any frame. */
function neverChosen(student) {
  const { teacher, teacher_distributions: place } = told.students[student];
  for (let n = 0; n < told.utterances.length; n += 1) {
    const { students, spikes, distributions } = told.utterance(n);
    const chosen = new Set(students[student].choices.teacherFrames);
    const { labels, frames } = spikes[teacher];
    const foremostAt = (t) => distributions[place].top(t, 1)[0].symbol;
    for (let m = 0; m < frames.length; m += 1) {
      let end = frames[m];
      while (end < distributions[place].frames && foremostAt(end) === labels[m]) end += 1;
      const run = Array.from({ length: end - frames[m] }, (_, t) => frames[m] + t);
      if (!run.some((t) => chosen.has(t))) return { utterance: n, frame: frames[m] };
    }
  }
  return { utterance: 0, frame: 0 };
}

const missed = neverChosen(HARD);
const presses = [
  () => show(placeOf("CTC alone"), null, null),
  () => show(HARD, missed.utterance, missed.frame),
  () => show(ORDERED, missed.utterance, missed.frame),
];
presses.forEach((press, n) => {
  document.querySelector(`#try-${n + 1} button`).addEventListener("click", press);
  if (location.hash === `#try-${n + 1}`) press();
});
globalThis.refkd = { told, explorer, missed }; // for the console, and for tests

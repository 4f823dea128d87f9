// The speech of an utterance, as long as there is audio of it; the frame in hand follows it.

const plays = (explorer) => !explorer.part("audio").paused;

/** Give the player the audio of the utterance in view, or show why there is none. */
function openSound(explorer) {
  const { utterance } = explorer.view;
  const player = explorer.part("audio");
  player.pause();
  player.hidden = !utterance.audio;
  explorer.part("silenced").hidden = !utterance.silenced;
  if (utterance.audio) player.src = `data:audio/wav;base64,${utterance.audio}`;
  else player.removeAttribute("src");
}

/** Let the player go on from the frame in hand when it is started. */
function seekSound(explorer) {
  const player = explorer.part("audio");
  if (player.hidden || plays(explorer)) return;
  explorer.sought = Math.max(explorer.view.seconds - explorer.view.utterance.audioFrom, 0);
  player.currentTime = explorer.sought;
}

function playOrPause(explorer) {
  const player = explorer.part("audio");
  if (player.hidden) return;
  if (player.paused) player.play();
  else player.pause();
}

/** Show the frame at the current time of the audio. */
function followSound(explorer) {
  const { view } = explorer;
  const seconds = view.utterance.audioFrom + explorer.part("audio").currentTime;
  const nearest = Math.round(frameAt(view.learner.clock, seconds));
  const frame = Math.min(Math.max(nearest, 0), view.frames - 1);
  if (frame !== view.frame) explorer.moveTo(frame, null, true);
}

function listenToSound(explorer) {
  const player = explorer.part("audio");
  const follow = () => {
    followSound(explorer);
    if (!player.paused) requestAnimationFrame(follow);
  };
  player.addEventListener("play", follow);
  player.addEventListener("seeking", () => {
    const bySeeker = player.paused && Math.abs(player.currentTime - explorer.sought) > 0.001;
    if (bySeeker && player.currentTime < player.duration) followSound(explorer);
  });
}

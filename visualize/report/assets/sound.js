// The speech of an utterance, as long as there is audio of it; the frame in hand follows it.

const plays = (explorer) => !explorer.part("audio").paused;

/** Give the player the audio of the utterance in view, or say why there is none. */
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
  explorer.sought = Math.max(explorer.view.seconds - explorer.view.utterance.heardFrom, 0);
  player.currentTime = explorer.sought;
}

function playOrPause(explorer) {
  const player = explorer.part("audio");
  if (player.hidden) return;
  if (player.paused) player.play();
  else player.pause();
}

/** The frame that is heard. */
function followSound(explorer) {
  const { view } = explorer;
  const seconds = view.utterance.heardFrom + explorer.part("audio").currentTime;
  const heard = Math.round(frameAt(view.learner.clock, seconds));
  const frame = Math.min(Math.max(heard, 0), view.frames - 1);
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

// What a run's page holds: arrays in base64, unpacked when an utterance is first shown.
// Every number was rounded by refkd to the digits that are shown; nothing is computed here.

const HIDDEN = 65535; // a teacher frame outside the window, outside the utterance, or invisible
const HIGHEST = 65534; // a divergence of this many thousandths of a nat, or more

function unpack(text, Numbers) {
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  return Numbers === Uint8Array ? bytes : new Numbers(bytes.buffer);
}

/** The text that was deflated and written in base64. */
function inflated(coded) {
  const deflated = new Blob([unpack(coded, Uint8Array)]).stream();
  return new Response(deflated.pipeThrough(new DecompressionStream("deflate"))).text();
}

function lowerBound(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Distributions of one model over one utterance, the most probable symbols first. */
class Distributions {
  constructor(packed, wide, one) {
    const Index = wide ? Uint16Array : Uint8Array;
    const counts = unpack(packed.counts, Index);
    this.one = one; // stands for a probability of 1
    this.symbols = unpack(packed.symbols, Index);
    this.values = unpack(packed.values, Uint16Array);
    this.starts = new Uint32Array(counts.length + 1);
    counts.forEach((count, t) => {
      this.starts[t + 1] = this.starts[t] + count;
    });
    this.frames = counts.length;
  }

  /** Symbols and values of a frame, at most `most` of them. */
  top(frame, most) {
    const end = Math.min(this.starts[frame + 1], this.starts[frame] + most);
    const found = [];
    for (let n = this.starts[frame]; n < end; n += 1) {
      found.push({ symbol: this.symbols[n], value: this.values[n] });
    }
    return found;
  }

  value(frame, symbol) {
    for (let n = this.starts[frame]; n < this.starts[frame + 1]; n += 1) {
      if (this.symbols[n] === symbol) return this.values[n];
    }
    return 0;
  }

  /** One curve over all frames for each symbol that ever matters to the eye. */
  get curves() {
    if (!this.drawn) {
      this.drawn = new Map();
      const least = 0.02 * this.one;
      for (let n = 0; n < this.values.length; n += 1) {
        if (this.values[n] >= least && !this.drawn.has(this.symbols[n])) {
          this.drawn.set(this.symbols[n], new Float32Array(this.frames));
        }
      }
      for (let t = 0; t < this.frames; t += 1) {
        for (let n = this.starts[t]; n < this.starts[t + 1]; n += 1) {
          const curve = this.drawn.get(this.symbols[n]);
          if (curve) curve[t] = this.values[n] / this.one;
        }
      }
    }
    return this.drawn;
  }
}

/** What a rule saw and chose in one utterance. */
class Choices {
  constructor(packed, wide, one) {
    this.left = packed.left;
    this.columns = packed.columns;
    this.loss = packed.loss;
    this.divergences = unpack(packed.divergences, Uint16Array);
    const pairs = unpack(packed.pairs, Uint16Array);
    this.studentFrames = pairs.subarray(0, pairs.length / 2);
    this.teacherFrames = pairs.subarray(pairs.length / 2);
    this.weights = packed.weights ? unpack(packed.weights, Uint16Array) : null;
    this.mixture = packed.mixture ? new Distributions(packed.mixture, wide, one) : null;
    this.highest = this.divergences.reduce(
      (most, one) => (one < HIGHEST ? Math.max(most, one) : most),
      1,
    );
  }

  /** Divergence of a student and a teacher frame, HIDDEN where the rule does not look. */
  divergence(frame, teacherFrame) {
    const column = teacherFrame - frame + this.left;
    return column < 0 || column >= this.columns
      ? HIDDEN
      : this.divergences[frame * this.columns + column];
  }

  /** Teacher frames that teach a student frame, and their weights in thousandths. */
  of(frame) {
    const found = [];
    for (let n = lowerBound(this.studentFrames, frame); this.studentFrames[n] === frame; n += 1) {
      found.push({ frame: this.teacherFrames[n], weight: this.weights ? this.weights[n] : 1000 });
    }
    return found;
  }
}

/** One utterance: the speech where it is known, and what every model makes of it. */
class Utterance {
  constructor(packed, run) {
    const wide = run.symbols.length > 255;
    const { name, phones, audio, silenced, speech } = packed;
    Object.assign(this, { name, phones, audio, silenced, audioFrom: packed.audio_from });
    this.speech = speech && { ...speech, levels: unpack(speech.levels, Uint8Array) };
    this.distributions = packed.distributions.map((one) => new Distributions(one, wide, run.one));
    this.spikes = packed.spikes.map(([labels, frames]) => ({
      labels: unpack(labels, Uint16Array),
      frames: unpack(frames, Uint16Array),
    }));
    this.students = packed.students.map((one) => ({
      late: one.late, // of each link
      links: one.links.map((frames) => unpack(frames, Uint16Array)), // the teacher's, the student's
      choices: one.choices && new Choices(one.choices, wide, run.one),
    }));
  }
}

class Run {
  constructor(text) {
    Object.assign(this, JSON.parse(text));
    this.one = 10 ** this.digits.probability;
    this.opened = new Map();
  }

  utterance(n) {
    if (!this.opened.has(n)) this.opened.set(n, new Utterance(this.utterances[n], this));
    return this.opened.get(n);
  }

  probability(value) {
    return (value / this.one).toFixed(this.digits.probability);
  }

  weight(value) {
    return (value / 1000).toFixed(3);
  }

  divergence(value) {
    if (value === HIDDEN) return "";
    return (value === HIGHEST ? "\u2265 " : "") + (value / 1000).toFixed(3);
  }
}

/** When a frame of a clock is, and which frame, not rounded, is at a time. */
const secondsAt = (clock, frame) => clock.first_frame + frame * clock.frame_shift;
const frameAt = (clock, seconds) => (seconds - clock.first_frame) / clock.frame_shift;

/** A signed whole number with a minus as wide as a plus; zero has no sign. */
function signed(number) {
  return number > 0 ? `+${number}` : number < 0 ? `\u2212${-number}` : "0";
}

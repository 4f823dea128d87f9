// A board: strips of one number for each frame, one below the other, drawn as bars; in some of them
// a bar can be dragged. A strip is
// { name, kind, label, title, height, low, high, value(t) } and perhaps
// set(t, value)   what dragging does
// mark(t)         a second number, drawn as a line across the bar
// says(t)         the sentence for screen readers
// draw(group, box, board), update(board), look(at, board), at(x, y, box), grab(x, y, box, board)
//                 for what is no row of bars; look(null) ends a look, and grab gives a function of
//                 x and y that moves what was grabbed.

const SVG = "http://www.w3.org/2000/svg";
const STEP = 0.05; // of what a key changes

function drawn(tag, attributes = {}, children = []) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const clamped = (value, low, high) => Math.min(Math.max(value, low), high);

/** A number with `digits` decimals, a wide minus, and infinity as its sign. */
function shown(value, digits = 3) {
  if (!Number.isFinite(value)) return value > 0 ? "\u221e" : "\u2212\u221e";
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `\u2212${text}` : text;
}

/** A number with three digits that count. */
const compact = (value) => `${Number(value.toPrecision(3))}`.replace("-", "\u2212");

class Board {
  constructor(host, { frames, strips, at, hint, onSet, onPoint, spoken }) {
    Object.assign(this, { host, frames, strips, at, hint, onSet, onPoint, spoken });
    this.svg = drawn("svg", { role: "group", "aria-label": "Frames from left to right" });
    host.append(this.svg);
    new ResizeObserver(() => this.layOut()).observe(host);
    this.listen();
    this.layOut();
  }

  /** Give every strip its place; called again when the width or the strips change. */
  layOut() {
    const width = Math.max(this.host.clientWidth, 240);
    const gutter = width < 560 ? 46 : 78;
    this.scale = new Scale(gutter, width - gutter - 2, -0.5, this.frames - 0.5);
    let top = 0;
    const focused = document.activeElement?.dataset?.strip;
    this.boxes = new Map();
    const groups = this.strips.map((strip) => {
      top += strip.title ? 23 : 4;
      const box = { top, height: strip.height, bottom: top + strip.height };
      this.boxes.set(strip.name, box);
      top += strip.height;
      return this.made(strip, box);
    });
    top += 22;
    this.svg.replaceChildren(...groups, this.frameNumbers(top - 7));
    if (this.hint) this.showHint(this.hint);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${top}`);
    this.svg.setAttribute("height", top);
    if (focused) this.svg.querySelector(`[data-strip="${focused}"]`)?.focus();
    this.update();
  }

  made(strip, box) {
    const { scale, frames } = this;
    const group = drawn("g", {
      "data-strip": strip.name,
      class: `${strip.kind ?? ""} ${strip.set ? "free" : ""}`,
      tabindex: 0,
      role: strip.draw ? "application" : "slider",
      "aria-label": strip.spoken ?? strip.label,
    });
    if (strip.title) {
      strip.heading = drawn("text", { class: "title", x: scale.left, y: box.top - 7 });
      strip.heading.textContent = strip.title;
      group.append(strip.heading);
    }
    if (strip.label) {
      const middle = box.top + box.height / 2 + 4;
      const label = drawn("text", { x: scale.left - 8, y: middle, "text-anchor": "end" });
      label.textContent = strip.label;
      group.append(label);
    }
    if (!strip.draw) {
      if (!strip.set) group.setAttribute("aria-readonly", "true");
      const gap = scale.perFrame < 12 ? 1 : 2;
      strip.parts = Array.from({ length: frames }, (_, t) => {
        const x = scale.x(t - 0.5) + gap / 2;
        const width = scale.perFrame - gap;
        const cell = drawn("rect", { class: "cell", x, y: box.top, width, height: box.height });
        const bar = drawn("rect", { class: "bar", x, width });
        const middle = scale.x(t);
        const number = drawn("text", { class: "number", x: middle, y: box.bottom - 3 });
        const mark = drawn("line", { class: "mark", x1: x - 1, x2: x + width + 1 });
        group.append(cell, bar);
        if (strip.mark) group.append(mark);
        group.append(number);
        return { bar, number, mark };
      });
      if (strip.low < 0) {
        const y = this.y(strip, box, 0);
        const right = scale.left + scale.width;
        group.append(drawn("line", { class: "zero", x1: scale.left, x2: right, y1: y, y2: y }));
      }
    }
    const place = { x: scale.left - 1, y: box.top - 1 };
    const size = { width: scale.width + 2, height: box.height + 2, rx: 3 };
    group.append(drawn("rect", { class: "frame", ...place, ...size }));
    strip.group = group;
    if (strip.draw) strip.draw(group, box, this);
    return group;
  }

  /** What can be dragged, until something has been. */
  showHint({ strip, t, text, share }) {
    const box = this.boxes.get(strip);
    const y = box.bottom - share * box.height;
    const element = drawn("text", { class: "hint", x: this.scale.x(t), y, "aria-hidden": "true" });
    element.textContent = text;
    this.svg.append(element);
  }

  forgetHint() {
    this.hint = null;
    this.svg.querySelector(".hint")?.remove();
  }

  frameNumbers(y) {
    const { scale, frames } = this;
    const step = niceStep(scale.perFrame, 26, 1);
    const group = drawn("g", { "aria-hidden": "true" });
    for (let t = 0; t < frames; t += step) {
      const text = drawn("text", { x: scale.x(t), y, "text-anchor": "middle" });
      text.textContent = t;
      group.append(text);
    }
    const unit = drawn("text", { x: scale.left - 8, y, "text-anchor": "end" });
    unit.textContent = "frame";
    group.append(unit);
    return group;
  }

  y(strip, box, value) {
    const share = (clamped(value, strip.low, strip.high) - strip.low) / (strip.high - strip.low);
    return box.bottom - share * box.height;
  }

  /** Draw the numbers of all strips anew. */
  update() {
    const roomy = this.scale.perFrame >= 33;
    for (const strip of this.strips) {
      if (strip.units) strip.heading.textContent = `${strip.title} ${strip.units()}`;
      if (strip.draw) {
        strip.update?.(this);
        continue;
      }
      const box = this.boxes.get(strip.name);
      const zero = this.y(strip, box, Math.max(strip.low, 0));
      strip.parts.forEach(({ bar, number, mark }, t) => {
        const value = strip.value(t);
        const y = this.y(strip, box, value);
        bar.setAttribute("y", Math.min(y, zero));
        bar.setAttribute("height", Math.max(Math.abs(y - zero), 0.75));
        const told = roomy && !(strip.low < 0 && Math.abs(value) < 0.005);
        number.textContent = told ? shown(value, 2) : "";
        const high = strip.low === 0 ? value < 0.5 * strip.high : value <= 0; // beside the bar
        number.setAttribute("y", high ? box.top + 11 : box.bottom - 3);
        if (strip.mark) {
          const at = this.y(strip, box, strip.mark(t));
          mark.setAttribute("y1", at);
          mark.setAttribute("y2", at);
        }
      });
    }
    this.point(this.at);
  }

  /** Look at a cell: a strip and a frame, and whatever else a strip knows of its places. */
  point(at) {
    this.at = { ...at, t: clamped(at.t, 0, this.frames - 1) };
    const strip = this.strips.find((one) => one.name === this.at.strip) ?? this.strips[0];
    const box = this.boxes.get(strip.name);
    this.here?.remove();
    for (const other of this.strips) if (other !== strip) other.look?.(null, this);
    if (!strip.draw) {
      const x = this.scale.x(this.at.t - 0.5);
      const size = { width: this.scale.perFrame, height: box.height, rx: 2 };
      this.here = drawn("rect", { class: "here", x, y: box.top, ...size });
      this.svg.append(this.here);
      const value = strip.value(this.at.t);
      strip.group.setAttribute("aria-valuemin", strip.low);
      strip.group.setAttribute("aria-valuemax", strip.high);
      strip.group.setAttribute("aria-valuenow", value.toFixed(4));
      const text = strip.says?.(this.at.t) ?? `frame ${this.at.t}: ${shown(value)}`;
      strip.group.setAttribute("aria-valuetext", text);
    } else strip.look?.(this.at, this);
    this.onPoint(this.at);
  }

  set(strip, t, value) {
    this.forgetHint();
    strip.set(t, clamped(value, strip.low, strip.high));
    this.at = { strip: strip.name, t };
    this.onSet();
  }

  /** What drags the bar of a frame. */
  bar(strip, t, box) {
    return (_, y) => {
      const share = (box.bottom - y) / box.height;
      this.set(strip, t, strip.low + share * (strip.high - strip.low));
    };
  }

  /** The strip and the place below a pointer. */
  found(event) {
    const { left, top, width } = this.svg.getBoundingClientRect();
    const unit = this.svg.viewBox.baseVal.width / width;
    const [x, y] = [(event.clientX - left) * unit, (event.clientY - top) * unit];
    const t = clamped(Math.round(this.scale.frame(x)), 0, this.frames - 1);
    const strip = this.strips.find(({ name }) => {
      const box = this.boxes.get(name);
      return y >= box.top - 2 && y < box.bottom + 2;
    });
    return { x, y, t, strip };
  }

  listen() {
    let held = null; // what a drag moves
    const drag = (event) => {
      const { x, y } = this.found(event);
      held(x, y);
    };
    this.svg.addEventListener("pointerdown", (event) => {
      const { strip, t, x, y } = this.found(event);
      if (event.button !== 0 || !strip || x < this.scale.left) return;
      const box = this.boxes.get(strip.name);
      held = strip.set ? this.bar(strip, t, box) : (strip.grab?.(x, y, box, this) ?? null);
      if (!held) return this.hover(event);
      this.svg.setPointerCapture(event.pointerId);
      if (strip.set) strip.group.focus({ preventScroll: true });
      drag(event);
      event.preventDefault();
    });
    this.svg.addEventListener("pointermove", (event) => {
      if (held) drag(event);
      else this.hover(event);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      this.svg.addEventListener(end, () => {
        held = null;
      });
    }
    this.svg.addEventListener("focusin", (event) => {
      const name = event.target.closest("[data-strip]")?.dataset.strip;
      if (name && name !== this.at.strip) this.point({ strip: name, t: this.at.t });
    });
    this.svg.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const strip = this.strips.find((one) => one.name === this.at.strip);
      if (this.pressed(event.key, strip)) event.preventDefault();
    });
  }

  hover(event) {
    const { strip, t, x, y } = this.found(event);
    if (!strip || x < this.scale.left) return;
    const more = strip.at?.(x, y, this.boxes.get(strip.name)) ?? {};
    const at = { strip: strip.name, t, ...more };
    if (JSON.stringify(at) !== JSON.stringify(this.at)) this.point(at);
  }

  /** What a key does; whether it did anything. */
  pressed(key, strip) {
    const { at } = this;
    const across = { ArrowLeft: -1, ArrowRight: 1, Home: -this.frames, End: this.frames }[key];
    const along = { ArrowUp: 1, ArrowDown: -1, PageUp: 4, PageDown: -4 }[key];
    if (across) this.point({ ...at, t: at.t + across });
    else if (along && strip.keys) this.point(strip.keys(at, Math.sign(along)));
    else if (along && strip.set) {
      const change = along * STEP * (strip.high - strip.low);
      this.set(strip, at.t, strip.value(at.t) + change);
    } else return false;
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => {
      this.spoken.textContent = strip.says?.(this.at.t, this.at) ?? "";
    }, 300);
    return true;
  }
}

// Around the board.

const part = (name) => document.querySelector(`[data-part="${name}"]`);

const SYMBOL = /(?<![\p{L}])(\u03b1|\u03b2|\u03c3|y|c|h|f|r|u|t|D|W|da|dc|dh)(?:_([a-z])|(?=[[(]))/gu;

/** A line of an equation: symbols in italics, their indices below. */
function typeset(text) {
  const line = made("p");
  let from = 0;
  for (const { 0: match, 1: symbol, 2: below, index } of text.matchAll(SYMBOL)) {
    line.append(text.slice(from, index), made("i", "", symbol));
    if (below) line.append(made("sub", "", below));
    from = index + match.length;
  }
  line.append(text.slice(from));
  return line;
}

/** Show equations with their numbers: { title, tag, lines, result }. */
function showEquations(host, blocks) {
  host.replaceChildren(
    ...blocks.map(({ title, tag = "", lines, result = "" }) =>
      made("div", "equation", "", [
        made("h3", "", "", [made("span", "", title), made("span", "", tag)]),
        ...lines.map(typeset),
        ...(result ? [made("p", "result", result)] : []),
      ]),
    ),
  );
}

/** A row of choices, one of which holds. */
function pills(host, name, choices, checked, onChoice) {
  host.append(
    ...choices.map(([value, text]) => {
      const input = made("input");
      Object.assign(input, { type: "radio", name, value, checked: value === checked });
      return made("label", "", "", [input, made("span", "", text)]);
    }),
  );
  host.addEventListener("change", (event) => onChoice(event.target.value));
}

function choosePill(name, value) {
  document.querySelector(`[name="${name}"][value="${value}"]`).checked = true;
}

/** The buttons of the three experiments; #try-2 in the address presses the second. */
function listenToExperiments(experiments) {
  experiments.forEach((prepare, n) => {
    const button = document.querySelector(`#try-${n + 1} button`);
    button.addEventListener("click", prepare);
    if (location.hash === `#try-${n + 1}`) prepare();
  });
}

/** Do something at each refresh of the screen, `count` times. */
function repeat(count, step, onEnd = () => {}) {
  if (count <= 0) return onEnd();
  step();
  requestAnimationFrame(() => repeat(count - 1, step, onEnd));
}

// Controls: native ones, each with a label, none smaller than a finger. No ids, so that two figures never collide.

/** An element with properties, attributes (`data-…`, `aria-…`, `role`) and children. */
export function h(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key in node && !key.includes("-")) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

/**
 * A slider with its name before it and its value behind it.
 * @param {{label: string, min: number, max: number, step: number, value: number, say?: (value: number) => string,
 *   onInput: (value: number) => void, signal: AbortSignal}} settings
 * @returns {{el: HTMLElement, set: (value: number) => void}}  `set` moves it without calling `onInput`
 */
export function slider({ label, min, max, step, value, say = String, onInput, signal }) {
  const input = h("input", { type: "range", min, max, step });
  const shown = h("span", { className: "cw-value", "aria-hidden": "true" });
  const set = (number) => {
    input.value = number;
    shown.textContent = say(number);
    input.setAttribute("aria-valuetext", say(number));
  };
  set(value);
  const tell = () => {
    set(Number(input.value));
    onInput(Number(input.value));
  };
  input.addEventListener("input", tell, { signal });
  return { el: h("label", { className: "cw-slider" }, h("span", { className: "cw-name" }, label), input, shown), set };
}

/**
 * One of several, as a row of radio buttons.
 * @param {{legend: string, options: [string, string][], value: string, onChange: (value: string) => void, signal: AbortSignal}} settings
 *   options are pairs of value and text
 */
export function choice({ legend, options, value, onChange, signal }) {
  // Radio buttons of one name belong together in the whole document, whichever module made them: one count for all.
  globalThis.courseChoices = (globalThis.courseChoices ?? 0) + 1;
  const group = `cw-${globalThis.courseChoices}`;
  const inputs = options.map(([key]) => h("input", { type: "radio", name: group, value: key, checked: key === value }));
  const labels = options.map(([, text], i) => h("label", {}, inputs[i], h("span", {}, text)));
  for (const input of inputs) input.addEventListener("change", () => onChange(input.value), { signal });
  const set = (key) => inputs.forEach((input) => (input.checked = input.value === key));
  return { el: h("fieldset", { className: "cw-choice" }, h("legend", {}, legend), ...labels), set };
}

/** A button. */
export function button(text, onClick, signal) {
  const node = h("button", { type: "button", className: "cw-button" }, text);
  node.addEventListener("click", onClick, { signal });
  return node;
}

/** A line of text that a screen reader reads out when it has settled. */
export function readout(signal) {
  const shown = h("p", { className: "cw-readout", "aria-hidden": "true" });
  const spoken = h("p", { className: "cw-spoken", role: "status" });
  let timer = 0;
  signal.addEventListener("abort", () => clearTimeout(timer));
  const say = (text) => {
    if (text === shown.textContent) return;
    shown.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => (spoken.textContent = text), 400);
  };
  return { el: h("div", {}, shown, spoken), say };
}

/**
 * Where a pointer is on a canvas, in CSS pixels of the drawing.
 * @returns {[number, number]}
 */
export function placeOn(canvas, event) {
  const { left, top, width } = canvas.getBoundingClientRect();
  const zoom = canvas.width / (globalThis.devicePixelRatio || 1) / width;
  return [(event.clientX - left) * zoom, (event.clientY - top) * zoom];
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * The direction of an arrow key, up is [0, 1]; null for any other key, and where the browser has its own use of it.
 * @returns {[number, number] | null}
 */
export function arrowOf(event) {
  return event.altKey || event.ctrlKey || event.metaKey ? null : (ARROWS[event.key] ?? null);
}

/**
 * Let a pointer and the arrow keys move something on a canvas. Arrow keys take steps, with shift ten at once.
 * @param {HTMLCanvasElement} canvas
 * @param {{label: string, onPoint: (x: number, y: number, begins: boolean) => void,
 *   onStep: (dx: number, dy: number) => void, hover?: boolean, signal: AbortSignal}} settings
 *   x and y in CSS pixels of the drawing; `begins` where the pointer comes down; steps −1, 0, 1 (or ten times that),
 *   up is positive; with `hover` a mouse need not be pressed
 */
export function movable(canvas, { label, onPoint, onStep, hover = false, signal }) {
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", label);
  const point = (event) => onPoint(...placeOn(canvas, event), event.type === "pointerdown");
  const options = { signal };
  canvas.addEventListener("pointerdown", (event) => (canvas.setPointerCapture(event.pointerId), point(event)), options);
  canvas.addEventListener("pointermove", (event) => (event.buttons || (hover && event.pointerType === "mouse")) && point(event), options);
  const press = (event) => {
    const direction = arrowOf(event);
    if (!direction) return;
    event.preventDefault();
    const [[dx, dy], length] = [direction, event.shiftKey ? 10 : 1];
    onStep(dx * length, dy * length);
  };
  canvas.addEventListener("keydown", press, options);
}

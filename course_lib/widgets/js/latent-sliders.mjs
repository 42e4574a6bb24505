// Latent sliders: one slider for each dimension of a code, dearest first, and the picture that the decoder draws.
// Question: does a slider do one thing that has a name, and how much more does a dear one do than a cheap one?
//
// Model keys (type, shape, unit; who writes):
//   name      string                    how the address names this figure; Python
//   decodes   "page" or "python"        who decodes: the page itself, or a kernel that answers in `image` and `row`; Python
//   decoder   {widths, activation, weights: bytes}, or {}  see core/decoder.mjs; empty if Python decodes; Python
//   side      integer                   height and width of a picture, in pixels; Python
//   order     list of d integers        the dimensions, counted from 0, dearest first; Python
//   prices    list of d numbers         what orders them, dimension by dimension; Python
//   unit      string                    what a price is, such as "nats of KL"; Python
//   low       list of d numbers         where each slider ends on the left, in units of z; Python
//   high      list of d numbers         and on the right; Python
//   codes     bytes, (m, d) float32     codes of the pictures that can be loaded; Python
//   pictures  bytes, (m, side²) uint8   these pictures, 255 is ink; Python
//   classes   bytes, (m,) uint8         and which digits they are; Python
//   z         list of d numbers         the code that is decoded; the reader, Python
//   touched   integer, 0 to d − 1       the dimension that the row of pictures moves along; the reader, Python
//   image     bytes, (side²,) uint8, or none        what Python decoded of z; Python
//   row       bytes, (11, side²) uint8, or none     and of z with the touched dimension from low to high; Python
import { drawImage, fitCanvas, format, widthIn } from "./core/canvas.mjs";
import { button, h, readout, slider } from "./core/controls.mjs";
import { decode, readDecoder, sayError } from "./core/decoder.mjs";
import { begin, inkOf } from "./core/life.mjs";
import { drawTraversal, FRAMES, nameOf, readPictures, traverse, withDimension } from "./core/traversal.mjs";

const STEPS = 120;

/** The middle of every slider: the prior's mean, where there is a prior. */
export function centre(low, high) {
  return low.map((value, j) => (value + high[j]) / 2);
}

/** Σ (a − b)² over the pixels of two pictures. */
export function squaredChange(a, b) {
  return a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0);
}

// ---- Controller ----

function render({ model, el, signal }) {
  const get = (key) => model.get(key);
  const [side, order, prices, low, high] = ["side", "order", "prices", "low", "high"].map(get);
  const inPage = get("decodes") === "page";
  const hasKernel = Boolean(model.widget_manager); // a page's own model has no manager of widgets
  const decoder = inPage ? readDecoder(get("decoder")) : null;
  const d = order.length;
  const samples = readPictures(get("pictures"), side * side);
  const codeOf = (i) => Array.from({ length: d }, (_, j) => get("codes").getFloat32(4 * (i * d + j), true));
  const classes = Array.from(samples, (_, i) => get("classes").getUint8(i));
  const life = begin({ model, el, signal }, draw);
  const touched = () => Math.min(d - 1, Math.max(0, Math.round(get("touched"))));

  const image = h("canvas", { className: "ls-image", role: "img", "aria-label": "the decoded picture" });
  const row = h("canvas", { role: "img" });
  const title = h("p", { className: "ls-title" });
  const said = readout(life.signal);
  const most = Math.max(...prices);
  const label = (j) => {
    const bar = h("span", { className: "ls-bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", prices[j] / most);
    return h("span", {}, h("b", {}, nameOf(j)), h("span", { className: "ls-price" }, format(prices[j])), bar);
  };
  const sliders = order.map((j) => {
    const one = slider({
      label: label(j), min: low[j], max: high[j], step: (high[j] - low[j]) / STEPS, value: get("z")[j],
      say: (value) => format(Number(value)), signal: life.signal,
      onInput: (value) => life.update({ z: withDimension(get("z"), j, value), touched: j }),
    });
    one.el.querySelector("input").setAttribute("aria-label", `${nameOf(j)}, ${format(prices[j])} ${get("unit")}`);
    one.el.addEventListener("focusin", () => touched() === j || life.update({ touched: j }), { signal: life.signal });
    return one;
  });
  const loads = samples.map((_, i) => {
    const canvas = h("canvas", { "aria-hidden": "true" });
    const load = button("", () => life.update({ z: codeOf(i) }), life.signal);
    load.setAttribute("aria-label", `Load test digit ${i + 1}, a ${classes[i]}`);
    load.append(canvas);
    return { load, canvas };
  });
  const reset = button("Reset", () => life.update({ z: centre(low, high) }), life.signal);

  if (inPage || hasKernel) {
    el.append(
      h("div", { className: "ls-figure" },
        h("div", { className: "ls-side" }, image, said.el),
        h("div", { className: "ls-sliders" }, h("p", { className: "ls-head" }, `Dimension, and its price in ${get("unit")}`), ...sliders.map((one) => one.el))),
      h("div", { className: "ls-row" }, title, row),
      h("div", { className: "cw-row ls-loads" }, reset, h("span", { className: "ls-head" }, "or load a test digit:"), ...loads.map((one) => one.load)),
      ...(inPage ? [h("p", { className: "cw-note" }, sayError(decoder))] : []),
    );
  } else {
    el.classList.add("ls-needs-kernel");
    el.append(h("p", {}, "The model of this figure computes in Python: its sliders need a kernel. Open the page as a notebook to move them; above is what they start from."));
  }

  let painted = "";
  function draw() {
    if (!inPage && !hasKernel) return;
    const ink = inkOf(el);
    const [z, j] = [get("z"), touched()];
    const size = side * side;
    const now = inPage ? decode(decoder, z).slice() : readPictures(get("image"), size)[0];
    const along = inPage ? traverse(z, j, low[j], high[j]).map((code) => decode(decoder, code).slice()) : readPictures(get("row"), size);
    sliders.forEach((one, k) => {
      one.set(z[order[k]]);
      one.el.classList.toggle("ls-touched", order[k] === j);
    });
    if (painted !== ink.pixel1.join() + devicePixelRatio) {
      loads.forEach(({ canvas }, i) => drawImage(fitCanvas(canvas, 28, 28), samples[i], { side, size: 28, ink }));
    }
    painted = ink.pixel1.join() + devicePixelRatio;
    if (!now || along.length < FRAMES) return; // Python has not answered yet
    drawImage(fitCanvas(image, 168, 168), now, { side, size: 168, ink });
    drawTraversal(row, widthIn(row, 220), along, side, (z[j] - low[j]) / (high[j] - low[j]), [low[j], high[j]], ink);
    const change = format(squaredChange(along[0], along[FRAMES - 1]), 1);
    title.textContent = `${nameOf(j)} alone, from ${format(low[j], 1)} to ${format(high[j], 1)}`;
    row.setAttribute("aria-label", `Eleven pictures: ${title.textContent}`);
    said.say(`${nameOf(j)} = ${format(z[j])}, at ${format(prices[j])} ${get("unit")}. From end to end of its slider the picture changes by ${change} squared pixels.`);
  }
  return life.end;
}

export default { render };

// The life of a figure: what it listens to, when it draws, and how all of that ends.

/**
 * Begin: dress the element, and tie everything that follows to one end.
 * @param {{model: any, el: HTMLElement, signal?: AbortSignal}} host  what a host gives to `render`
 * @param {() => void} draw  draws everything from the model; called at most once a frame
 * @returns {{signal: AbortSignal, redraw: () => void, update: (changes: object) => void, end: () => void}}
 *   `update` writes to the model and saves, `end` is for the host
 */
export function begin({ model, el, signal }, draw) {
  const ending = new AbortController();
  signal?.addEventListener("abort", () => ending.abort(), { once: true });
  el.classList.add("cw");

  let frame = 0;
  const redraw = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  };
  model.on("change", redraw);
  const theme = new MutationObserver(redraw);
  const attributeFilter = ["data-theme", "data-jp-theme-light", "theme", "class"];
  for (const node of [document.documentElement, document.body]) theme.observe(node, { attributes: true, attributeFilter });
  const size = new ResizeObserver(redraw);
  size.observe(el);

  let saving = 0;
  const update = (changes) => {
    for (const [key, value] of Object.entries(changes)) model.set(key, value);
    // A pointer moves more often than a kernel or an address bar wants to hear of it.
    saving ||= setTimeout(() => {
      saving = 0;
      model.save_changes();
    }, 100);
  };

  ending.signal.addEventListener("abort", () => {
    model.off("change", redraw);
    theme.disconnect();
    size.disconnect();
    cancelAnimationFrame(frame);
    clearTimeout(saving);
    el.replaceChildren();
  });
  redraw();
  return { signal: ending.signal, redraw, update, end: () => ending.abort() };
}

/**
 * The colours of the figure as the style sheet has them now: `ink.text`, `ink.z`, `ink.mean`, …; pixels as numbers.
 * @returns {any}
 */
export function inkOf(el) {
  const style = getComputedStyle(el);
  const names = ["page", "text", "muted", "line", "x", "x_hat", "encoder", "z", "decoder", "mean", "std", "noise", "loss"];
  const ink = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--cw-${name}`).trim()]));
  const numbers = (name) => style.getPropertyValue(`--cw-${name}`).split(",").map(Number);
  return { ...ink, pixel0: numbers("pixel0"), pixel1: numbers("pixel1") };
}

/** The bytes of one of a model's keys. */
export function bytesOf(model, key) {
  const view = model.get(key);
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

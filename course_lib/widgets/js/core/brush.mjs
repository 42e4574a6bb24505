// Points on a canvas under a reader's hands: one is pointed at, one is picked, many are brushed.
// The canvas has `touch-action: pan-y`: a finger that sets out upwards or downwards scrolls the page.
import { arrowOf, placeOn } from "./controls.mjs";

const STILL = 4; // pixels; a press that moves less is a tap

/**
 * Let a pointer and the keys pick and brush. A mouse points without a press; a tap picks; a drag brushes. Arrow keys
 * step, with shift they widen the brush; escape clears it.
 * @param {HTMLCanvasElement} canvas
 * @param {{onPoint: (place: number[] | null) => void, onPick: (place: number[]) => void,
 *   onBrush: (from: number[], to: number[]) => void, onStep: (direction: number[]) => void,
 *   onWiden: (direction: number[]) => void, onClear: () => void, signal: AbortSignal}} settings
 *   places [x, y] in CSS pixels of the drawing, null when a mouse leaves; directions [1, 0] to the right, [0, 1] up, …
 */
export function brushable(canvas, { onPoint, onPick, onBrush, onStep, onWiden, onClear, signal }) {
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  let from = null; // where the pointer came down
  let drags = false;
  const listen = (type, call) => canvas.addEventListener(type, call, { signal });
  listen("pointerdown", (event) => {
    if (event.button || !event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    [from, drags] = [placeOn(canvas, event), false];
  });
  listen("pointermove", (event) => {
    const place = placeOn(canvas, event);
    if (!from) return void (event.pointerType === "mouse" && onPoint(place));
    const [across, along] = [Math.abs(place[0] - from[0]), Math.abs(place[1] - from[1])];
    if (!drags && Math.hypot(across, along) < STILL) return undefined;
    if (!drags && event.pointerType === "touch" && along > across) return void (from = null); // the page scrolls
    drags = true;
    return onBrush(from, place);
  });
  listen("pointerup", () => {
    if (from && !drags) onPick(from);
    from = null;
  });
  listen("pointercancel", () => (from = null)); // a finger scrolls the page
  listen("pointerleave", () => onPoint(null));
  listen("keydown", (event) => {
    const direction = arrowOf(event);
    if (!direction && event.key !== "Escape") return;
    event.preventDefault();
    if (!direction) onClear();
    else if (event.shiftKey) onWiden(direction);
    else onStep(direction);
  });
}

/** Draw a brush [left, bottom, right, top] as a dashed rectangle; x and y are scales, as from `linearScale`. */
export function drawBrush(context, { x, y }, /** @type {number[]} */ [left, bottom, right, top], ink) {
  const [from, to] = [[x.toPixel(left), y.toPixel(top)], [x.toPixel(right), y.toPixel(bottom)]];
  for (const [strokeStyle, lineWidth, dash] of [[ink.page, 4, []], [ink.x, 2, [6, 3]]]) {
    Object.assign(context, { strokeStyle, lineWidth });
    context.setLineDash(dash);
    context.strokeRect(...from, to[0] - from[0], to[1] - from[1]);
  }
  context.setLineDash([]);
}

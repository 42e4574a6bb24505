// One-dimensional Gaussians: their numbers, their curves, and the handles that move one of them.
import { linearScale } from "./canvas.mjs";

/** Log-density of N(mean, std²) at z, in nats. */
export function logNormal(z, mean, std) {
  return -0.5 * (Math.log(2 * Math.PI) + ((z - mean) / std) ** 2) - Math.log(std);
}

/** Density of N(mean, std²) at z. */
export function normalDensity(z, mean, std) {
  return Math.exp(logNormal(z, mean, std));
}

/** KL(N(m, s²) ‖ N(m0, s0²)) in nats: ½ (r² − 1) − log r + ½ ((m − m0)/s0)² with r = s/s0. */
export function gaussianKl(m, s, m0, s0) {
  const r = s / s0;
  return 0.5 * (r * r - 1) - Math.log(r) + 0.5 * ((m - m0) / s0) ** 2;
}

/** The value, or the nearer end of the interval. */
export function clampNumber(value, /** @type {number[]} */ [low, high]) {
  return Math.min(high, Math.max(low, value));
}

/** Where curves over z are drawn: z from −half to half, values from `low` to `high`. */
export function curvePanel({ left = 40, top, width, height }, half, /** @type {number[]} */ [low, high]) {
  const area = { left, top, width: width - left - 8, height };
  const x = linearScale([-half, half], [left, left + area.width]);
  return { area, half, x, y: linearScale([low, high], [top + height, top]) };
}

/**
 * A function of z as a curve, and what lies between it and zero.
 * @param {CanvasRenderingContext2D} context
 * @param {any} panel  from `curvePanel`
 * @param {(z: number) => number} f
 * @param {{color: string, dash?: number[], lineWidth?: number, fill?: number}} style  `fill` is an opacity
 * @param {number[]} [exact]  places that no step may miss, such as a narrow peak and its flanks
 */
export function drawCurve(context, { area, half, x, y }, f, { color, dash = [], lineWidth = 2, fill = 0 }, exact = []) {
  const steps = Math.ceil(area.width);
  const places = Array.from({ length: steps + 1 }, (_, i) => -half + (2 * half * i) / steps);
  places.push(...exact.filter((z) => Math.abs(z) < half));
  places.sort((a, b) => a - b);
  context.save();
  context.beginPath();
  context.rect(area.left, area.top - 1, area.width, area.height + 2);
  context.clip();
  context.beginPath();
  places.forEach((z) => context.lineTo(x.toPixel(z), y.toPixel(f(z))));
  context.setLineDash(dash);
  Object.assign(context, { strokeStyle: color, fillStyle: color, lineWidth, lineJoin: "round" });
  context.stroke();
  if (fill) {
    context.lineTo(x.toPixel(half), y.toPixel(0));
    context.lineTo(x.toPixel(-half), y.toPixel(0));
    context.globalAlpha = fill;
    context.fill();
  }
  context.restore();
}

/** Places that the curve of N(mean, std²) must pass through, however narrow it is. */
export function bellPlaces(mean, std) {
  return Array.from({ length: 33 }, (_, i) => mean + (std * (i - 16)) / 4);
}

/** Names of curves, each behind a sample of its line: entries {name, color, dash, lineWidth}. */
export function drawLegend(context, entries, left, middle, ink) {
  let at = left;
  Object.assign(context, { font: "13px system-ui, sans-serif", textAlign: "left", textBaseline: "middle" });
  for (const { name, color, dash = [], lineWidth = 2 } of entries) {
    context.setLineDash(dash);
    Object.assign(context, { strokeStyle: color, fillStyle: ink.text, lineWidth });
    context.beginPath();
    context.moveTo(at, middle);
    context.lineTo(at + 24, middle);
    context.stroke();
    context.setLineDash([]);
    context.fillText(name, at + 29, middle);
    at += 29 + context.measureText(name).width + 16;
  }
}

/** The handles of a bell in pixels: its peak moves the mean, its two flanks at mean ± std the width. */
export function bellHandles({ x, y }, mean, std) {
  const flank = y.toPixel(normalDensity(mean + std, mean, std));
  return [
    { moves: "mean", x: x.toPixel(mean), y: y.toPixel(normalDensity(mean, mean, std)) },
    { moves: "std", x: x.toPixel(mean + std), y: flank },
    { moves: "std", x: x.toPixel(mean - std), y: flank },
  ];
}

/** What a pointer at (px, py) takes hold of: the nearest handle, or the mean if none is within a finger. */
export function heldHandle(handles, px, py, reach = 44) {
  const far = ({ x, y }) => Math.hypot(x - px, y - py);
  const nearest = handles.reduce((best, one) => (far(one) < far(best) ? one : best));
  return far(nearest) < reach ? nearest.moves : "mean";
}

/** The handles, with their letters, and the width as a line between the flanks. */
export function drawHandles(context, { area }, handles, ink) {
  const [, right, left] = handles;
  context.save();
  context.beginPath();
  context.rect(area.left, 0, area.width, area.top + area.height);
  context.clip();
  context.setLineDash([3, 3]);
  Object.assign(context, { strokeStyle: ink.std, lineWidth: 1.5, font: "bold 13px system-ui, sans-serif" });
  context.beginPath();
  context.moveTo(left.x, left.y);
  context.lineTo(right.x, right.y);
  context.stroke();
  context.setLineDash([]);
  Object.assign(context, { textAlign: "center", textBaseline: "middle" });
  [...handles].reverse().forEach(({ moves, x, y }) => {
    Object.assign(context, { fillStyle: ink[moves], strokeStyle: ink.page, lineWidth: 2 });
    context.beginPath();
    context.arc(x, y, 10, 0, 7);
    context.fill();
    context.stroke();
    context.fillStyle = ink.page;
    context.fillText(moves === "mean" ? "μ" : "σ", x, y);
  });
  context.restore();
}

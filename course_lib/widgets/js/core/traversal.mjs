// Traversals: codes that differ in one number only, their pictures in a row, and what the dimensions are called.
import { drawImage, fitCanvas, format } from "./canvas.mjs";

export const FRAMES = 11;

/** The code with one number exchanged. */
export function withDimension(z, dimension, value) {
  return z.map((old, j) => (j === dimension ? value : old));
}

/** Codes along one dimension, from low to high, all other numbers as they are in z. */
export function traverse(z, dimension, low, high, frames = FRAMES) {
  return Array.from({ length: frames }, (_, k) => withDimension(z, dimension, low + ((high - low) * k) / (frames - 1)));
}

/** z₁, z₂, …, z₁₀: the name of dimension j, counted from 0. */
export function nameOf(j) {
  return `z${String(j + 1).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit])}`;
}

/** Pictures of n pixels each, in [0, 1], from one byte a pixel. */
export function readPictures(bytes, n) {
  return Array.from({ length: Math.floor((bytes?.byteLength ?? 0) / n) }, (_, i) =>
    Float32Array.from({ length: n }, (_, k) => bytes.getUint8(i * n + k) / 255));
}

/** Decoded pictures side by side, with a mark under the place `share` of the way along, and what the ends are. */
export function drawTraversal(canvas, width, pictures, side, share, ends, ink) {
  const size = width / pictures.length;
  const height = size + 26;
  const context = fitCanvas(canvas, width, height);
  pictures.forEach((pixels, k) => drawImage(context, pixels, { side, x: k * size + 1, y: 1, size: size - 2, ink }));
  const at = size / 2 + Math.min(1, Math.max(0, share)) * (width - size);
  Object.assign(context, { fillStyle: ink.z });
  context.beginPath();
  context.moveTo(at, size + 2);
  context.lineTo(at + 6, size + 11);
  context.lineTo(at - 6, size + 11);
  context.fill();
  Object.assign(context, { fillStyle: ink.muted, font: "12px system-ui, sans-serif", textBaseline: "top", textAlign: "left" });
  context.fillText(format(ends[0], 1), 1, size + 12);
  context.textAlign = "right";
  context.fillText(format(ends[1], 1), width - 1, size + 12);
}

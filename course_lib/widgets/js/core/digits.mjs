// Digits as points of a plane: where each one's name stands, and their pictures four bits a pixel.
import { drawImage, fitCanvas } from "./canvas.mjs";

/** Where to write each digit: the median of its codes. */
export function medians(codes, labels) {
  const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  return Array.from({ length: 10 }, (_, digit) => {
    const own = Array.from(labels.keys()).filter((i) => labels[i] === digit);
    return own.length ? [middle(own.map((i) => codes[2 * i])), middle(own.map((i) => codes[2 * i + 1]))] : null;
  });
}

/**
 * Where to write each digit on a plane of side 1: at its median, but beside it where most of its points are so near that
 * the name would hide them.
 * @param {number} reach  how far a name reaches from its middle
 */
export function placesBeside(codes, labels, reach) {
  return medians(codes, labels).map((place, digit) => {
    if (!place) return null;
    const own = Array.from(labels.keys()).filter((i) => labels[i] === digit);
    const hidden = own.filter((i) => Math.hypot(codes[2 * i] - place[0], codes[2 * i + 1] - place[1]) < reach);
    if (2 * hidden.length <= own.length) return place;
    return [place[0], place[1] + (place[1] + 2 * reach > 1 ? -2 : 2) * reach];
  });
}

/** Write the digits at their places; x and y are scales, as from `linearScale`. */
export function drawNames(context, places, x, y, ink, size = 17) {
  Object.assign(context, { font: `bold ${size}px system-ui, sans-serif`, textAlign: "center", textBaseline: "middle", lineJoin: "round" });
  places.forEach((place, digit) => {
    if (!place) return;
    Object.assign(context, { lineWidth: 0.3 * size, strokeStyle: ink.page, fillStyle: ink.text });
    context.strokeText(digit, x.toPixel(place[0]), y.toPixel(place[1]));
    context.fillText(digit, x.toPixel(place[0]), y.toPixel(place[1]));
  });
}

/** One of many images of `size` pixels, in [0, 1], from two pixels a byte: the left one in the high four bits. */
export function unpackImage(bytes, index, size = 784) {
  const first = (index * size) / 2;
  return Float32Array.from({ length: size }, (_, i) => ((i % 2 ? bytes[first + (i >> 1)] : bytes[first + (i >> 1)] >> 4) & 15) / 15);
}

/** Bytes that `zlib.compress` made smaller, as they were. */
export async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** A row of small pictures, with a frame round those where `framed` is true. */
export function drawPictures(canvas, width, images, framed, ink) {
  const gap = 4;
  const size = Math.min(34, (width - 4 - gap * (images.length - 1)) / images.length);
  const context = fitCanvas(canvas, width, size + 4);
  images.forEach((pixels, i) => {
    const left = 2 + i * (size + gap);
    drawImage(context, pixels, { x: left, y: 2, size, ink });
    const look = framed[i] ? { strokeStyle: ink.text, lineWidth: 2.5 } : { strokeStyle: ink.line, lineWidth: 1, globalAlpha: 0.5 };
    context.save();
    Object.assign(context, look);
    context.strokeRect(left, 2, size, size);
    context.restore();
  });
}

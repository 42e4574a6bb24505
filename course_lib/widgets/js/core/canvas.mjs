// Drawing: sharp canvases, scales between data and pixels, axes, images of pixels.

/** A linear map from data to pixels and back. */
export function linearScale(/** @type {number[]} */ [d0, d1], /** @type {number[]} */ [p0, p1]) {
  const slope = (p1 - p0) / (d1 - d0);
  return { toPixel: (value) => p0 + (value - d0) * slope, toData: (pixel) => d0 + (pixel - p0) / slope };
}

/** About `count` round numbers that cover an interval: steps of 1, 2 or 5 times a power of ten. */
export function ticks(/** @type {number[]} */ [low, high], count = 5) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** A number as the course prints it: a true minus, and no minus before a zero. */
export function format(value, digits = 2) {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

/** Make a canvas as sharp as the screen; returns its context, in CSS pixels. */
export function fitCanvas(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  canvas.style.aspectRatio = `${width} / ${height}`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** Axes with ticks along the left and the bottom of a box {left, top, width, height}, in the colours of `ink`. */
export function drawAxes(context, box, x, y, { xTicks, yTicks, xLabel = "", yLabel = "", ink }) {
  const { left, top, width, height } = box;
  const bottom = top + height;
  Object.assign(context, { strokeStyle: ink.line, fillStyle: ink.muted, lineWidth: 1, font: "12px system-ui, sans-serif" });
  context.strokeRect(left + 0.5, top + 0.5, width - 1, height - 1);
  Object.assign(context, { textAlign: "center", textBaseline: "top" });
  for (const value of xTicks) context.fillText(String(value).replace("-", "−"), x.toPixel(value), bottom + 5);
  context.fillText(xLabel, left + width / 2, bottom + 20);
  Object.assign(context, { textAlign: "right", textBaseline: "middle" });
  for (const value of yTicks) context.fillText(String(value).replace("-", "−"), left - 5, y.toPixel(value));
  if (!yLabel) return;
  context.save();
  context.translate(left - 34, top + height / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(yLabel, 0, 0);
  context.restore();
}

/** A line through points [x, y], dashed if asked. */
export function drawLine(context, color, width, points, dash = []) {
  Object.assign(context, { strokeStyle: color, lineWidth: width });
  context.setLineDash(dash);
  context.beginPath();
  points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
  context.setLineDash([]);
}

/**
 * Paint an image: 0 is the page, 1 is ink.
 * @param {CanvasRenderingContext2D} context
 * @param {ArrayLike<number>} pixels  side × side numbers in [0, 1], row by row
 * @param {{side?: number, x?: number, y?: number, size?: number, ink: {pixel0: number[], pixel1: number[]}}} options
 */
export function drawImage(context, pixels, { side = 28, x = 0, y = 0, size = side, ink }) {
  const tile = new OffscreenCanvas(side, side);
  const image = new ImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = ink.pixel0[c] + pixels[i] * (ink.pixel1[c] - ink.pixel0[c]);
    image.data[4 * i + 3] = 255;
  }
  tile.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = size < 2 * side;
  context.drawImage(tile, x, y, size, size);
}

/** How wide a drawing is, in CSS pixels: as wide as what it stands in, within limits. */
export function widthIn(element, least, most = Infinity) {
  return Math.max(least, Math.min(most, element.parentElement.clientWidth));
}

// A convolutional decoder that runs in the page: a grid of vectors in, a picture out, in a few milliseconds.
// A picture of c channels lies pixel by pixel, row after row: value k of the pixel (y, x) stands at (y · width + x) · c + k.
import { ACTIVATIONS } from "./decoder.mjs";

/** The number that 16 bits stand for (IEEE 754, binary16); not every browser has DataView.getFloat16 yet. */
export function halfFloat(bits) {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
}

/**
 * Unpack what `course_lib.widgets.pack_convolutions` wrote.
 * @param {{shape: number[], layers: object[], number: string, weights: DataView, error: number[]}} packed
 *   shape [height, width, channels] of what goes in; each layer {kind, inputs, outputs, kernel: [height, width], stride,
 *   padding, biases,
 *   activation}, where kind is "convolution", "transposed" or "nearest" (which repeats every pixel `stride`
 *   times each way and has no weights). For each layer with weights: a scale for each output channel and its biases
 *   (float32; one for each output channel, or as many as the picture that it makes has numbers), then its numbers,
 *   float16 or int8 as `number` says, in the order kernel row, kernel column, input, output; weight = scale × number
 */
export function readConvolutions({ shape, layers, number, weights: bytes, error }) {
  if (number !== "float16" && number !== "int8") throw new Error(`got numbers "${number}", expected float16 or int8`);
  let at = 0;
  const float = () => bytes.getFloat32((at += 4) - 4, true);
  const one = number === "int8" ? () => bytes.getInt8(at++) : () => halfFloat(bytes.getUint16((at += 2) - 2, true));
  const floats = (n) => Float32Array.from({ length: n }, float);
  let [height, width] = shape;
  const ready = layers.map((layer) => {
    const { kind, inputs, outputs, kernel = [1, 1], biases, stride, padding = 0, activation } = /** @type {any} */ (layer);
    if (!(activation in ACTIVATIONS)) throw new Error(`got activation "${activation}", expected ${Object.keys(ACTIVATIONS).join(", ")}`);
    const from = { height, width };
    [height, width] = [height, width].map((n, i) => sizeAfter(kind, n, kernel[i], stride, padding));
    const [scale, bias] = kind === "nearest" ? [] : [floats(outputs), floats(biases)];
    const size = kind === "nearest" ? 0 : kernel[0] * kernel[1] * inputs * outputs;
    const weights = Float32Array.from({ length: size }, (_, i) => scale[i % outputs] * one());
    const values = new Float32Array(height * width * outputs);
    return { ...layer, kernel, padding, from, height, width, weights, bias, values, activate: ACTIVATIONS[activation] };
  });
  if (at !== bytes.byteLength) throw new Error(`got ${bytes.byteLength} bytes of weights, expected ${at}`);
  return { shape, layers: ready, number, error };
}

/** Pixels along one side after a layer. */
export function sizeAfter(kind, size, kernel, stride, padding) {
  if (kind === "convolution") return Math.floor((size + 2 * padding - kernel) / stride) + 1;
  if (kind === "transposed") return (size - 1) * stride - 2 * padding + kernel;
  if (kind === "nearest") return size * stride;
  throw new Error(`got a layer of kind "${kind}", expected convolution, transposed or nearest`);
}

/**
 * Decode one grid.
 * @param {{layers: any[]}} network  from `readConvolutions`
 * @param {Float32Array} grid  numbers of the shape that the network takes, pixel by pixel
 * @returns {Float32Array}  what its last layer says; the network's own memory, overwritten by the next call
 */
export function runConvolutions(network, grid) {
  let values = grid;
  for (const layer of network.layers) values = layer.kind === "nearest" ? repeat(layer, values) : spread(layer, values);
  return values;
}

/** How exact a network in the page is, as a sentence. */
export function sayPrecision({ number, error }) {
  const [worst, mean] = error;
  const percent = (share) => `${(100 * share).toPrecision(1)} %`;
  return (
    `The decoder runs in this page with ${number === "int8" ? "one byte" : "two bytes"} a weight: over the codes tried its pixels ` +
    `differ from the trained model's by ${percent(mean)} of full ink on average, by ${percent(worst)} at worst.`
  );
}

function repeat({ from, outputs, stride, width, height, values }, inputs) {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const source = (Math.floor(y / stride) * from.width + Math.floor(x / stride)) * outputs;
      for (let o = 0; o < outputs; o++) values[(y * width + x) * outputs + o] = inputs[source + o];
    }
  }
  return values;
}

// Every input pixel is spread over the outputs that it reaches. Tap k of the kernel takes the input i of a transposed
// layer to i · stride + k − padding; in a convolution it takes it to (i + padding − k) / stride, where that is whole.
function spread(layer, inputs) {
  const { kind, kernel, stride, padding, from, height, width, outputs, bias, values, activate } = layer;
  const there = kind === "transposed" ? (i, k) => i * stride + k - padding : (i, k) => (i + padding - k) / stride;
  const inside = (place, size) => place >= 0 && place < size && Number.isInteger(place);
  for (let p = 0; p < values.length; p += bias.length) values.set(bias, p);
  for (let y = 0; y < from.height; y++) {
    for (let ky = 0; ky < kernel[0]; ky++) {
      const row = there(y, ky);
      if (!inside(row, height)) continue;
      for (let x = 0; x < from.width; x++) {
        for (let kx = 0; kx < kernel[1]; kx++) {
          const column = there(x, kx);
          if (!inside(column, width)) continue;
          addPixel(layer, inputs, y * from.width + x, ky * kernel[1] + kx, (row * width + column) * outputs);
        }
      }
    }
  }
  for (let i = 0; i < values.length; i++) values[i] = activate(values[i]);
  return values;
}

// Four input channels at a time, and none that is zero: after a ReLU that is about half of them.
function addPixel({ inputs: channels, outputs, weights, values }, inputs, pixel, tap, target) {
  const [first, kernel] = [pixel * channels, tap * channels * outputs];
  let k = 0;
  for (; k + 3 < channels; k += 4) {
    const a = inputs[first + k], b = inputs[first + k + 1], c = inputs[first + k + 2], d = inputs[first + k + 3];
    if (a === 0 && b === 0 && c === 0 && d === 0) continue;
    const p = kernel + k * outputs, q = p + outputs, r = q + outputs, s = r + outputs;
    for (let o = 0; o < outputs; o++) {
      values[target + o] += a * weights[p + o] + b * weights[q + o] + c * weights[r + o] + d * weights[s + o];
    }
  }
  for (; k < channels; k++) {
    const a = inputs[first + k], p = kernel + k * outputs;
    if (a !== 0) for (let o = 0; o < outputs; o++) values[target + o] += a * weights[p + o];
  }
}

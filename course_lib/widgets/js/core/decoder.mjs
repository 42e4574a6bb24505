// A decoder that runs in the page: a small network, shipped with one byte a weight, decoded in well under a millisecond.

export const ACTIVATIONS = {
  relu: (a) => (a > 0 ? a : 0),
  sigmoid: (a) => 1 / (1 + Math.exp(-a)),
  none: (a) => a,
  gelu: (a) => 0.5 * a * (1 + erf(a / Math.SQRT2)),
};

/** The error function, to 1.5e-7 (Abramowitz & Stegun 1964, 7.1.26). */
export function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

/**
 * Unpack what `course_lib.widgets.pack_decoder` wrote.
 * @param {{widths: number[], activation: string, weights: DataView, error?: number[]}} packed  for each layer: a scale and a bias for each
 *   of its outputs (float32), then its numbers row by row (float32 in the first layer, int8 in the others);
 *   weight = scale of its row × number
 * @returns {{widths: number[], layers: any[], error?: number[]}}  weights input by input, so that a layer adds up whole columns
 */
export function readDecoder({ widths, activation, weights: bytes, error }) {
  if (!(activation in ACTIVATIONS)) throw new Error(`got activation "${activation}", expected relu, gelu or sigmoid`);
  let at = 0;
  const float = () => bytes.getFloat32((at += 4) - 4, true);
  const floats = (n) => Float32Array.from({ length: n }, float);
  const layers = widths.slice(1).map((outputs, i) => {
    const inputs = widths[i];
    const scale = floats(outputs);
    const bias = floats(outputs);
    const weights = new Float32Array(inputs * outputs);
    for (let o = 0; o < outputs; o++) {
      for (let n = 0; n < inputs; n++) weights[n * outputs + o] = scale[o] * (i ? bytes.getInt8(at++) : float());
    }
    const last = i === widths.length - 2;
    const activate = ACTIVATIONS[last ? "sigmoid" : activation];
    return { weights, bias, activate, sums: new Float32Array(outputs), live: new Int32Array(inputs) };
  });
  if (at !== bytes.byteLength) throw new Error(`got ${bytes.byteLength} bytes of weights, expected ${at}`);
  return { widths, layers, error };
}

/**
 * How exact a decoder in the page is, as a sentence.
 * @param {{error?: number[]}} decoder
 */
export function sayError({ error }) {
  const [worst, mean] = error;
  const percent = (share) => `${(100 * share).toPrecision(1)} %`;
  return (
    "The decoder runs in this page with one byte a weight: over the codes shown its pixels differ from the trained " +
    `model's by ${percent(mean)} of full ink on average, by ${percent(worst)} at worst.`
  );
}

/**
 * Decode one code.
 * @param {{layers: any[]}} decoder  from `readDecoder`
 * @param {ArrayLike<number>} z  d numbers
 * @returns {any}  pixel means in [0, 1]; the decoder's own memory, overwritten by the next call
 */
export function decode(decoder, z) {
  let values = z;
  for (const layer of decoder.layers) values = applyLayer(layer, values);
  return values;
}

// Four columns at a time, and none whose input is zero: after a ReLU that is a third of them.
function applyLayer({ weights, bias, activate, sums, live }, inputs) {
  const n = sums.length;
  let count = 0;
  for (let i = 0; i < inputs.length; i++) if (inputs[i] !== 0) live[count++] = i;
  sums.set(bias);
  let k = 0;
  for (; k + 3 < count; k += 4) {
    const [i, j, l, m] = [live[k], live[k + 1], live[k + 2], live[k + 3]];
    const [a, b, c, d] = [inputs[i], inputs[j], inputs[l], inputs[m]];
    const [p, q, r, s] = [i * n, j * n, l * n, m * n];
    for (let o = 0; o < n; o++) {
      sums[o] += a * weights[p + o] + b * weights[q + o] + c * weights[r + o] + d * weights[s + o];
    }
  }
  for (; k < count; k++) {
    const [a, p] = [inputs[live[k]], live[k] * n];
    for (let o = 0; o < n; o++) sums[o] += a * weights[p + o];
  }
  for (let o = 0; o < n; o++) sums[o] = activate(sums[o]);
  return sums;
}

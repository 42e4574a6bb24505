// A small diffusion of points in the page: its schedule, its network, and the steps that both directions are made of.
// Points are flat: x, y, x, y, …; a schedule's arrays are indexed by t, entry 0 belongs to the data.

const TIME_FEATURES = 32;

/**
 * What follows from β_0 = 0, β_1, …, β_T.
 * @param {number[]} beta
 * @returns {{steps: number, beta: number[], abar: number[], signal: number[], noise: number[]}}  signal = √ᾱ, noise = √(1 − ᾱ)
 */
export function readSchedule(beta) {
  let product = 1;
  const abar = beta.map((b) => (product *= 1 - b));
  return { steps: beta.length - 1, beta, abar, signal: abar.map(Math.sqrt), noise: abar.map((a) => Math.sqrt(1 - a)) };
}

/** Sines and cosines of a time, as `models.denoisers.time_features` has them. */
export function timeFeatures(t) {
  const half = TIME_FEATURES / 2;
  const angles = Array.from({ length: half }, (_, i) => t * Math.exp((-Math.log(10000) * i) / (half - 1)));
  return [...angles.map(Math.sin), ...angles.map(Math.cos)];
}

/**
 * Unpack a fully connected network: for each layer its matrix, row by row, then its biases, all float32.
 * @param {{widths: number[], weights: DataView}} packed  widths from the input, point and time, to the output
 */
export function readNetwork({ widths, weights: bytes }) {
  let at = 0;
  const floats = (n) => Float64Array.from({ length: n }, () => bytes.getFloat32((at += 4) - 4, true));
  const layers = widths.slice(1).map((outputs, i) => ({ inputs: widths[i], outputs, weight: floats(widths[i] * outputs), bias: floats(outputs) }));
  if (at !== bytes.byteLength) throw new Error(`got ${bytes.byteLength} bytes of weights, expected ${at}`);
  return layers;
}

/** f_θ(x_t, t) of every point: what the network adds to the best guess for N(0, I). */
export function correction(layers, points, t) {
  const [first, ...rest] = layers;
  const features = timeFeatures(t);
  // All points share the time, so that its part of the first layer is summed up once.
  const shared = first.bias.map((bias, o) => features.reduce((sum, f, i) => sum + first.weight[o * first.inputs + 2 + i] * f, bias));
  const answer = new Float64Array(points.length);
  for (let p = 0; p < points.length; p += 2) {
    let values = shared.map((sum, o) => sum + first.weight[o * first.inputs] * points[p] + first.weight[o * first.inputs + 1] * points[p + 1]);
    for (const layer of rest) values = applyDense(layer, values.map(silu));
    answer.set(values, p);
  }
  return answer;
}

function silu(a) {
  return a / (1 + Math.exp(-a));
}

function applyDense({ inputs, weight, bias }, values) {
  return bias.map((b, o) => {
    let sum = b;
    for (let i = 0; i < inputs; i++) sum += weight[o * inputs + i] * values[i];
    return sum;
  });
}

/** x̂_0 = √ᾱ_t x_t − √(1 − ᾱ_t) f_θ, the network's guess of where each point came from. */
export function guessStart({ schedule, network }, points, t) {
  const f = correction(network, points, t);
  return f.map((value, i) => schedule.signal[t] * points[i] - schedule.noise[t] * value);
}

/** A step of the encoder: x_t = √(1 − β_t) x_{t−1} + √β_t ε. */
export function stepForward({ beta }, before, t, eps) {
  const [keep, add] = [Math.sqrt(1 - beta[t]), Math.sqrt(beta[t])];
  return Float64Array.from(before, (value, i) => keep * value + add * eps[i]);
}

/** A step of DDPM, from x_t to x_{t−1}: the posterior's mean for the guessed start, and noise except at the end. */
export function stepBack({ schedule, network, variance }, points, t, eps) {
  const { beta, abar, signal } = schedule;
  const start = guessStart({ schedule, network }, points, t);
  const [ofStart, ofNow] = [(signal[t - 1] * beta[t]) / (1 - abar[t]), (Math.sqrt(1 - beta[t]) * (1 - abar[t - 1])) / (1 - abar[t])];
  const add = t > 1 ? Math.sqrt(variance[t]) : 0;
  return start.map((value, i) => ofStart * value + ofNow * points[i] + add * eps[i]);
}

/** A step of DDIM, from x_t straight to x_s: the guessed start and the guessed noise, put together for the time s. */
export function jumpBack(model, points, t, s) {
  const { signal, noise } = model.schedule;
  return guessStart(model, points, t).map((start, i) => signal[s] * start + (noise[s] * (points[i] - signal[t] * start)) / noise[t]);
}

/** The times that so many steps of DDIM visit, from T downwards, without 0; as `models.samplers.ddim_times`. */
export function visitedTimes(total, steps) {
  return Array.from({ length: steps }, (_, k) => Math.ceil((total * (steps - k)) / steps));
}

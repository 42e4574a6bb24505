// Random numbers with a seed: the same seed gives the same picture to every reader.

/**
 * A generator of numbers that look uniform on [0, 1): a 32-bit counter, scrambled.
 * @param {number} seed  any integer
 * @returns {() => number}
 */
export function uniformGenerator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/**
 * A generator of standard normal numbers, from pairs of uniform ones (Box & Muller 1958).
 * @param {number} seed  any integer
 * @returns {() => number}
 */
export function normalGenerator(seed) {
  const uniform = uniformGenerator(seed);
  let spare = null;
  return () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

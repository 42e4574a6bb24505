// A group of points among others: which digits it holds, how compact it is, what a map keeps of its neighbourhoods.
// A table of neighbours holds k numbers for each point, nearest first; a mask holds 1 for the points of the group, else 0.

/** How many of the first `count` neighbours of a point in one table are among those in another. */
export function kept(table, other, k, point, count) {
  const of = (one) => one.subarray(point * k, point * k + count);
  return of(table).filter((i) => of(other).includes(i)).length;
}

/** The share of the members' k nearest that are members too, on average; null for an empty group. */
export function together(table, k, mask) {
  let [both, members] = [0, 0];
  mask.forEach((one, i) => {
    if (!one) return;
    members++;
    for (let j = 0; j < k; j++) both += mask[table[i * k + j]];
  });
  return members ? both / (k * members) : null;
}

/** Which digits the members are, most frequent first: [digit, count] pairs. */
export function census(labels, mask) {
  const counts = new Array(10).fill(0);
  mask.forEach((one, i) => (counts[labels[i]] += one));
  return [...counts.entries()].filter(([, count]) => count).sort((a, b) => b[1] - a[1]);
}

/**
 * Which items to take so that their value is greatest and their weight at most `capacity`: the exact 0/1 knapsack
 * by dynamic programming over weights. Memory: 8 bytes × capacity, and one bit for each item and weight.
 *
 * @param weights whole numbers of at least 1 (frames of a shot).
 * @param values at least 0. For video summaries the plain mean score of a shot, not multiplied by its length:
 *   that is the value with which the published F1 scores are reached.
 * @returns for each item whether it is taken.
 */
export function knapsack(weights: ArrayLike<number>, values: ArrayLike<number>, capacity: number): boolean[] {
  const items = weights.length;
  const stride = (capacity >> 5) + 1;
  const taken = new Uint32Array(items * stride);
  const best = new Float64Array(capacity + 1);
  let unseen = Array.from(weights).reduce((sum, weight) => sum + weight, 0);
  for (let item = 0; item < items; item++) {
    const weight = weights[item];
    const value = values[item];
    unseen -= weight;
    // The least room that the items after this one can leave for it.
    const least = Math.max(weight, capacity - unseen);
    for (let room = capacity; room >= least; ) {
      const word = room >> 5;
      const end = Math.max(least, word << 5);
      let bits = 0;
      for (; room >= end; room--) {
        const withItem = best[room - weight] + value;
        if (withItem <= best[room]) continue;
        best[room] = withItem;
        bits |= 1 << (room & 31);
      }
      taken[item * stride + word] = bits;
    }
  }

  const answer = new Array<boolean>(items).fill(false);
  for (let item = items - 1, room = capacity; item >= 0; item--) {
    if (!(taken[item * stride + (room >> 5)] & (1 << (room & 31)))) continue;
    answer[item] = true;
    room -= weights[item];
  }
  return answer;
}

/** The last one to three numbers of a vector, as the first lanes of four. */

/** Loads `count` numbers; the other lanes are 0. */
export function loadRest(from: usize, count: i32): v128 {
  if (count == 1) return v128.load32_zero(from);
  const two = v128.load64_zero(from);
  return count == 2 ? two : v128.load32_lane(from, two, 2, 8);
}

/** Stores the first `count` lanes. */
export function storeRest(to: usize, value: v128, count: i32): void {
  if (count == 1) {
    v128.store32_lane(to, value, 0);
    return;
  }
  v128.store64_lane(to, value, 0);
  if (count == 3) v128.store32_lane(to, value, 2, 8);
}

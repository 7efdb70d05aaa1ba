/**
 * Uniform local binary patterns (Ojala, Pietikäinen & Mäenpää, PAMI 2002): of the 256 ways in which 8 neighbors can
 * be brighter than their center, the 58 with at most two changes around the circle keep a bin, all others share one.
 */
export const uniformPattern = new Uint8Array(256);

let bins = 0;
for (let code = 0; code < 256; code++) {
  if (changesAround(code) <= 2) uniformPattern[code] = bins++;
}
for (let code = 0; code < 256; code++) {
  if (changesAround(code) > 2) uniformPattern[code] = bins;
}

/** Number of bins. */
export const uniformPatterns = 59;

function changesAround(code: number): number {
  const turned = ((code << 1) | (code >> 7)) & 255;
  let changes = 0;
  for (let bits = code ^ turned; bits > 0; bits >>= 1) changes += bits & 1;
  return changes;
}

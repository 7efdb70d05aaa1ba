/**
 * How much one frame differs from the one before, from a thumbnail of 64 × 36 luma and two 32 × 18 chroma values
 * picked, not averaged, from the frame, so that making it costs next to nothing beside decoding.
 */

export const thumbnailWidth = 64;
export const thumbnailHeight = 36;
const lumaSize = thumbnailWidth * thumbnailHeight;
const chromaSize = lumaSize / 4;

/** Bytes of a thumbnail: planes Y, U, V in limited range. */
export const thumbnailSize = lumaSize + 2 * chromaSize;

const histogramBins = 16;
const blocksWide = 16;
const blocksHigh = 9;

/** Follows a video's frames, keeping of the last one only what the next is compared with. */
export class ChangeMeter {
  #previous: Description | undefined;

  /** Change from the thumbnail before to this one, 0 to 1; 0 for the first. */
  next(thumbnail: Uint8Array): number {
    const description = describe(thumbnail);
    const previous = this.#previous;
    this.#previous = description;
    if (previous === undefined) return 0;
    const blocks = meanDifference(previous.blocks, description.blocks) / 255;
    const histogram =
      meanDifference(previous.histogram, description.histogram) * description.histogram.length;
    // A cut changes about a tenth of the range in block means and half of the histogram: bring both to like weight.
    return Math.min(1, 2 * blocks + histogram / (4 * lumaSize));
  }
}

interface Description {
  /** Means over a 16 × 9 grid of blocks, of Y, U and V. */
  blocks: Float32Array;
  /** Counts of luma. */
  histogram: Float32Array;
}

function describe(thumbnail: Uint8Array): Description {
  const blocks = new Float32Array(3 * blocksWide * blocksHigh);
  const histogram = new Float32Array(histogramBins);
  addBlocks(thumbnail, 0, thumbnailWidth, 4, blocks, 0);
  addBlocks(thumbnail, lumaSize, thumbnailWidth / 2, 2, blocks, blocksWide * blocksHigh);
  addBlocks(thumbnail, lumaSize + chromaSize, thumbnailWidth / 2, 2, blocks, 2 * blocksWide * blocksHigh);
  for (let i = 0; i < lumaSize; i++) histogram[thumbnail[i] >> 4]++;
  return { blocks, histogram };
}

function addBlocks(
  bytes: Uint8Array,
  start: number,
  width: number,
  side: number,
  out: Float32Array,
  at: number,
) {
  const height = (width * 9) / 16;
  for (let y = 0; y < height; y++) {
    const row = at + Math.floor(y / side) * blocksWide;
    for (let x = 0; x < width; x++) {
      out[row + Math.floor(x / side)] += bytes[start + y * width + x] / (side * side);
    }
  }
}

function meanDifference(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum / a.length;
}

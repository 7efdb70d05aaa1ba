import type { Picture } from "../../../data/video/video.ts";
import { uniformPattern, uniformPatterns } from "./binary-patterns.ts";
import { luma } from "./luma.ts";

const grid = 4;
const cells = grid * grid;
const colorBins = 32;
const orientations = 8;

/**
 * A picture in numbers without any download: where its colors, edges and textures are and what has moved. The groups
 * in their order, with their number of values. Histograms hold square roots of shares, so that their distance is
 * Hellinger's; factors bring the groups to like weight (mean squared distance of pictures of one video: 0.1 to 0.4).
 */
export const descriptorGroups = {
  /** √ of the share of pixels in 32 bins of red, then green, then blue, × 0.75/√3. */
  colorHistogram: 3 * colorBins,
  /** Mean luma, blue difference and red difference (0 to 1, −1 to 1) of each cell of a 4 × 4 grid, × 1.5/4. */
  colorLayout: 3 * cells,
  /** √ of the share of the picture's gradient in each cell of the grid and in 8 undirected orientations there. */
  edges: orientations * cells,
  /** √ of the share of pixels with each uniform local binary pattern, × 1.25. */
  texture: uniformPatterns,
  /** √ of the mean luma difference (0 to 1) to the picture before in each cell, × 2/4; 0 for the first picture. */
  motion: cells,
} as const;

const weights = { colorHistogram: 0.75, colorLayout: 1.5 / grid, edges: 1, texture: 1.25, motion: 2 / grid };

/** Values of one descriptor. */
export const descriptorWidth = Object.values(descriptorGroups).reduce((sum, width) => sum + width, 0);

/** The leading values that depend on the picture alone: all but `motion`. */
export const appearanceWidth = descriptorWidth - descriptorGroups.motion;

/** A gradient below this many gray levels is noise, and so is such a difference to a neighbor. */
const noise = 4;

/** Makes descriptors of pictures of one size in their order. */
export class FrameDescriber {
  #previous: Uint8Array | undefined;

  /**
   * @param picture RGB, at least 8 × 8 pixels.
   * @returns the descriptor, [descriptorWidth], and the picture's luma, [height × width].
   */
  next(picture: Picture): { descriptor: Float32Array; gray: Uint8Array } {
    const gray = luma(picture);
    const descriptor = new Float32Array(descriptorWidth);
    const groups = groupsOf(descriptor);
    colorHistogram(picture.data, groups.colorHistogram);
    colorLayout(picture, gray, groups.colorLayout);
    edges(gray, picture.width, picture.height, groups.edges);
    texture(gray, picture.width, picture.height, groups.texture);
    if (this.#previous) motion(gray, this.#previous, picture, groups.motion);
    this.#previous = gray;
    return { descriptor, gray };
  }
}

/** Each group of a descriptor, as views of it. */
export function groupsOf(descriptor: Float32Array): Record<keyof typeof descriptorGroups, Float32Array> {
  let at = 0;
  const views = Object.entries(descriptorGroups).map(([name, width]) => {
    at += width;
    return [name, descriptor.subarray(at - width, at)];
  });
  return Object.fromEntries(views);
}

function colorHistogram(rgb: Uint8Array, out: Float32Array): void {
  const counts = new Int32Array(3 * colorBins);
  for (let p = 0; p < rgb.length; p += 3) {
    counts[rgb[p] >> 3]++;
    counts[colorBins + (rgb[p + 1] >> 3)]++;
    counts[2 * colorBins + (rgb[p + 2] >> 3)]++;
  }
  rootOfShares(counts, rgb.length, weights.colorHistogram, out);
}

function colorLayout({ width, height, data }: Picture, gray: Uint8Array, out: Float32Array): void {
  forEachCell(width, height, (cell, left, top, right, bottom) => {
    let y = 0;
    let blue = 0;
    let red = 0;
    for (let row = top; row < bottom; row++) {
      for (let i = row * width + left, end = row * width + right; i < end; i++) {
        y += gray[i];
        red += data[3 * i] - gray[i];
        blue += data[3 * i + 2] - gray[i];
      }
    }
    const scale = weights.colorLayout / (255 * (right - left) * (bottom - top));
    out[3 * cell] = y * scale;
    out[3 * cell + 1] = blue * scale;
    out[3 * cell + 2] = red * scale;
  });
}

function edges(gray: Uint8Array, width: number, height: number, out: Float32Array): void {
  const counts = new Int32Array(out.length);
  const columnCells = Uint8Array.from({ length: width }, (_, x) => Math.floor((x * grid) / width));
  let total = 0;
  for (let y = 1; y < height - 1; y++) {
    const rowCell = Math.floor((y * grid) / height) * grid;
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const dx = gray[i + 1] - gray[i - 1];
      const dy = gray[i + width] - gray[i - width];
      const magnitude = Math.abs(dx) + Math.abs(dy);
      if (magnitude < noise) continue;
      counts[(rowCell + columnCells[x]) * orientations + orientation(dx, dy)] += magnitude;
      total += magnitude;
    }
  }
  rootOfShares(counts, total, weights.edges, out);
}

/** 1000 × tan(π/8), for comparisons in whole numbers. */
const tangent = 414;

/** The eighth of the half circle in which an undirected gradient lies. */
function orientation(dx: number, dy: number): number {
  const u = Math.abs(dx);
  const v = Math.abs(dy);
  const eighth = Number(1000 * v > tangent * u) + Number(v > u) + Number(tangent * v > 1000 * u);
  return dx * dy < 0 ? 7 - eighth : eighth;
}

function texture(gray: Uint8Array, width: number, height: number, out: Float32Array): void {
  const codes = new Int32Array(256);
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * width + 1, end = i + width - 2; i < end; i++) {
      // Bit 31 of (center − neighbor) is set where the neighbor is brighter: no branch, for noise would defeat any guess.
      const center = gray[i] + noise - 1;
      const code =
        ((center - gray[i - width - 1]) >>> 31) |
        (((center - gray[i - width]) >>> 31) << 1) |
        (((center - gray[i - width + 1]) >>> 31) << 2) |
        (((center - gray[i + 1]) >>> 31) << 3) |
        (((center - gray[i + width + 1]) >>> 31) << 4) |
        (((center - gray[i + width]) >>> 31) << 5) |
        (((center - gray[i + width - 1]) >>> 31) << 6) |
        (((center - gray[i - 1]) >>> 31) << 7);
      codes[code]++;
    }
  }
  const counts = new Int32Array(out.length);
  codes.forEach((count, code) => {
    counts[uniformPattern[code]] += count;
  });
  rootOfShares(counts, (width - 2) * (height - 2), weights.texture, out);
}

function motion(gray: Uint8Array, previous: Uint8Array, { width, height }: Picture, out: Float32Array): void {
  forEachCell(width, height, (cell, left, top, right, bottom) => {
    let sum = 0;
    for (let row = top; row < bottom; row++) {
      for (let i = row * width + left, end = row * width + right; i < end; i++) {
        sum += Math.abs(gray[i] - previous[i]);
      }
    }
    out[cell] = weights.motion * Math.sqrt(sum / (255 * (right - left) * (bottom - top)));
  });
}

function forEachCell(
  width: number,
  height: number,
  visit: (cell: number, left: number, top: number, right: number, bottom: number) => void,
): void {
  for (let cell = 0; cell < cells; cell++) {
    const row = Math.floor(cell / grid);
    const column = cell % grid;
    const left = Math.floor((column * width) / grid);
    const top = Math.floor((row * height) / grid);
    const right = Math.floor(((column + 1) * width) / grid);
    const bottom = Math.floor(((row + 1) * height) / grid);
    visit(cell, left, top, right, bottom);
  }
}

function rootOfShares(counts: Int32Array, total: number, weight: number, out: Float32Array): void {
  if (total === 0) return;
  for (let i = 0; i < counts.length; i++) out[i] = weight * Math.sqrt(counts[i] / total);
}

import type { Picture } from "../../data/video/video.ts";
import { uniformPattern, uniformPatterns } from "./binary-patterns.ts";
import { luma } from "./luma.ts";

/**
 * A picture in numbers without any download: where its colors, edges and textures are and what has moved.
 * Histograms hold square roots of shares, so that their distance is Hellinger's and each has length 1.
 */
const grid = 4;
const cells = grid * grid;
const colorBins = 32;
const orientations = 8;

/** The groups in their order, with their number of values. */
export const descriptorGroups = {
  /** √ of the share of pixels in 32 bins of red, then green, then blue; each channel divided by √3. */
  colorHistogram: 3 * colorBins,
  /** Mean luma, blue difference and red difference of each cell of a 4 × 4 grid, rows first. */
  colorLayout: 3 * cells,
  /** √ of the share of gradient magnitude in 8 orientations (undirected) of each cell. */
  edges: orientations * cells,
  /** √ of the share of pixels with each uniform local binary pattern. */
  texture: uniformPatterns,
  /** √ of the mean luma difference to the picture before in each cell; zeros for the first picture. */
  motion: cells,
} as const;

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
  for (let p = 0; p < rgb.length; p += 3) {
    out[rgb[p] >> 3]++;
    out[32 + (rgb[p + 1] >> 3)]++;
    out[64 + (rgb[p + 2] >> 3)]++;
  }
  rootOfShares(out, rgb.length);
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
    const scale = 1 / (255 * (right - left) * (bottom - top) * grid);
    out[3 * cell] = y * scale;
    out[3 * cell + 1] = blue * scale;
    out[3 * cell + 2] = red * scale;
  });
}

function edges(gray: Uint8Array, width: number, height: number, out: Float32Array): void {
  let total = 0;
  for (let y = 1; y < height - 1; y++) {
    const rowCell = Math.floor((y * grid) / height) * grid;
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const dx = gray[i + 1] - gray[i - 1];
      const dy = gray[i + width] - gray[i - width];
      const magnitude = Math.abs(dx) + Math.abs(dy);
      if (magnitude < noise) continue;
      const cell = rowCell + Math.floor((x * grid) / width);
      out[cell * orientations + orientation(dx, dy)] += magnitude;
      total += magnitude;
    }
  }
  rootOfShares(out, total);
}

const tan22 = Math.tan(Math.PI / 8);

/** The eighth of the half circle in which an undirected gradient lies. */
function orientation(dx: number, dy: number): number {
  const [u, v] = dy < 0 || (dy === 0 && dx < 0) ? [-dx, -dy] : [dx, dy]; // turned into the upper half plane
  const size = Math.abs(u);
  let bin = 0;
  if (v > size) bin = v * tan22 > size ? 3 : 2;
  else if (v > size * tan22) bin = 1;
  return u >= 0 ? bin : 7 - bin;
}

function texture(gray: Uint8Array, width: number, height: number, out: Float32Array): void {
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * width + 1, end = i + width - 2; i < end; i++) {
      const level = gray[i] + noise;
      const code =
        (gray[i - width - 1] >= level ? 1 : 0) |
        (gray[i - width] >= level ? 2 : 0) |
        (gray[i - width + 1] >= level ? 4 : 0) |
        (gray[i + 1] >= level ? 8 : 0) |
        (gray[i + width + 1] >= level ? 16 : 0) |
        (gray[i + width] >= level ? 32 : 0) |
        (gray[i + width - 1] >= level ? 64 : 0) |
        (gray[i - 1] >= level ? 128 : 0);
      out[uniformPattern[code]]++;
    }
  }
  rootOfShares(out, (width - 2) * (height - 2));
}

function motion(gray: Uint8Array, previous: Uint8Array, { width, height }: Picture, out: Float32Array): void {
  forEachCell(width, height, (cell, left, top, right, bottom) => {
    let sum = 0;
    for (let row = top; row < bottom; row++) {
      for (let i = row * width + left, end = row * width + right; i < end; i++) {
        sum += Math.abs(gray[i] - previous[i]);
      }
    }
    out[cell] = Math.sqrt(sum / (255 * (right - left) * (bottom - top))) / grid;
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

function rootOfShares(counts: Float32Array, total: number): void {
  if (total === 0) return;
  for (let i = 0; i < counts.length; i++) counts[i] = Math.sqrt(counts[i] / total);
}

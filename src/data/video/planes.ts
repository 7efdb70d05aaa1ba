/** Decoded frames as planes of luma and chroma, and pictures and thumbnails made from them. */

import { thumbnailHeight, thumbnailSize, thumbnailWidth } from "./change.ts";
import { type ColorMatrix, lumaWeights } from "./color.ts";
import type { Picture, Rotation } from "./video.ts";

export interface Plane {
  values: Uint8Array | Uint16Array;
  width: number;
  height: number;
  /** Values from one row to the next. */
  stride: number;
  /** Values from one pixel to the next; more than 1 where planes are interleaved. */
  step: number;
}

export interface Planes {
  /** Y, U, V; or G, B, R where `matrix` is "rgb". */
  planes: [Plane, Plane, Plane];
  /** Bits a value. */
  depth: number;
  matrix: ColorMatrix;
  fullRange: boolean;
}

/** The frame squeezed to width × height, each pixel the mean of the area it covers, then turned upright. */
export function toPicture(frame: Planes, width: number, height: number, rotation: Rotation): Picture {
  const [y, u, v] = frame.planes.map((plane) => resize(plane, width, height));
  return turn({ width, height, data: toRgb(frame, y, u, v) }, rotation);
}

/** Y, U, V values picked from the frame, in limited range, as ChangeMeter takes them. */
export function toThumbnail(frame: Planes, thumbnail = new Uint8Array(thumbnailSize)): Uint8Array {
  let at = 0;
  frame.planes.forEach((plane, i) => {
    const width = i === 0 ? thumbnailWidth : thumbnailWidth / 2;
    const height = i === 0 ? thumbnailHeight : thumbnailHeight / 2;
    const shift = frame.depth - 8;
    for (let y = 0; y < height; y++) {
      const row = Math.floor(((y + 0.5) * plane.height) / height) * plane.stride;
      for (let x = 0; x < width; x++) {
        thumbnail[at++] =
          plane.values[row + Math.floor(((x + 0.5) * plane.width) / width) * plane.step] >> shift;
      }
    }
  });
  if (frame.fullRange) toLimitedRange(thumbnail);
  return thumbnail;
}

function toLimitedRange(thumbnail: Uint8Array): void {
  const luma = thumbnailWidth * thumbnailHeight;
  for (let i = 0; i < luma; i++) thumbnail[i] = 16 + (thumbnail[i] * 219) / 255;
  for (let i = luma; i < thumbnail.length; i++) thumbnail[i] = 128 + ((thumbnail[i] - 128) * 224) / 255;
}

/** Area average where the plane shrinks, linear interpolation where it grows: [height × width]. */
export function resize(plane: Plane, width: number, height: number): Float32Array {
  const columns = taps(plane.width, width);
  const rows = taps(plane.height, height);
  const result = new Float32Array(width * height);
  const narrow = new Float64Array(width);
  let narrowed = -1;
  for (let y = 0; y < height; y++) {
    const target = result.subarray(y * width, (y + 1) * width);
    for (let row = rows.first[y]; row <= rows.last[y]; row++) {
      if (row !== narrowed) narrowRow(plane, row, columns, narrow);
      narrowed = row;
      const weight = weightOf(rows, y, row);
      for (let x = 0; x < width; x++) target[x] += narrow[x] * weight;
    }
  }
  return result;
}

/**
 * One row of the plane brought to its new width. This loop sees every pixel: `| 0` keeps its sums and positions in
 * integer registers, which takes a third off its time.
 */
function narrowRow({ values, stride, step }: Plane, row: number, columns: Taps, narrow: Float64Array): void {
  const { first, last, firstWeight, lastWeight, middleWeight } = columns;
  const start = (row * stride) | 0;
  for (let x = 0; x < narrow.length; x++) {
    let at = (start + first[x] * step) | 0;
    const end = (start + last[x] * step) | 0;
    const edges = values[at] * firstWeight[x] + values[end] * lastWeight[x];
    let sum = 0;
    for (at = (at + step) | 0; at < end; at = (at + step) | 0) sum = (sum + values[at]) | 0;
    narrow[x] = edges + sum * middleWeight;
  }
}

/** For each target position the source positions that it reads, first to last, and their weights. */
interface Taps {
  first: Int32Array;
  last: Int32Array;
  firstWeight: Float64Array;
  lastWeight: Float64Array;
  middleWeight: number;
}

function weightOf(
  { first, last, firstWeight, lastWeight, middleWeight }: Taps,
  to: number,
  from: number,
): number {
  if (from === first[to]) return firstWeight[to];
  return from === last[to] ? lastWeight[to] : middleWeight;
}

function taps(from: number, to: number): Taps {
  const first = new Int32Array(to);
  const last = new Int32Array(to);
  const firstWeight = new Float64Array(to);
  const lastWeight = new Float64Array(to);
  const scale = from / to;
  for (let i = 0; i < to; i++) {
    if (scale >= 1) {
      const start = i * scale;
      const end = Math.min(from, (i + 1) * scale);
      first[i] = Math.floor(start);
      last[i] = Math.min(from - 1, Math.ceil(end - 1e-9) - 1);
      firstWeight[i] = (Math.min(end, first[i] + 1) - start) / scale;
      lastWeight[i] = (end - last[i]) / scale;
      if (last[i] === first[i]) [firstWeight[i], lastWeight[i]] = [1, 0];
    } else {
      const center = Math.min(from - 1, Math.max(0, (i + 0.5) * scale - 0.5));
      first[i] = Math.floor(center);
      last[i] = Math.min(from - 1, first[i] + 1);
      lastWeight[i] = last[i] === first[i] ? 0 : center - first[i];
      firstWeight[i] = 1 - lastWeight[i];
    }
  }
  return { first, last, firstWeight, lastWeight, middleWeight: 1 / scale };
}

function toRgb(frame: Planes, y: Float32Array, u: Float32Array, v: Float32Array): Uint8Array {
  const rgb = new Uint8ClampedArray(3 * y.length);
  const one = 2 ** (frame.depth - 8);
  if (frame.matrix === "rgb") {
    for (let i = 0; i < y.length; i++) {
      rgb[3 * i] = v[i] / one;
      rgb[3 * i + 1] = y[i] / one;
      rgb[3 * i + 2] = u[i] / one;
    }
    return new Uint8Array(rgb.buffer);
  }
  const { red, blue } = lumaWeights[frame.matrix];
  const green = 1 - red - blue;
  const black = frame.fullRange ? 0 : 16 * one;
  const lumaScale = (frame.fullRange ? 1 : 255 / 219) / one;
  const chromaScale = (frame.fullRange ? 1 : 255 / 224) / one;
  const redFromV = 2 * (1 - red) * chromaScale;
  const blueFromU = 2 * (1 - blue) * chromaScale;
  const greenFromU = (-blue / green) * blueFromU;
  const greenFromV = (-red / green) * redFromV;
  for (let i = 0; i < y.length; i++) {
    const luma = (y[i] - black) * lumaScale;
    const cb = u[i] - 128 * one;
    const cr = v[i] - 128 * one;
    rgb[3 * i] = luma + redFromV * cr;
    rgb[3 * i + 1] = luma + greenFromU * cb + greenFromV * cr;
    rgb[3 * i + 2] = luma + blueFromU * cb;
  }
  return new Uint8Array(rgb.buffer);
}

/** Turns a picture clockwise. */
export function turn(picture: Picture, rotation: Rotation): Picture {
  if (rotation === 0) return picture;
  const { width, height, data } = picture;
  const turned = new Uint8Array(data.length);
  const newWidth = rotation === 180 ? width : height;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [tx, ty] =
        rotation === 90
          ? [height - 1 - y, x]
          : rotation === 180
            ? [width - 1 - x, height - 1 - y]
            : [y, width - 1 - x];
      const from = 3 * (y * width + x);
      const to = 3 * (ty * newWidth + tx);
      turned[to] = data[from];
      turned[to + 1] = data[from + 1];
      turned[to + 2] = data[from + 2];
    }
  }
  return { width: newWidth, height: rotation === 180 ? height : width, data: turned };
}

/** A picture of even width and height as planes Y, U, V (BT.709, limited range), chroma averaged over 2 × 2 pixels. */
export function toI420({ width, height, data }: Picture): Uint8Array {
  const { red, blue } = lumaWeights.bt709;
  const green = 1 - red - blue;
  const planes = new Uint8ClampedArray((width * height * 3) / 2);
  for (let i = 0, at = 0; i < width * height; i++, at += 3) {
    planes[i] = 16 + (219 / 255) * (red * data[at] + green * data[at + 1] + blue * data[at + 2]);
  }
  const uScale = 224 / 255 / (2 * (1 - blue)) / 4;
  const vScale = 224 / 255 / (2 * (1 - red)) / 4;
  const row = 3 * width;
  let u = width * height;
  let v = u + u / 4;
  for (let y = 0; y < height; y += 2) {
    for (let at = y * row; at < (y + 1) * row; at += 6) {
      const r = data[at] + data[at + 3] + data[at + row] + data[at + row + 3];
      const g = data[at + 1] + data[at + 4] + data[at + row + 1] + data[at + row + 4];
      const b = data[at + 2] + data[at + 5] + data[at + row + 2] + data[at + row + 5];
      const luma = red * r + green * g + blue * b;
      planes[u++] = 128 + uScale * (b - luma);
      planes[v++] = 128 + vScale * (r - luma);
    }
  }
  return new Uint8Array(planes.buffer);
}

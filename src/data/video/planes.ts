/** Decoded frames as planes of luma and chroma, and pictures and thumbnails made from them. */

import { thumbnailHeight, thumbnailSize, thumbnailWidth } from "./change.ts";
import { type ColorMatrix, lumaWeights } from "./color.ts";
import { resize } from "./resize.ts";
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

/** A frame scaled to an even width and height, as planes Y, U, V of 8 bits in 4:2:0; colors keep their meaning. */
export function toEightBit420({ planes, depth }: Planes, width: number, height: number): Uint8Array {
  const bytes = new Uint8ClampedArray((width * height * 3) / 2);
  let start = 0;
  planes.forEach((plane, i) => {
    const across = i === 0 ? width : width / 2;
    const down = i === 0 ? height : height / 2;
    const target = bytes.subarray(start, start + across * down);
    start += target.length;
    const asItIs = plane.width === across && plane.height === down && plane.step === 1 && depth === 8;
    if (asItIs) copyRows(plane, target);
    else copyScaled(resize(plane, across, down), 2 ** (depth - 8), target);
  });
  return new Uint8Array(bytes.buffer);
}

function copyRows({ values, width, height, stride }: Plane, target: Uint8ClampedArray): void {
  for (let y = 0; y < height; y++) target.set(values.subarray(y * stride, y * stride + width), y * width);
}

function copyScaled(values: Float32Array, one: number, target: Uint8ClampedArray): void {
  for (let i = 0; i < values.length; i++) target[i] = values[i] / one;
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

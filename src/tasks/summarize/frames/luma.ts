import type { Picture } from "../../../data/video/video.ts";

/** Brightness of every pixel, 0 to 255, by the weights of ITU-R BT.601 in 8-bit fixed point. */
export function luma({ width, height, data }: Picture): Uint8Array {
  const gray = new Uint8Array(width * height);
  for (let i = 0, p = 0; i < gray.length; i++, p += 3) {
    gray[i] = (77 * data[p] + 150 * data[p + 1] + 29 * data[p + 2] + 128) >> 8;
  }
  return gray;
}

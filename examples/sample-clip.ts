/** Draws and encodes the sample clip: a minute of drawn shots, still and moving, with hard cuts, one fade, and sound. */

import sharp from "sharp";
import { VideoWriter } from "../src/data/video/webcodecs/writer.ts";
import { type Shot, shots } from "./sample-clip/shots.ts";
import { synthesize } from "./sample-clip/sound.ts";
import { stage } from "./sample-clip/svg.ts";

export { hardCuts, shots } from "./sample-clip/shots.ts";

export const frameRate = 25;
const sampleRate = 48_000;

/** Pictures drawn at a time, since drawing runs on several threads. */
const drawnAhead = 6;

/**
 * Writes the first `seconds` of the clip to `file` (.mp4, 640 × 360, 25 frames a second, H.264 and AAC): the same
 * pictures on every machine. Takes about a quarter of the clip's length.
 */
export async function drawSampleClip(
  file: string,
  { seconds = 60 }: { seconds?: number } = {},
): Promise<void> {
  const writer = await VideoWriter.open({ file, bitrate: 1_500_000, sound: { sampleRate, channels: 1 } });
  const frames = Math.round(seconds * frameRate);
  let next = 0;
  for (const shot of shots) {
    const count = Math.min(Math.round(shot.length * frameRate), frames - next);
    if (count <= 0) break;
    const sound = synthesize(shot.sound, shot.length, sampleRate);
    let frame = 0;
    for await (const data of pictures(shot, count)) {
      const from = Math.round((frame / frameRate) * sampleRate);
      await writer.addSound([sound.subarray(from, Math.round(((frame + 1) / frameRate) * sampleRate))]);
      await writer.addPicture({ ...stage, data }, next / frameRate, 1 / frameRate);
      frame++;
      next++;
    }
  }
  await writer.finish();
}

async function* pictures(shot: Shot, count: number): AsyncGenerator<Uint8Array> {
  const drawing: Promise<Uint8Array>[] = [];
  for (let i = 0; i < count + drawnAhead; i++) {
    if (i < count) drawing.push(draw(shot, i / frameRate));
    if (i >= drawnAhead && drawing.length > 0) yield await drawing.shift()!;
  }
}

async function draw(shot: Shot, t: number): Promise<Uint8Array> {
  const { width, height } = stage;
  const dark = Math.max(
    shot.fadeIn === undefined ? 0 : 1 - t / shot.fadeIn,
    shot.fadeOut === undefined ? 0 : 1 - (shot.length - 1 / frameRate - t) / shot.fadeOut,
  );
  const shade = dark > 0 ? `<rect width="${width}" height="${height}" opacity="${dark.toFixed(3)}"/>` : "";
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">` +
    `${shot.draw(t, shot.length)}${shade}</svg>`;
  return sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer();
}

/** Draws small videos for tests: every frame carries its own number, so that a test can see which one it got. */

import { readFile, writeFile } from "node:fs/promises";
import type { Picture, Rotation } from "../src/data/video/video.ts";
import { keepAlive, loadMediabunny } from "../src/data/video/webcodecs/load.ts";
import { VideoWriter } from "../src/data/video/webcodecs/writer.ts";

export interface ClipOptions {
  /** Seconds at which each frame begins, ascending. */
  times: readonly number[];
  width?: number;
  height?: number;
  rotation?: Rotation;
  /** A beep of 40 ms begins with each of these frames. */
  beeps?: readonly number[];
  /** Sound of `beeps`, or silence; left out, the clip has no sound track. */
  sound?: boolean;
  /** Every frame this gray, without a number. */
  gray?: number;
  keyframeInterval?: number;
}

/** `count` times at a steady rate. */
export function steady(count: number, fps: number): number[] {
  return Array.from({ length: count }, (_, i) => i / fps);
}

const bits = 10;
const sampleRate = 48_000;

/** Writes a clip; `file` ends in .mp4 (H.264) or .webm (VP9). Frame i shows i in `bits` black or white bars. */
export async function writeClip(file: string, options: ClipOptions): Promise<void> {
  const { times, width = 160, height = 96, rotation, gray, beeps = [], keyframeInterval = 1 } = options;
  const sound = options.sound || beeps.length > 0 ? { sampleRate, channels: 1 } : undefined;
  const writer = await VideoWriter.open({ file, bitrate: 600_000, keyframeInterval, rotation, sound });
  for (const [i, time] of times.entries()) {
    const end = times[i + 1] ?? time + (i > 0 ? time - times[i - 1] : 0.04);
    const picture = gray === undefined ? numbered(i, width, height) : flat(gray, width, height);
    if (sound !== undefined) await writer.addSound([beep(beeps.includes(i), time, end)]);
    await writer.addPicture(picture, time, end - time);
  }
  await writer.finish();
}

function flat(gray: number, width: number, height: number): Picture {
  return { width, height, data: new Uint8Array(3 * width * height).fill(gray) };
}

/** The number's bits as bars from left (lowest) to right, over a lower third that is red on its left half, blue on its right. */
function numbered(number: number, width: number, height: number): Picture {
  const picture = flat(0, width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = 3 * (y * width + x);
      if (y >= (height * 2) / 3) picture.data[at + (x < width / 2 ? 0 : 2)] = 200;
      else picture.data.fill((number >> Math.floor((x * bits) / width)) & 1 ? 235 : 20, at, at + 3);
    }
  }
  return picture;
}

/** The number that a frame of a clip shows, upright, whatever its size. */
export function numberShown({ width, height, data }: Picture): number {
  let number = 0;
  const row = Math.floor(height / 3);
  for (let bit = 0; bit < bits; bit++) {
    const x = Math.floor(((bit + 0.5) * width) / bits);
    if (data[3 * (row * width + x) + 1] > 128) number |= 1 << bit;
  }
  return number;
}

/** Color of the lower third at its left and right. */
export function cornerColors({ width, height, data }: Picture): { left: number[]; right: number[] } {
  const at = (x: number) => [...data.subarray(3 * (Math.floor(height * 0.85) * width + x)).subarray(0, 3)];
  return { left: at(Math.floor(width * 0.2)), right: at(Math.floor(width * 0.8)) };
}

function beep(sounding: boolean, from: number, to: number): Float32Array {
  const start = Math.round(from * sampleRate);
  const samples = new Float32Array(Math.round(to * sampleRate) - start);
  if (sounding) {
    for (let i = 0; i < Math.min(samples.length, 0.04 * sampleRate); i++)
      samples[i] = 0.8 * Math.sin(i * 0.2);
  }
  return samples;
}

/** Writes an mp4 that has sound and no picture. */
export async function writeSoundOnly(file: string): Promise<void> {
  const mediabunny = await loadMediabunny();
  const output = new mediabunny.Output({
    format: new mediabunny.Mp4OutputFormat(),
    target: new mediabunny.FilePathTarget(file),
  });
  const source = new mediabunny.AudioSampleSource({ codec: "aac", bitrate: 64_000 });
  output.addAudioTrack(source);
  await output.start();
  const data = new Float32Array(sampleRate);
  await source.add(
    new mediabunny.AudioSample({ data, format: "f32", numberOfChannels: 1, sampleRate, timestamp: 0 }),
  );
  await output.finalize();
}

/** Copies the first part of a file: what an interrupted download leaves. */
export async function truncate(file: string, target: string, share: number): Promise<void> {
  const bytes = await readFile(file);
  await writeFile(target, bytes.subarray(0, Math.floor(bytes.length * share)));
}

/** Copies an mp4 without its index: what a recording leaves that was killed. */
export async function withoutIndex(file: string, target: string): Promise<void> {
  const bytes = await readFile(file);
  for (let at = 0; at + 8 <= bytes.length; at += Math.max(8, bytes.readUInt32BE(at))) {
    if (bytes.toString("latin1", at + 4, at + 8) === "moov") bytes.write("junk", at + 4, "latin1");
  }
  await writeFile(target, bytes);
}

/** Seconds at which beeps begin in a file's sound, by the npm decoder. */
export async function beepsHeard(file: string): Promise<number[]> {
  const mediabunny = await loadMediabunny();
  const alive = keepAlive();
  const input = new mediabunny.Input({
    formats: mediabunny.ALL_FORMATS,
    source: new mediabunny.FilePathSource(file),
  });
  try {
    const track = await input.getPrimaryAudioTrack();
    const beeps: number[] = [];
    let quietSince = Number.NEGATIVE_INFINITY;
    for await (const sample of new mediabunny.AudioSampleSink(track!).samples()) {
      const values = new Float32Array(sample.numberOfFrames);
      sample.copyTo(values, { planeIndex: 0, format: "f32-planar" });
      for (const [i, value] of values.entries()) {
        if (Math.abs(value) < 0.2) continue;
        const time = sample.timestamp + i / sample.sampleRate;
        if (time - quietSince > 0.02) beeps.push(time);
        quietSince = time;
      }
      sample.close();
    }
    return beeps;
  } finally {
    input.dispose();
    alive.release();
  }
}

/** Copies a file with the coded pictures from one time to another, in seconds, overwritten: what a bad disk leaves. */
export async function damage(file: string, target: string, from: number, to: number): Promise<void> {
  const bytes = await readFile(file);
  const mediabunny = await loadMediabunny();
  const input = new mediabunny.Input({
    formats: mediabunny.ALL_FORMATS,
    source: new mediabunny.FilePathSource(file),
  });
  const track = await input.getPrimaryVideoTrack();
  let end = 0;
  for await (const { timestamp, data } of new mediabunny.EncodedPacketSink(track!).packets()) {
    const start = bytes.indexOf(data, end);
    end = start + data.length;
    if (timestamp >= from && timestamp < to) bytes.fill(0xa5, start, end);
  }
  input.dispose();
  await writeFile(target, bytes);
}

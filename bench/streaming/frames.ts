/** What the streaming benchmark's cells read: recorded speech, 100 frames a second. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { resample } from "../../src/data/audio/resample.ts";
import { readWav } from "../../src/data/audio/wav.ts";
import { logMel } from "../../src/tasks/speech/features/log-mel.ts";
import { random } from "../../src/weights/random.ts";

const recording = resolve(import.meta.dirname, "../../../shared/data/models/silero_vad/test.wav");
const bands = 40;
const rate = 16_000;

export interface Frames {
  /** Where they come from, for a line. */
  source: string;
  frames: Float32Array[];
}

/**
 * The log-mel features of a recording, normalized, mapped to the width wished for by a random matrix that keeps their size;
 * without the recording, sums of slow waves.
 */
export function readFrames(count: number, width: number): Frames {
  const source = existsSync(recording) ? "recorded speech" : "slow waves";
  const features = source === "recorded speech" ? speech(count) : waves(count);
  const mix = random(1)
    .stream("mix")
    .normals(new Float32Array(bands * width));
  const frames = features.map((feature) =>
    Float32Array.from({ length: width }, (_, at) => {
      let sum = 0;
      for (let band = 0; band < bands; band++) sum += feature[band] * mix[band * width + at];
      return sum / Math.sqrt(bands);
    }),
  );
  return { source, frames };
}

function speech(count: number): Float32Array[] {
  const sound = readWav(readFileSync(recording), recording);
  const samples = resample(sound.samples, sound.rate, rate).subarray(
    0,
    Math.ceil(count * 0.01 * rate) + rate,
  );
  const features = logMel(samples, { rate, bands });
  const mean = features.reduce((sum, value) => sum + value, 0) / features.length;
  const spread = Math.sqrt(features.reduce((sum, value) => sum + (value - mean) ** 2, 0) / features.length);
  const normalized = features.map((value) => (value - mean) / spread);
  return Array.from({ length: count }, (_, frame) => normalized.subarray(frame * bands, (frame + 1) * bands));
}

function waves(count: number): Float32Array[] {
  return Array.from({ length: count }, (_, step) =>
    Float32Array.from({ length: bands }, (_, at) => Math.sin((step * (1 + (at % 7))) / 40 + at)),
  );
}

/** Features to segment: drawn at random, and of the sample clip as `gatefold summarize` describes it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { drawSampleClip, frameRate } from "../../examples/sample-clip.ts";
import { openVideo } from "../../src/data/video/open.ts";
import { appearanceWidth } from "../../src/tasks/summarize/frames/descriptor.ts";
import { watch } from "../../src/tasks/summarize/frames/watch.ts";
import { unitRows } from "../../src/tasks/summarize/shots/find-shots.ts";
import { random } from "../../src/weights/random.ts";

/** Rows of length 1, [frames, width]. */
export interface Features {
  data: Float32Array;
  frames: number;
  width: number;
}

export interface Drawn {
  frames: number;
  /** Mean length of a shot. */
  shot: number;
  /** Size of what differs from frame to frame, beside what differs from shot to shot. */
  noise: number;
}

/** Rows around a center for each shot. */
export function drawFeatures({ frames, shot, noise }: Drawn): Features {
  const width = 1024;
  const stream = random(1).stream("video");
  const data = new Float32Array(frames * width);
  const center = new Float32Array(width);
  for (let t = 0, left = 0; t < frames; t++, left--) {
    if (left <= 0) {
      left = Math.ceil(shot * (0.3 + 1.4 * stream.uniform()));
      for (let i = 0; i < width; i++) center[i] = stream.uniform() - 0.5;
    }
    const row = data.subarray(t * width, (t + 1) * width);
    for (let i = 0; i < width; i++) row[i] = center[i] + noise * (stream.uniform() - 0.5);
    const length = Math.hypot(...row);
    for (let i = 0; i < width; i++) row[i] /= length;
  }
  return { data, frames, width };
}

/**
 * Color, layout, edges and texture of the frames of the sample clip, 25 a second; after its minute it begins anew, and is
 * joined to what went before by a cut.
 */
export async function clipFeatures(): Promise<(frames: number) => Features> {
  const folder = mkdtempSync(join(tmpdir(), "gatefold-bench-"));
  try {
    const file = join(folder, "clip.mp4");
    await drawSampleClip(file);
    const watched = await watch(await openVideo(file), { fps: frameRate, fast: false });
    const width = appearanceWidth;
    const rows = unitRows(watched, width);
    return (frames) => {
      const data = new Float32Array(frames * width);
      for (let from = 0; from < data.length; from += rows.length)
        data.set(rows.subarray(0, Math.min(rows.length, data.length - from)), from);
      return { data, frames, width };
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

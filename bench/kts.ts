/**
 * Kernel temporal segmentation, beside the public algorithm. That one runs its dynamic program over the kernel matrix
 * for every number of change points, and again for the number it found best; ours is `segment`. A line's `ratio` is
 * its median time ÷ ours, both in JavaScript, its kernel matrix made beforehand and not counted; `same` tells whether both
 * find the same change points. At 10,000 frames the public one would take hours for every number of change points, so both are
 * told to look for no more than `maxShots`.
 */
import { segment } from "../src/tasks/summarize/shots/kts.ts";
import { clipFeatures, drawFeatures, type Features } from "./kts/features.ts";
import { kernelMatrix, publicAlgorithm } from "./kts/public.ts";
import { type BenchOptions, inTurn, type Line, median, rounded } from "./measure.ts";

interface Case {
  name: string;
  features: () => Features | Promise<Features>;
  /** As `gatefold summarize` sets it for its descriptor; 1, as published, for what is drawn. */
  vmax: number;
  /** For both; as many as frames where it is not given. */
  maxShots?: number;
  repeats: number;
  /** Not measured beside the public one. */
  alone?: boolean;
}

export async function* run({ only = "" }: BenchOptions): AsyncIterable<Line> {
  for (const one of cases()) if (one.name.includes(only)) yield await measure(one);
}

function cases(): Case[] {
  const drawn = (frames: number, shot: number, noise: number) => () => drawFeatures({ frames, shot, noise });
  let clip: ReturnType<typeof clipFeatures> | undefined;
  const ofClip = (frames: number) => async () => {
    clip ??= clipFeatures();
    return (await clip)(frames);
  };
  return [
    { name: "drawn, 640 frames", features: drawn(640, 15, 0.5), vmax: 1, repeats: 7 },
    { name: "drawn, 2,000 frames", features: drawn(2000, 15, 0.5), vmax: 1, repeats: 3 },
    { name: "drawn, 10,000 frames", features: drawn(10_000, 200, 0.3), vmax: 1, maxShots: 150, repeats: 1 },
    { name: "sample clip, 640 frames", features: ofClip(640), vmax: 0.12, repeats: 7 },
    { name: "sample clip, 2,000 frames", features: ofClip(2000), vmax: 0.12, repeats: 3 },
    { name: "sample clip, 10,000 frames", features: ofClip(10_000), vmax: 0.12, maxShots: 150, repeats: 1 },
    {
      name: "alone: 10,000 frames, short shots",
      features: drawn(10_000, 15, 0.5),
      vmax: 1,
      repeats: 3,
      alone: true,
    },
    {
      name: "alone: 10,000 frames, long shots",
      features: drawn(10_000, 200, 0.3),
      vmax: 1,
      repeats: 3,
      alone: true,
    },
    {
      name: "alone: 10,000 frames, much noise",
      features: drawn(10_000, 15, 1),
      vmax: 1,
      repeats: 3,
      alone: true,
    },
  ];
}

async function measure({ name, features, vmax, maxShots, repeats, alone = false }: Case): Promise<Line> {
  const { data, frames, width } = await features();
  const found = { ours: [] as number[], public: [] as number[] };
  const ours = timed(() => {
    found.ours = segment(data, { frames, width }, { vmax, maxShots }).changePoints;
  });
  const line = { case: `${name} × ${width}`, maxShots: maxShots ?? frames };
  if (alone) {
    const times = await inTurn({ ours }, { repeats, warmUp: 0 });
    return { ...line, oursMs: rounded(median(times.ours)), changePoints: found.ours.length, repeats };
  }
  const kernel = kernelMatrix(data, { frames, width });
  const peer = timed(() => {
    found.public = publicAlgorithm(kernel, { frames, vmax, most: (maxShots ?? frames) - 1 });
  });
  const times = await inTurn({ ours, public: peer }, { repeats, warmUp: repeats > 1 ? 1 : 0 });
  return {
    ...line,
    oursMs: rounded(median(times.ours)),
    publicMs: rounded(median(times.public)),
    ratio: rounded(median(times.public) / median(times.ours)),
    same: String(found.ours) === String(found.public),
    changePoints: found.ours.length,
    repeats,
  };
}

function timed(work: () => void) {
  return {
    async turn() {
      const start = performance.now();
      work();
      return performance.now() - start;
    },
  };
}

/**
 * Kernel temporal segmentation, beside the public algorithm. That one runs its dynamic program over the kernel matrix
 * for every number of change points, and again for the number it found best; ours is `segment`. A line's `ratio` is
 * its median time ÷ ours, both in JavaScript, its kernel matrix made beforehand and not counted; `same` tells whether both
 * find the same change points.
 */
import { segment } from "../src/tasks/summarize/shots/kts.ts";
import { random } from "../src/weights/random.ts";
import { type BenchOptions, inTurn, type Line, median, rounded } from "./measure.ts";

const width = 1024;

interface Video {
  name: string;
  frames: number;
  /** Mean length of a shot. */
  shot: number;
  /** Size of what differs from frame to frame, beside what differs from shot to shot. */
  noise: number;
}

const beside: readonly Video[] = [
  { name: "640 frames", frames: 640, shot: 15, noise: 0.5 },
  { name: "2,000 frames", frames: 2000, shot: 15, noise: 0.5 },
];

const alone: readonly Video[] = [
  { name: "10,000 frames, short shots", frames: 10_000, shot: 15, noise: 0.5 },
  { name: "10,000 frames, long shots", frames: 10_000, shot: 200, noise: 0.3 },
  { name: "10,000 frames, much noise", frames: 10_000, shot: 15, noise: 1 },
];

export async function* run({ only = "" }: BenchOptions): AsyncIterable<Line> {
  for (const video of beside) {
    if (video.name.includes(only)) yield await besidePublic(video);
  }
  for (const video of alone) {
    if (video.name.includes(only)) yield await onlyOurs(video);
  }
}

async function besidePublic(video: Video): Promise<Line> {
  const features = drawVideo(video);
  const kernel = kernelMatrix(features, video.frames);
  const found: Record<string, number[]> = {};
  const repeats = video.frames > 1000 ? 3 : 7;
  const times = await inTurn(
    {
      ours: timed(() => {
        found.ours = segment(features, { frames: video.frames, width }).changePoints;
      }),
      public: timed(() => {
        found.public = publicAlgorithm(kernel, video.frames);
      }),
    },
    { repeats, warmUp: 1 },
  );
  return {
    case: `${video.name} × ${width}`,
    oursMs: rounded(median(times.ours)),
    publicMs: rounded(median(times.public)),
    ratio: rounded(median(times.public) / median(times.ours)),
    same: String(found.ours) === String(found.public),
    changePoints: found.ours.length,
    repeats,
  };
}

async function onlyOurs(video: Video): Promise<Line> {
  const features = drawVideo(video);
  let changePoints = 0;
  const repeats = 3;
  const { ours } = await inTurn(
    {
      ours: timed(() => {
        changePoints = segment(features, { frames: video.frames, width }).changePoints.length;
      }),
    },
    { repeats, warmUp: 0 },
  );
  return { case: `${video.name} × ${width}`, oursMs: rounded(median(ours)), changePoints, repeats };
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

/** Rows of length 1 around a center for each shot, [frames, width]. */
function drawVideo({ frames, shot, noise }: Video): Float32Array {
  const stream = random(1).stream("video");
  const features = new Float32Array(frames * width);
  const center = new Float32Array(width);
  for (let t = 0, left = 0; t < frames; t++, left--) {
    if (left <= 0) {
      left = Math.ceil(shot * (0.3 + 1.4 * stream.uniform()));
      for (let i = 0; i < width; i++) center[i] = stream.uniform() - 0.5;
    }
    const row = features.subarray(t * width, (t + 1) * width);
    for (let i = 0; i < width; i++) row[i] = center[i] + noise * (stream.uniform() - 0.5);
    const length = Math.hypot(...row);
    for (let i = 0; i < width; i++) row[i] /= length;
  }
  return features;
}

/** Change points by the published program: O(frames²) memory, O(frames³) time. */
function publicAlgorithm(kernel: Float64Array, frames: number): number[] {
  const scatter = scatterMatrix(kernel, frames);
  const { costs } = program(scatter, frames, frames - 1);
  let best = 0;
  let least = costs[0] / frames;
  for (let m = 1; m < frames; m++) {
    const objective = costs[m] / frames + (m / (2 * frames)) * (Math.log(frames / m) + 1);
    if (objective < least) [least, best] = [objective, m];
  }
  return program(scatter, frames, best).changePoints;
}

/** Products of all pairs of rows, [frames, frames]. */
function kernelMatrix(features: Float32Array, frames: number): Float64Array {
  const kernel = new Float64Array(frames * frames);
  for (let s = 0; s < frames; s++) {
    for (let t = 0; t <= s; t++) {
      let product = 0;
      for (let i = 0; i < width; i++) product += features[s * width + i] * features[t * width + i];
      kernel[s * frames + t] = product;
      kernel[t * frames + s] = product;
    }
  }
  return kernel;
}

/** Scatter of every segment from a up to and with b, at [b, a], from the kernel's integral image. */
function scatterMatrix(kernel: Float64Array, frames: number): Float64Array {
  const side = frames + 1;
  const integral = new Float64Array(side * side);
  const diagonal = new Float64Array(side);
  for (let s = 0; s < frames; s++) {
    diagonal[s + 1] = diagonal[s] + kernel[s * frames + s];
    let rowSum = 0;
    for (let t = 0; t < frames; t++) {
      rowSum += kernel[s * frames + t];
      integral[(s + 1) * side + t + 1] = integral[s * side + t + 1] + rowSum;
    }
  }
  const scatter = new Float64Array(frames * frames);
  for (let b = 0; b < frames; b++) {
    for (let a = 0; a <= b; a++) {
      const block =
        integral[(b + 1) * side + b + 1] +
        integral[a * side + a] -
        integral[(b + 1) * side + a] -
        integral[a * side + b + 1];
      scatter[b * frames + a] = diagonal[b + 1] - diagonal[a] - block / (b - a + 1);
    }
  }
  return scatter;
}

/** I[m, l] = min over t of I[m − 1, t] + v(t, l), for every m up to `most`, with the way back for `most`. */
function program(scatter: Float64Array, frames: number, most: number) {
  const side = frames + 1;
  const origins = new Int32Array((most + 1) * side);
  const costs = new Float64Array(most + 1);
  let before = new Float64Array(side).fill(Infinity);
  for (let l = 1; l <= frames; l++) before[l] = scatter[(l - 1) * frames];
  costs[0] = before[frames];
  for (let m = 1; m <= most; m++) {
    const now = new Float64Array(side).fill(Infinity);
    for (let l = m + 1; l <= frames; l++) {
      let least = Infinity;
      let origin = m;
      for (let t = m; t < l; t++) {
        const cost = before[t] + scatter[(l - 1) * frames + t];
        if (cost < least) {
          least = cost;
          origin = t;
        }
      }
      now[l] = least;
      origins[m * side + l] = origin;
    }
    costs[m] = now[frames];
    before = now;
  }
  const changePoints: number[] = [];
  for (let m = most, l = frames; m > 0; m--) {
    l = origins[m * side + l];
    changePoints.unshift(l);
  }
  return { costs, changePoints };
}

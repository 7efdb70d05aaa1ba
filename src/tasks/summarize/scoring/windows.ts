/** The parts of a video that fitting without labels looks at. */
import { type Tensor, tensor } from "../../../runtime/tensor.ts";
import type { Stream } from "../../../weights/random.ts";
import { type FrameDistances, frameDistances } from "./reward.ts";

/** How many frames in sequence a step looks at, and how many such stretches of a long video, evenly spread. */
const window = { frames: 240, most: 8 };
/**
 * The LSTM reads a stretch of more than `whole` frames in pieces of about `frames`, side by side, in less than half
 * the time; scores come to the same (rank correlation .99 on 240 frames).
 */
const piece = { whole: 120, frames: 60 };

/** What a step looks at: the network's input, and how far its frames are apart. */
export interface Window {
  x: Tensor;
  distances: FrameDistances;
}

/** The parts of a video that steps look at, one at random: all of a short video, else stretches of it. */
export class Windows {
  private readonly whole: Tensor;
  private readonly features: Float32Array;
  private readonly starts: readonly number[];
  private readonly known = new Map<number, Window>();

  /**
   * @param whole the network's input [frames, 1, inputs]
   * @param features what frames are compared by, [frames, width]
   */
  constructor(whole: Tensor, features: Float32Array) {
    this.whole = whole;
    this.features = features;
    const [frames] = whole.dims;
    const count = Math.min(window.most, Math.ceil(frames / window.frames));
    const room = Math.max(0, frames - window.frames);
    this.starts = Array.from({ length: count }, (_, k) => Math.round((k * room) / Math.max(1, count - 1)));
  }

  draw(draws: Stream): Window {
    const start = this.starts[draws.integer(this.starts.length)];
    const drawn = this.known.get(start) ?? this.cut(start);
    this.known.set(start, drawn);
    return drawn;
  }

  private cut(start: number): Window {
    const [all, , inputs] = this.whole.dims;
    const length = Math.min(all, window.frames);
    const pieces = length <= piece.whole ? 1 : Math.ceil(length / piece.frames);
    const time = Math.floor(length / pieces);
    const frames = pieces * time;
    const rows = (of: Float32Array, width: number) => of.subarray(start * width, (start + frames) * width);
    const given = rows(this.whole.data as Float32Array, inputs);
    const x = new Float32Array(given.length);
    for (let k = 0; k < frames; k++) {
      const row = (k % time) * pieces + Math.floor(k / time);
      x.set(given.subarray(k * inputs, (k + 1) * inputs), row * inputs);
    }
    const compared = rows(this.features, this.features.length / all);
    return { x: tensor(x, [time, pieces, inputs]), distances: frameDistances(compared, frames) };
  }
}

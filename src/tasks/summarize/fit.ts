/** How important each frame is, from its features alone. */
export interface FrameScores {
  /** 0 to 1, one a frame. */
  scores: Float32Array;
  /** Frames in the order in which they add most to the summary. */
  order: Int32Array;
}

export interface ScoreOptions {
  seed: number;
  threads?: number;
  weights?: string;
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

/** Distance of each frame to the mean of its surroundings, scaled to 0..1. */
export async function scoreFrames(
  features: Float32Array,
  { frames, width }: { frames: number; width: number },
  options: ScoreOptions,
): Promise<FrameScores> {
  options.signal?.throwIfAborted();
  const scores = new Float32Array(frames);
  for (let t = 0; t < frames; t++) {
    const from = Math.max(0, t - 15);
    const to = Math.min(frames, t + 16);
    for (let i = 0; i < width; i++) {
      let sum = 0;
      for (let s = from; s < to; s++) sum += features[s * width + i];
      scores[t] += (features[t * width + i] - sum / (to - from)) ** 2;
    }
  }
  const most = scores.reduce((a, b) => Math.max(a, b), 1e-12);
  for (let t = 0; t < frames; t++) scores[t] /= most;
  const order = Int32Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a]);
  return { scores, order };
}

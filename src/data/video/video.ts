/** What every video reader gives, whichever program decodes. */

/** Degrees clockwise by which the coded picture must be turned to stand upright. */
export type Rotation = 0 | 90 | 180 | 270;

export interface VideoInfo {
  file: string;
  /** Size as shown: square pixels, after rotation. */
  width: number;
  height: number;
  /** Seconds from the first shown frame to the end of the last. */
  duration: number;
  frames: number;
  /** Frames a second, on average. */
  fps: number;
  codec: string;
  rotation: Rotation;
  /** Whether the file has a sound track. */
  audio: boolean;
}

export interface Picture {
  width: number;
  height: number;
  /** RGB, 3 bytes a pixel, rows from the top, upright. */
  data: Uint8Array;
}

export interface SampledFrame {
  /** Which frame of the video, counted in the order shown. */
  index: number;
  /** Seconds since the first shown frame, as the container says. */
  time: number;
  picture: Picture;
}

/** What one pass learned of every frame. */
export interface Scan {
  /** Seconds since the first shown frame, ascending: [frames]. */
  times: Float64Array;
  /**
   * How much a frame differs from the one before, 0 to 1; 0 for the first: [frames].
   * With `keyframesOnly` a key frame is compared with the key frame before, and all others hold 0.
   */
  change: Float32Array;
  keyframesOnly: boolean;
}

export interface SampleOptions {
  /** Pictures a second. */
  fps: number;
  /** Side of the square picture in pixels, to which the frame is squeezed. */
  size: number;
  /** Decode key frames alone: far faster, and pictures show the last key frame. */
  keyframesOnly?: boolean;
  /** Called with the seconds of video handled so far. */
  onProgress?: (seconds: number) => void;
  signal?: AbortSignal;
}

/** One pass over a video. */
export interface Sampling {
  /**
   * A picture for every instant k ÷ fps before the video's end: the frame on screen then, that is the last whose time
   * is at most k ÷ fps. A frame shown longer comes several times, except with `keyframesOnly`, where it comes once.
   */
  frames: AsyncIterable<SampledFrame>;
  /** Valid once `frames` has ended. */
  scan(): Scan;
  /** Exact counts once `frames` has ended; the container's word before. */
  info(): VideoInfo;
}

export interface VideoReader {
  readonly decoder: "ffmpeg" | "webcodecs";
  /** What the container says, before anything is decoded; `frames` may be an estimate. */
  readonly declared: VideoInfo;
  /** What a person should know of how the video was read, such as that its end is missing. Complete after a pass. */
  readonly notes: readonly string[];
  sample(options: SampleOptions): Sampling;
  /** The frames with these ascending indices, at the size shown. */
  pictures(indices: readonly number[], signal?: AbortSignal): AsyncIterable<SampledFrame>;
  close(): Promise<void>;
}

/** A video of a data set, and what people said of it. */

/** What one person said of a video; at least one of the two. */
export interface UserAnnotation {
  /** Which frames the person put into a summary: 1 or 0, [frames]. */
  summary?: Uint8Array;
  /** How important the person found each frame, in the data set's own units, [frames]. */
  scores?: Float32Array;
}

/** A shot's frames: from the first to before the last. */
export interface FrameRange {
  start: number;
  end: number;
}

export interface AnnotatedVideo {
  /** As the data set names it. */
  name: string;
  /** Another name by which published splits and other files know it: "video_12", "Eiffel Tower". */
  alias?: string;
  /** Of the whole video. */
  frameCount: number;
  /** Frames a second, where it is known. */
  rate?: number;
  /** The frame that each step shows, increasing, [steps]. */
  picks: Int32Array;
  /** What is seen at the steps: [steps, width], row-major. A set of annotations alone has none. */
  features?: { data: Float32Array; width: number };
  /** One after another, from frame 0 to `frameCount`; none where the set has none. */
  shots?: readonly FrameRange[];
  users: readonly UserAnnotation[];
  /** How important each step is, 0 to 1, [steps]: what a model learns. */
  importance?: Float32Array;
  /** Which steps are key frames: 1 or 0, [steps]. */
  keySteps?: Uint8Array;
}

/** Videos that belong together. */
export interface AnnotatedSet {
  /** "SumMe", "TVSum", or what the file is called. */
  name: string;
  videos: readonly AnnotatedVideo[];
}

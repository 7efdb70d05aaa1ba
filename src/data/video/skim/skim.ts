/** What a skim is: chosen parts of a video, joined into one, with sound. */

import type { VideoReader } from "../video.ts";

/** A part of a video: from its first frame up to, but not with, `endFrame`. */
export interface Segment {
  startFrame: number;
  endFrame: number;
  /** Seconds since the first shown frame, as the container says. */
  startTime: number;
  endTime: number;
}

export interface SkimOptions {
  /** The video to cut. */
  source: string;
  /** In ascending order, not overlapping. */
  segments: readonly Segment[];
  /** Where to write; must end in .mp4. */
  file: string;
  decoder: VideoReader["decoder"];
  /** Called when one more segment is encoded. */
  onPart?: () => void;
  signal?: AbortSignal;
}

export interface Skim {
  /** Pictures in the written file. */
  frames: number;
  /** What a person should know, such as that sound is missing. */
  notes: string[];
}

/** The larger and the smaller side of the largest skim; larger videos are scaled down. */
const limit = { long: 1920, short: 1080 };

/** The size of a skim: the source's, down to 1080p, with even sides, as H.264 in 4:2:0 demands. */
export function skimSize(width: number, height: number): { width: number; height: number } {
  const scale = Math.min(1, limit.long / Math.max(width, height), limit.short / Math.min(width, height));
  const even = (side: number) => Math.max(2, 2 * Math.round((side * scale) / 2));
  return { width: even(width), height: even(height) };
}

/** Pictures that a skim of these segments has. */
export function framesOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { startFrame, endFrame }) => sum + endFrame - startFrame, 0);
}

/** Seconds that these segments last together. */
export function lengthOf(segments: readonly Segment[]): number {
  return segments.reduce((sum, { startTime, endTime }) => sum + endTime - startTime, 0);
}

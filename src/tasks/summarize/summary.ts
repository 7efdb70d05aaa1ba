import { z } from "zod";
import { scoringModels } from "./scoring/built-in.ts";

/** Raised when a reader of the former format could misread the new one. */
export const summaryVersion = 1;

const frameNumber = z.int().nonnegative();
const seconds = z.number().nonnegative();
const score = z.number().min(0).max(1);

const video = z.object({
  file: z.string().describe("Path as given on the command line"),
  width: z.int().positive().describe("Pixels, as shown"),
  height: z.int().positive().describe("Pixels, as shown"),
  duration: seconds.describe("Seconds, from the frame times of the container"),
  frames: z.int().positive().describe("Frames decoded"),
  fps: z.number().positive().describe("Mean frame rate"),
  codec: z.string(),
});

const shot = z.object({
  startFrame: frameNumber,
  endFrame: frameNumber.describe("First frame that no longer belongs to the shot"),
  startTime: seconds,
  endTime: seconds.describe("Start of the next shot, or the end of the video"),
  score: score.describe("Mean importance of the shot's frames"),
  selected: z.boolean().describe("Whether the shot is part of the skim"),
});

const keyframe = z.object({
  frame: frameNumber,
  time: seconds,
  shot: z.int().nonnegative().describe("Index into shots"),
  file: z.string().describe("JPEG, relative to the folder of summary.json"),
});

const settings = z.object({
  share: z.number().describe("Largest part of the video that the skim may have"),
  fps: z.number().describe("Frames looked at, a second"),
  fast: z.boolean().describe("Whether only the coded key frames were decoded"),
  maxKeyframes: z.int().positive(),
  features: z.string().describe('"built-in", or the ONNX file'),
  model: z
    .enum(scoringModels)
    .nullable()
    .describe(
      '"fit": a network fitted to this video; else trained ones that Gatefold brings along; null where weights were given',
    ),
  weights: z.string().nullable().describe("Trained weights that were given, or null"),
  adapted: z.boolean().describe("Whether a network fitted to this video counts beside the trained ones"),
  decoder: z.enum(["ffmpeg", "webcodecs"]),
});

/** What `summary.json` holds. Times are seconds, the container's own; frames count from 0; ends are exclusive. */
export const summarySchema = z.object({
  format: z.literal("gatefold-summary"),
  version: z.literal(summaryVersion),
  video,
  shots: z.array(shot).min(1).describe("In order, without gaps, covering the whole video"),
  keyframes: z.array(keyframe),
  frames: z.array(z.object({ time: seconds, score })).describe("Importance of each frame looked at"),
  settings,
  seed: z.int().nonnegative(),
  warnings: z.array(z.string()).describe("What a reader should know about how the video could be read"),
  versions: z.record(z.string(), z.string()).describe("Of Gatefold and of what it ran on"),
});

export type Summary = z.infer<typeof summarySchema>;
export type Shot = z.infer<typeof shot>;
export type Keyframe = z.infer<typeof keyframe>;

/** The JSON schema that the package ships as `schema/summary.schema.json`. */
export function summaryJsonSchema(): object {
  return {
    $id: `gatefold-summary-${summaryVersion}`,
    title: "Summary of a video by Gatefold",
    ...z.toJSONSchema(summarySchema, { target: "draft-2020-12" }),
  };
}

/** A run's model as a stream, and the frames of a file for it. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { openModel } from "../models/file.ts";
import { compileProgram, loadProgram, type Profile } from "../stream/index.ts";
import { stepOf } from "../stream/step-of-model.ts";
import { delta } from "../transform/delta.ts";
import { type FrameOptions, readFrames } from "./frames.ts";

export interface StreamFlags {
  delta?: number;
  int8?: boolean;
  hop?: number;
}

export interface StreamedRun {
  frames: readonly Float32Array[];
  /** The outputs' names. */
  names: readonly string[];
  push(frame: Float32Array): Record<string, Float32Array>;
  profile(): Profile;
}

export async function openStream(
  path: string,
  input: string,
  { delta: threshold, int8, hop }: StreamFlags,
  { timed = false } = {},
): Promise<StreamedRun> {
  const model = await openModel(path);
  const step = stepOf(threshold === undefined ? model : delta(model, { threshold }));
  const frames = await readFrames(input, step, { hop, ofSound: await soundReader(path) });
  const engine = await loadProgram(compileProgram(step, { weights: int8 ? "int8" : "float32" }));
  const stream = engine.stream({ timed });
  const [name] = Object.keys(step.inputs);
  return {
    frames,
    names: Object.keys(step.outputs),
    push: (frame) => stream.push({ [name]: frame }),
    profile: () => stream.profile(),
  };
}

/** How a run of a task hears sounds; undefined for a model that reads samples, or anything else. */
async function soundReader(run: string): Promise<FrameOptions["ofSound"]> {
  if (!existsSync(join(run, "task.json"))) return undefined;
  const { readTaskFile } = await import("../tasks/speech/task-file.ts");
  const { framesOf } = await import("../tasks/speech/frames.ts");
  const task = await readTaskFile(run);
  return (sound) => framesOf(task, sound);
}

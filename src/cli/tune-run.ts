/** Tuning on the command line: on the data set that a run was trained on, or to be like the whole model on any frames. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { equalSizes } from "../graph/dim.ts";
import { InputError } from "../graph/errors.ts";
import { inputsOf } from "../graph/graph.ts";
import { tensor } from "../runtime/tensor.ts";
import { stepOf, timeOf } from "../stream/step-of-model.ts";
import type { Examples } from "../train/fit-options.ts";
import { watchInterrupt } from "../train/interrupt.ts";
import { createProgress } from "../train/progress.ts";
import { showTraining } from "../train/training-progress.ts";
import type { tune } from "../train/tune.ts";
import { distill } from "../train/tune-distill.ts";
import { overTime } from "../transform/over-time.ts";
import type { Model } from "../weights/model.ts";
import { readFrames } from "./frames.ts";

const LEARNING_RATE = 5e-4;
/** Steps of one example, where a model learns from another. */
const LONGEST = 200;

export interface TuneRequest {
  /** What the model was made from. */
  run: string;
  whole: Model;
  epochs: number;
  data: string;
  hop?: number;
}

/**
 * @returns the tuned model; nothing where Ctrl-C came first
 * @throws InputError for data that the run can't be tuned on
 */
export async function tuneRun(model: Model, request: TuneRequest): Promise<Model | undefined> {
  using interrupt = watchInterrupt();
  const progress = createProgress(process.stderr);
  const { epochs } = request;
  const options = {
    epochs,
    learningRate: LEARNING_RATE,
    signal: interrupt.signal,
    onEvent: showTraining(progress),
  };
  const tuned = (await hasTask(request.run))
    ? await tuneOnTask(model, request, options)
    : await distill(model, { ...options, teacher: request.whole, examples: await examplesFrom(request) });
  progress.close();
  return interrupt.signal.aborted ? undefined : tuned;
}

type Options = Pick<Parameters<typeof tune>[1], "epochs" | "learningRate" | "signal" | "onEvent">;

const hasTask = (run: string): Promise<boolean> =>
  access(join(run, "task.json")).then(
    () => true,
    () => false,
  );

async function tuneOnTask(model: Model, { run, data }: TuneRequest, options: Options): Promise<Model> {
  const { openSpeechRun } = await import("../tasks/speech/run.ts");
  const { tuneSpeech } = await import("../tasks/speech/tune.ts");
  return tuneSpeech(model, await openSpeechRun(run, data), options);
}

/** Stretches of a file's frames. */
async function examplesFrom({ whole, data, hop }: TuneRequest): Promise<Examples> {
  const frames = await readFrames(data, stepOf(whole), { hop });
  if (frames.length === 0) throw new InputError(`${data}: it is too short for a single frame`);
  const { graph } = overTime(whole);
  const time = timeOf(graph);
  const [[name, { shape, dtype }]] = inputsOf(graph, "input");
  const stretches = Array.from({ length: Math.ceil(frames.length / LONGEST) }, (_, at) =>
    frames.slice(at * LONGEST, (at + 1) * LONGEST),
  );
  return {
    count: stretches.length,
    load: ([at]) => {
      const steps = stretches[at];
      const numbers = Float32Array.from(steps.flatMap((frame) => [...frame]));
      const dims = shape.map((size) => {
        if (typeof size === "number") return size;
        return time !== undefined && equalSizes(size, time) ? steps.length : 1;
      });
      const fed = dtype === "int32" ? tensor(Int32Array.from(numbers), dims, "int32") : tensor(numbers, dims);
      return { feeds: { [name]: fed }, weight: steps.length };
    },
  };
}

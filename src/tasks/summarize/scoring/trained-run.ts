/** A run of `gatefold train summarize`, opened to judge videos by. */
import { InputError } from "../../../graph/errors.ts";
import { inputsOf } from "../../../graph/graph.ts";
import { openModel } from "../../../models/file.ts";
import { compile } from "../../../runtime/session.ts";
import { tensor } from "../../../runtime/tensor.ts";
import type { Decoding } from "./decode.ts";
import type { Judgment } from "./fit-without-labels.ts";
import { networkInput, type Seen } from "./network-input.ts";
import { readTaskFile, type TaskFile } from "./task-file.ts";

export interface TrainedRun {
  task: TaskFile;
  /** How its scores are made: as the model was trained. */
  decoding: Decoding;
  /**
   * Judges a video.
   *
   * @param name the video, as messages call it
   * @throws InputError where it lacks what the network reads
   */
  judge(name: string, seen: Seen): Promise<Judgment>;
  close(): Promise<void>;
}

/** @throws InputError where the folder holds no finished run */
export async function openTrainedRun(run: string): Promise<TrainedRun> {
  const task = await readTaskFile(run);
  const { graph, weights } = await openModel(run);
  const numbers = [...inputsOf(graph, "weight")].map(([path, { shape }]) => [
    path,
    tensor(weights[path], shape as readonly number[]),
  ]);
  const session = await compile(graph);
  const { model, joint } = task.recipe;
  return {
    task,
    decoding: model === "dpplstm" && !joint ? "diagonal" : "importance",
    async judge(name, seen) {
      const { inputs } = task.recipe;
      const width = seen.features?.width ?? 0;
      if (width !== task.features && inputs.includes("features"))
        throw new InputError(
          `${run} was trained on features of ${task.features} values, and those of ${name} have ${width}`,
        );
      const data = networkInput(name, seen, inputs);
      const steps = seen.picks.length;
      const x = tensor(data, [steps, 1, data.length / steps]);
      return (await session.run({ ...Object.fromEntries(numbers), x })) as Judgment;
    },
    close: () => session.release(),
  };
}

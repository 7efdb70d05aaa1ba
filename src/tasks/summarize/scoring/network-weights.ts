import { readFile } from "node:fs/promises";
import { InputError } from "../../../graph/errors.ts";
import { inputsOf } from "../../../graph/graph.ts";
import type { Weights } from "../../../train/trainer.ts";
import { checkFinite } from "../../../weights/finite.ts";
import { readSafetensors, type StoredTensor } from "../../../weights/safetensors.ts";
import { type SummaryNetwork, scoringGraph, summaryNetwork } from "./network.ts";

/**
 * Reads the scoring network's weights from a safetensors file; its size is read from their shapes.
 *
 * @param inputs values of a frame's features, which the weights must be made for
 */
export async function loadNetworkWeights(
  file: string,
  inputs: number,
): Promise<{ network: SummaryNetwork; weights: Weights }> {
  const bytes = await readFile(file).catch((cause) => {
    throw new InputError(`the weights ${file} can't be read: ${(cause as Error).message}`);
  });
  const { tensors } = readSafetensors(bytes, file);
  checkFinite(`the weights ${file}`, tensors);
  const [madeFor] = shapeOf(tensors, "encoder.forward.input", file);
  const [units] = shapeOf(tensors, "encoder.forward.recurrent", file);
  const [width] = shapeOf(tensors, "similarity.output.bias", file);
  if (madeFor !== inputs) {
    throw new InputError(
      `the weights ${file} are for features of ${madeFor} values, but there are ${inputs} a frame`,
    );
  }
  const network = summaryNetwork({ inputs, units, width });
  const wanted = [...inputsOf(scoringGraph(network), "weight")];
  const weights = wanted.map(
    ([name, value]) => [name, weightOf(tensors, name, value.shape as number[], file)] as const,
  );
  return { network, weights: Object.fromEntries(weights) };
}

function weightOf(
  tensors: ReadonlyMap<string, StoredTensor>,
  name: string,
  dims: readonly number[],
  file: string,
) {
  const stored = shapeOf(tensors, name, file);
  const tensor = tensors.get(name)!;
  if (String(stored) !== String(dims) || tensor.dtype !== "float32") {
    throw new InputError(
      `the weights ${file} hold "${name}" as ${tensor.dtype}[${stored}], where float32[${dims}] is needed`,
    );
  }
  return { dims, data: tensor.data };
}

function shapeOf(tensors: ReadonlyMap<string, StoredTensor>, name: string, file: string): readonly number[] {
  const stored = tensors.get(name);
  if (!stored)
    throw new InputError(`the weights ${file} lack "${name}": they are not those of a summary network`);
  return stored.dims;
}

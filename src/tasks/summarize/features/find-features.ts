import { existsSync } from "node:fs";
import { InputError } from "../../../graph/errors.ts";
import type { FeatureSettings } from "../frames/onnx-features.ts";
import { cachedFile, isCached, isVerified } from "./cache.ts";
import { knownModels } from "./known-models.ts";

/**
 * What `--features` names: a known model that was fetched, or an ONNX file, whose settings lie beside it. A name goes
 * before a file: ./NAME is the file. Throws InputError where neither is there.
 */
export async function findFeatures(features: string): Promise<{ file: string; settings?: FeatureSettings }> {
  const model = knownModels.find(({ name }) => name === features);
  if (!model) {
    if (/[./\\]/.test(features) || existsSync(features)) return { file: features };
    const names = knownModels.map(({ name }) => name).join(", ");
    throw new InputError(
      `"${features}" is neither an ONNX file nor an image network that is known: ${names} are.`,
    );
  }
  const file = cachedFile(model);
  if (await isVerified(model)) return { file, settings: model.settings };
  throw new InputError(
    (await isCached(model))
      ? `${file} has changed since it was fetched: \`gatefold features fetch ${features}\` mends it.`
      : `The image network ${features} is not on this machine: \`gatefold features fetch ${features}\` brings it.`,
  );
}

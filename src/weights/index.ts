/** How weights are declared, begin and are stored; seeded random numbers. */
export {
  declareWeight,
  declareWeights,
  initialWeights,
  type WeightDeclaration,
  type WeightDeclarations,
  type WeightValues,
} from "./declare.ts";
export { checkFinite } from "./finite.ts";
export {
  type ChronoGate,
  chrono,
  concatenate,
  constant,
  glorotNormal,
  glorotUniform,
  type Initializer,
  identity,
  normal,
  ones,
  perGate,
  uniform,
  zeros,
} from "./initializers.ts";
export { checkModel, type Model, withWeights } from "./model.ts";
export { orthogonal } from "./orthogonal.ts";
export { type Random, random, Stream } from "./random.ts";
export { readSafetensors, type SafetensorsFile, type StoredTensor, writeSafetensors } from "./safetensors.ts";

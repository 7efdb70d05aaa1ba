import { InputError } from "../../../graph/errors.ts";

/**
 * Features as the network reads them: each value less its mean over the video, all divided by their common standard
 * deviation.
 *
 * @param features [frames, width], row by row
 * @throws InputError where one is not finite
 */
export function standardize(features: Float32Array, frames: number, width: number): Float32Array {
  const means = new Float64Array(width);
  for (let k = 0; k < features.length; k++) {
    if (!Number.isFinite(features[k])) {
      throw new InputError(
        `the features of frame ${Math.floor(k / width)} hold ${features[k]}: the network that made them does not suit this video`,
      );
    }
    means[k % width] += features[k] / frames;
  }
  let squares = 0;
  for (let k = 0; k < features.length; k++) squares += (features[k] - means[k % width]) ** 2;
  const deviation = Math.sqrt(squares / features.length) || 1;
  return features.map((value, k) => (value - means[k % width]) / deviation);
}

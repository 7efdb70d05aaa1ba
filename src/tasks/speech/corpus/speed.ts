/** Speech at other speeds, as other voices would say it: "Audio Augmentation for Speech Recognition" (Ko et al. 2015). */
import { resample } from "../../../data/audio/resample.ts";

/** A sound played faster or slower, its pitch with it; speeds count in whole hundredths. */
export function atSpeed(samples: Float32Array, speed: number): Float32Array {
  return resample(samples, Math.round(100 * speed), 100);
}

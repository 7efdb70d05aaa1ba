/** Sounds as the frames that a speech run reads. */
import { resample } from "../../data/audio/resample.ts";
import type { Sound } from "../../data/audio/wav.ts";
import { LogMelStream } from "./features/log-mel.ts";
import type { TaskFile } from "./task-file.ts";

/** The log-mel frames of a sound, at the rate and with the bands that a run was trained on. */
export function framesOf({ corpus: { rate, bands } }: TaskFile, sound: Sound): Float32Array[] {
  return new LogMelStream({ rate, bands }).push(resample(sound.samples, sound.rate, rate));
}

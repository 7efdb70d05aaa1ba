/** How a corpus is heard and divided. */
import { z } from "zod";

export const corpusSettings = z.strictObject({
  task: z.enum(["phones", "digits"]),
  /** Samples a second; recordings at other rates are resampled. */
  rate: z.int().positive(),
  /** Log-mel bands. */
  bands: z.int().positive(),
  /** Frames by which labels come late, so that a causal model hears a little of what follows. */
  delay: z.int().min(0),
  /** Which division into training, validation and test. */
  split: z.int().min(0),
  /** Speeds at which the training part is heard (Ko et al. 2015), in whole hundredths; 1 is its own. */
  speeds: z.array(z.number().min(0.5).max(2)).min(1),
});
export type CorpusSettings = z.output<typeof corpusSettings>;
export type SpeechTask = CorpusSettings["task"];

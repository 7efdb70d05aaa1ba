/** A corpus of either kind, read and divided. */
import { readDigits } from "./digits.ts";
import { readPhones } from "./phones.ts";
import type { CorpusSettings } from "./settings.ts";
import type { SpeechData } from "./utterance.ts";

/** @throws InputError where the folder holds no such corpus, a file can't be read, or there is no such split */
export function readCorpus(folder: string, settings: CorpusSettings): Promise<SpeechData> {
  return settings.task === "phones" ? readPhones(folder, settings) : readDigits(folder, settings);
}

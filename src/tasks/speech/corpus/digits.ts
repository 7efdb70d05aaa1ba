/** Spoken digits in the layout of the Free Spoken Digit Dataset: files DIGIT_SPEAKER_INDEX.wav. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { resample } from "../../../data/audio/resample.ts";
import { readWav } from "../../../data/audio/wav.ts";
import { InputError } from "../../../graph/errors.ts";
import { logMel } from "../features/log-mel.ts";
import type { CorpusSettings } from "./settings.ts";
import { atSpeed } from "./speed.ts";
import type { SpeechData, Utterance } from "./utterance.ts";

/** The corpus's own rule: recordings 0 to 4 of each digit by each speaker are for the test. */
const TEST = 5;
const FILE = /^(\d)_([^_]+)_(\d+)\.wav$/;

/**
 * Reads the folder `recordings`, or the one given where it holds the files itself. Recordings 0 to 4 of each speaker's digits
 * are the test part; split k validates on the five from 5 (k + 1) on. A digit is told when all of it was heard: only the last
 * frame has a class. Recordings shorter than a frame are left out.
 *
 * @throws InputError where there are no such files, one can't be read, or a part is empty
 */
export async function readDigits(folder: string, settings: CorpusSettings): Promise<SpeechData> {
  const { rate, bands, split, speeds } = settings;
  const parts: Record<"training" | "validation" | "test", Utterance[]> = {
    training: [],
    validation: [],
    test: [],
  };
  const { path, files } = await listRecordings(folder);
  for (const file of files) {
    const [, digit, speaker, index] = FILE.exec(file)!;
    const part = partOf(Number(index), split);
    const sound = readWav(await readFile(join(path, file)), file);
    const samples = resample(sound.samples, sound.rate, rate);
    for (const speed of part === "training" ? speeds : [1]) {
      const features = logMel(atSpeed(samples, speed), { rate, bands });
      const labels = new Int32Array(features.length / bands).fill(-1);
      labels[labels.length - 1] = Number(digit);
      if (labels.length > 0) parts[part].push({ name: file, speaker, features, labels });
    }
  }
  const empty = Object.entries(parts).find(([, utterances]) => utterances.length === 0);
  if (empty) throw new InputError(`${folder}: split ${split} of these digits leaves nothing for ${empty[0]}`);
  return { classes: Array.from({ length: 10 }, (_, digit) => `${digit}`), ...parts };
}

function partOf(index: number, split: number): "training" | "validation" | "test" {
  if (index < TEST) return "test";
  return Math.floor(index / TEST) === split + 1 ? "validation" : "training";
}

async function listRecordings(folder: string): Promise<{ path: string; files: string[] }> {
  for (const path of [join(folder, "recordings"), folder]) {
    const files = (await readdir(path).catch(() => [])).filter((file) => FILE.test(file)).sort();
    if (files.length > 0) return { path, files };
  }
  throw new InputError(
    `${folder} is no corpus of digits: neither it nor its folder "recordings" has files such as 7_jackson_0.wav`,
  );
}

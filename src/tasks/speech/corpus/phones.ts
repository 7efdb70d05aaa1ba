/** Phones of a corpus with hand-set boundaries, as the Berlin Database of Emotional Speech has them. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { resample } from "../../../data/audio/resample.ts";
import { readWav } from "../../../data/audio/wav.ts";
import { InputError } from "../../../graph/errors.ts";
import { logMel } from "../features/log-mel.ts";
import type { CorpusSettings } from "./settings.ts";
import { speakerSplit } from "./speaker-split.ts";
import { atSpeed } from "./speed.ts";
import type { SpeechData, Utterance } from "./utterance.ts";
import { readXlabel, type Segment } from "./xlabel.ts";

/** Phones with fewer segments in the whole corpus share one class. */
const RARE = 30;
export const OTHER = "other";
/** Seconds from frame to frame, and those that one sees. */
const FRAME = 0.01;
const WINDOW = 0.025;
/** In the corpus's notation. */
const PAUSE = ".";

interface Recording {
  name: string;
  samples: Float32Array;
  segments: readonly Segment[];
}

/**
 * Reads `wav/NAME.wav` and `lablaut/NAMExx.lablaut`; the first two characters of a name are its speaker. Recordings
 * without labels are left out.
 *
 * @throws InputError where a folder is missing, or a file can't be read
 */
export async function readPhones(folder: string, settings: CorpusSettings): Promise<SpeechData> {
  const recordings = await readRecordings(folder, settings.rate);
  const classes = phoneClasses(recordings.map(({ segments }) => segments));
  const split = speakerSplit(
    recordings.map(({ name }) => speakerOf(name)),
    settings.split,
  );
  const of = (speakers: readonly string[], speeds: readonly number[]) =>
    recordings
      .filter(({ name }) => speakers.includes(speakerOf(name)))
      .flatMap((recording) => speeds.map((speed) => utteranceOf(recording, speed, classes, settings)));
  return {
    classes,
    training: of(split.training, settings.speeds),
    validation: of(split.validation, [1]),
    test: of(split.test, [1]),
  };
}

const speakerOf = (name: string) => name.slice(0, 2);

async function readRecordings(folder: string, rate: number): Promise<Recording[]> {
  const [sounds, labels] = [join(folder, "wav"), join(folder, "lablaut")];
  const list = (path: string) =>
    readdir(path).catch(() => {
      throw new InputError(`${folder} is no corpus of phones: there is no folder ${path}`);
    });
  const labelFiles = new Map((await list(labels)).map((file) => [file.slice(0, 7), file]));
  const names = (await list(sounds)).filter((file) => file.endsWith(".wav")).map((file) => file.slice(0, -4));
  const recordings: Recording[] = [];
  for (const name of names.filter((one) => labelFiles.has(one)).sort()) {
    const sound = readWav(await readFile(join(sounds, `${name}.wav`)), `${name}.wav`);
    const file = labelFiles.get(name)!;
    const segments = continued(readXlabel(await readFile(join(labels, file), "latin1"), file));
    if (segments.length > 0)
      recordings.push({ name, samples: resample(sound.samples, sound.rate, rate), segments });
  }
  if (recordings.length === 0) throw new InputError(`${folder}: no recording in wav has a file in lablaut`);
  return recordings;
}

/**
 * Segments by phone: a stop's closure (t), burst (!t) and breath (tasp) are one phone; a closure at the beginning (_t) is
 * a pause, as it sounds; a segment that only has marks (-lar) goes on with the phone before.
 */
export function continued(segments: readonly Segment[]): Segment[] {
  let before = PAUSE;
  return segments.map(({ end, label }) => {
    before = phoneOf(label) ?? before;
    return { end, label: before };
  });
}

function phoneOf(label: string): string | undefined {
  if (label === "" || /^[+-]/.test(label)) return undefined;
  if (label.startsWith("_")) return PAUSE;
  if (label.startsWith("(")) return "(";
  const plain = label.replace(/[+-].*$/, "").replace(/^!/, "");
  return /^[ptkbdg]asp$/.test(plain) ? plain[0] : plain || undefined;
}

/** The phones in order of their names, and one class for the rare ones. */
export function phoneClasses(recordings: Iterable<readonly Segment[]>): string[] {
  const counts = new Map<string, number>();
  for (const segments of recordings)
    for (const { label } of segments) counts.set(label, (counts.get(label) ?? 0) + 1);
  const frequent = [...counts].filter(([, count]) => count >= RARE).map(([label]) => label);
  return [...frequent.sort(), OTHER];
}

/** A recording at a speed, with the phone at the middle of each frame; frames after the last boundary have none. */
function utteranceOf(
  { name, samples, segments }: Recording,
  speed: number,
  classes: readonly string[],
  { rate, bands, delay }: CorpusSettings,
): Utterance {
  const features = logMel(atSpeed(samples, speed), { rate, bands });
  const labels = new Int32Array(features.length / bands).fill(-1);
  const index = new Map(classes.map((label, at) => [label, at]));
  let segment = 0;
  for (let t = 0; t + delay < labels.length; t++) {
    const time = (t * FRAME + WINDOW / 2) * speed;
    while (segment < segments.length && segments[segment].end <= time) segment++;
    if (segment === segments.length) break;
    labels[t + delay] = index.get(segments[segment].label) ?? classes.length - 1;
  }
  return { name, speaker: speakerOf(name), features, labels };
}

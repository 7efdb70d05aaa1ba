/** Which videos a network learns from, is validated on and is tested on. */
import { InputError } from "../../../graph/errors.ts";
import { random } from "../../../weights/random.ts";
import type { AnnotatedSet, AnnotatedVideo } from "../datasets/annotated-video.ts";
import type { Split } from "../datasets/splits.ts";
import type { TaskFile } from "../scoring/task-file.ts";

/**
 * What is learned from (Zhang et al. 2016, section 4.1): the same set, all sets, or the other sets alone; or `all` videos, with none
 * left to test on: for a model that is to be used.
 */
export type Setting = TaskFile["setting"];

/** A video, and how files and messages call it: "SET/VIDEO". */
export interface NamedVideo {
  name: string;
  video: AnnotatedVideo;
}

export interface Selection {
  training: NamedVideo[];
  validation: NamedVideo[];
  test: NamedVideo[];
}

/** What part of the videos learned from is held back to tell when to stop. */
const validationPart = 0.2;

/**
 * Chooses the videos. The first set is the one that is tested on; validation videos are drawn by the seed from those learned
 * from, never from the test.
 *
 * @param split of the first set's videos, by name; what it learns from in other sets the setting tells. `all` needs none
 * @throws InputError where a part would be empty, or other sets are missing
 */
export function selectVideos(
  sets: readonly AnnotatedSet[],
  { setting, split, seed }: { setting: Setting; split?: Split; seed: number },
): Selection {
  const [tested, ...others] = sets.map(({ name, videos }) =>
    videos.map((video) => ({ name: `${name}/${video.name}`, video })),
  );
  if ((setting === "augmented" || setting === "transfer") && others.length === 0)
    throw new InputError(`the setting ${setting} needs other sets beside the one that is tested on`);
  const partOf = (names: readonly string[] = []) => tested.filter(({ video }) => names.includes(video.name));
  const test = setting === "all" ? [] : partOf(split?.test);
  if (test.length === 0 && setting !== "all")
    throw new InputError(`the split tests no video of ${sets[0].name}`);
  const own = setting === "all" ? tested : setting === "transfer" ? [] : partOf(split?.train);
  const learned = [...own, ...(setting === "canonical" ? [] : others.flat())];
  if (learned.length < 2)
    throw new InputError(
      `${learned.length} videos are left to learn from: at least 2 are needed, one of them for validation`,
    );
  const order = random(seed).stream("validation").shuffle(Array.from(learned.keys()));
  const count = Math.max(1, Math.round(validationPart * learned.length));
  const held = new Set(order.slice(0, count));
  return {
    training: learned.filter((_, place) => !held.has(place)),
    validation: learned.filter((_, place) => held.has(place)),
    test,
  };
}

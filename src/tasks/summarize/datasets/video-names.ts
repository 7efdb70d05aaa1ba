/** Names of videos, which differ from file to file by spaces, hyphens and underscores. */
import { InputError } from "../../../graph/errors.ts";

export interface NamedVideo {
  name: string;
  alias?: string;
}

const folded = (name: string) => name.replace(/[\s_-]/g, "");

/**
 * The video that a name stands for: its own name or alias, else one that differs by spaces, hyphens and underscores alone.
 *
 * @returns undefined where there is none
 * @throws InputError where there are several
 */
export function findVideo<Video extends NamedVideo>(
  name: string,
  videos: readonly Video[],
  source: string,
): Video | undefined {
  const known = (fits: (one: string) => boolean) =>
    videos.filter((video) => fits(video.name) || (video.alias !== undefined && fits(video.alias)));
  const exact = known((one) => one === name);
  const found = exact.length > 0 ? exact : known((one) => folded(one) === folded(name));
  if (found.length > 1)
    throw new InputError(
      `${source}: "${name}" may be ${found.map((video) => `"${video.name}"`).join(" or ")}: name it exactly`,
    );
  return found[0];
}

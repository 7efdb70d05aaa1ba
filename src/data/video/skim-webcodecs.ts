/** Skims by the npm decoder and encoder. */

import type { Skim, SkimOptions } from "./skim.ts";

export async function skimWithWebCodecs(_options: SkimOptions): Promise<Skim> {
  throw new Error("Not written yet.");
}

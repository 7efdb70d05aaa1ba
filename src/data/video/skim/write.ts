import type { Skim, SkimOptions } from "./skim.ts";

/**
 * Writes the segments, one after the other, as H.264 (with AAC where the source has sound), every frame for as long as
 * the source shows it. Throws InputError where the source can't be decoded.
 */
export async function writeSkim(options: SkimOptions): Promise<Skim> {
  if (options.decoder === "ffmpeg") {
    const { hasEncoder, skimWithFfmpeg } = await import("./with-ffmpeg.ts");
    if (await hasEncoder()) return skimWithFfmpeg(options);
  }
  const { skimWithWebCodecs } = await import("./with-webcodecs.ts");
  return skimWithWebCodecs(options);
}

import { loadContainers } from "../webcodecs/load.ts";
import { VideoFile } from "../webcodecs/video-file.ts";
import type { CodedParts } from "./coded-parts.ts";
import { framesOf, lengthOf, type Segment, type SkimOptions } from "./skim.ts";
import type { SoundFormat } from "./sound.ts";

/** The sound of a skim: its format, and the samples of a segment that begins at `start` seconds of the skim. */
export interface CopiedSound {
  format: SoundFormat;
  of(segment: Segment, start: number): AsyncIterable<readonly Float32Array[]>;
}

/** Writes a skim of parts as they are coded. */
export async function copyParts(
  coded: CodedParts,
  { segments, file, onPart, signal }: Omit<SkimOptions, "source" | "decoder">,
  sound?: CopiedSound,
): Promise<void> {
  const mediabunny = await loadContainers();
  const pictures = new mediabunny.EncodedVideoPacketSource("avc");
  const expected = { pictures: framesOf(segments), seconds: lengthOf(segments) };
  const written = await VideoFile.open(mediabunny, pictures, { file, expected, sound: sound?.format });
  try {
    let start = 0;
    for (const [i, segment] of segments.entries()) {
      signal?.throwIfAborted();
      for await (const block of sound?.of(segment, start) ?? []) await written.addSound(block);
      await coded.copy(i, start, pictures);
      start += segment.endTime - segment.startTime;
      onPart?.();
    }
    await written.finish();
  } catch (error) {
    await written.cancel();
    throw error;
  }
}

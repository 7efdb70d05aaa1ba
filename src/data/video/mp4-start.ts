/** Tells an mp4 or mov that lost its index from a file that never was one. */

import { open } from "node:fs/promises";
import { InputError } from "../../graph/errors.ts";

/** Whether the file opens with a box as mp4 and mov files do (ISO 14496-12, 4.2; QuickTime's own `wide`, `skip`). */
export async function beginsLikeMp4(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const start = Buffer.alloc(8);
    await handle.read(start, 0, 8, 0);
    return ["ftyp", "moov", "mdat", "free", "skip", "wide"].includes(start.toString("latin1", 4, 8));
  } finally {
    await handle.close();
  }
}

export function cutBeforeIndex(file: string): InputError {
  return new InputError(`Can't read the video ${file}: it was cut off before its index (moov) was written.`);
}

/** Fetches single frames by the npm decoder, which begins at the key frame before each. */

import { InputError } from "../../graph/errors.ts";
import { FrameCopy } from "./frame-planes.ts";
import { toPicture } from "./planes.ts";
import { clean } from "./timeline.ts";
import type { SampledFrame } from "./video.ts";
import { keepAlive } from "./webcodecs-load.ts";
import type { PictureTrack } from "./webcodecs-track.ts";

/** Seconds in which no second frame begins. */
const moment = 1e-4;

export async function* picturesWithWebCodecs(
  track: PictureTrack,
  indices: readonly number[],
  signal: AbortSignal | undefined,
): AsyncGenerator<SampledFrame> {
  const { file, width, height, rotation } = track.info;
  const [across, down] = rotation % 180 === 0 ? [width, height] : [height, width];
  const copy = new FrameCopy();
  const alive = keepAlive();
  const timestamps = track.decoded ?? (await track.timestamps());
  const cursor = track.cursor(
    indices.map((index) => ({ start: timestamps[index], end: timestamps[index] + moment })),
  );
  try {
    for (const index of indices) {
      signal?.throwIfAborted();
      let found = false;
      for await (const frame of cursor.nextRange()) {
        if (!found) await copy.take(frame);
        found = true;
        frame.close();
      }
      if (!found) throw new InputError(`Can't decode frame ${index} of ${file} a second time.`);
      const picture = toPicture(copy.planes, across, down, rotation);
      yield { index, time: clean(timestamps[index] - timestamps[0]), picture };
    }
  } finally {
    await cursor.close();
    alive.release();
  }
}

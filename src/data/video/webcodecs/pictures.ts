/** Fetches single frames by the npm decoder, which begins at the key frame before each. */

import { InputError } from "../../../graph/errors.ts";
import { toPicture } from "../planes.ts";
import { clean } from "../timeline.ts";
import type { SampledFrame } from "../video.ts";
import { FrameCopy } from "./frame-planes.ts";
import { keepAlive } from "./load.ts";
import type { PictureTrack } from "./track.ts";

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
  try {
    let next = 0;
    for await (const frame of track.framesAt(indices.map((index) => timestamps[index]))) {
      const index = indices[next++];
      if (frame === null) throw new InputError(`Can't decode frame ${index} of ${file} a second time.`);
      try {
        signal?.throwIfAborted();
        await copy.take(frame);
      } finally {
        frame.close();
      }
      const picture = toPicture(copy.planes, across, down, rotation);
      yield { index, time: clean(timestamps[index] - timestamps[0]), picture };
    }
  } finally {
    alive.release();
  }
}

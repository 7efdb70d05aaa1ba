/** One pass by the npm decoder, over all frames or key frames alone. */

import type { VideoSample } from "mediabunny";
import { InputError } from "../../../graph/errors.ts";
import { ChangeMeter } from "../change.ts";
import { FrameLog } from "../frame-log.ts";
import { toPicture, toThumbnail } from "../planes.ts";
import { GrowingFloats, Instants, Periods } from "../timeline.ts";
import type { SampledFrame, SampleOptions, Sampling } from "../video.ts";
import { FrameCopy } from "./frame-planes.ts";
import { countFrame, keepAlive } from "./load.ts";
import type { PictureTrack } from "./track.ts";

interface Pass {
  track: PictureTrack;
  options: SampleOptions;
  log: FrameLog;
  note(sentence: string): void;
}

export function sampleWithWebCodecs(
  track: PictureTrack,
  options: SampleOptions,
  note: (sentence: string) => void,
): Sampling {
  let log = new FrameLog(track.info);
  async function* frames(): AsyncGenerator<SampledFrame> {
    const alive = keepAlive();
    try {
      options.signal?.throwIfAborted();
      log = new FrameLog(track.info, options.keyframesOnly ? await track.times() : undefined);
      const pass = { track, options, log, note };
      yield* options.keyframesOnly ? keyFrames(pass) : allFrames(pass);
      const missing = log.missingEnd();
      if (missing !== undefined) note(missing);
    } finally {
      alive.release();
    }
  }
  return { frames: frames(), scan: () => log.scan(), info: () => log.info() };
}

async function* allFrames(pass: Pass): AsyncGenerator<SampledFrame> {
  const { track, options, log } = pass;
  const meter = new ChangeMeter();
  const instants = new Instants(options.fps);
  // A frame's picture is wanted only once the next frame's time is known: two buffers take turns.
  const copies = [new FrameCopy(), new FrameCopy()];
  const last = () => sampled(pass, log.decoded - 1, copies[(log.decoded - 1) % 2]);
  const timestamps = new GrowingFloats();
  const onDamage = (reason: string) => pass.note(`Parts of the video are damaged and left out (${reason}).`);
  for await (const frame of decoded(pass, track.frames(onDamage))) {
    timestamps.push(frame.timestamp);
    const time = frame.timestamp - timestamps.view()[0];
    yield* repeated(instants.before(time), last);
    const copy = copies[log.decoded % 2];
    await copy.take(frame);
    log.add(time);
    log.addChange(meter.next(toThumbnail(copy.planes)));
    options.onProgress?.(time);
  }
  track.decoded = timestamps.view();
  yield* repeated(instants.before(log.end), last);
}

async function* keyFrames(pass: Pass): AsyncGenerator<SampledFrame> {
  const { track, options, log } = pass;
  const meter = new ChangeMeter();
  const periods = new Periods(options.fps);
  const copy = new FrameCopy();
  const first = (await track.timestamps())[0];
  for await (const frame of decoded(pass, track.framesAt(await track.keyTimestamps()))) {
    await copy.take(frame);
    const time = frame.timestamp - first;
    const index = log.add(time);
    log.addChange(meter.next(toThumbnail(copy.planes)));
    options.onProgress?.(time);
    if (periods.opensWith(time)) yield sampled(pass, index, copy);
  }
}

/** Closes each frame after use, minds memory and the signal. */
async function* decoded(pass: Pass, frames: AsyncGenerator<VideoSample | null>): AsyncGenerator<VideoSample> {
  try {
    while (true) {
      const { value: frame, done } = await frames.next().catch((error: Error) => {
        throw undecodable(pass, error.message);
      });
      if (done) break;
      if (!frame) continue;
      countFrame(frame.allocationSize());
      try {
        pass.options.signal?.throwIfAborted();
        yield frame;
      } finally {
        frame.close();
      }
    }
  } finally {
    await frames.return(undefined);
  }
  if (pass.log.decoded === 0) throw undecodable(pass, "there are none");
}

function undecodable({ track }: Pass, reason: string): InputError {
  return new InputError(`Can't decode the pictures of ${track.info.file}: ${reason}.`);
}

function* repeated<T>(count: number, make: () => T): Generator<T> {
  if (count === 0) return;
  const value = make();
  for (let i = 0; i < count; i++) yield value;
}

function sampled({ track, options, log }: Pass, index: number, copy: FrameCopy): SampledFrame {
  const picture = toPicture(copy.planes, options.size, options.size, track.info.rotation);
  return { index, time: log.timeOf(index), picture };
}

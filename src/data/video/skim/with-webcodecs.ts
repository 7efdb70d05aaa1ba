/** Skims by the npm decoder and encoder; parts that can be are copied as they are coded. */

import type { VideoSample } from "mediabunny";
import { toEightBit420, toPicture } from "../planes.ts";
import type { VideoInfo } from "../video.ts";
import { FrameCopy } from "../webcodecs/frame-planes.ts";
import { keepAlive, loadMediabunny } from "../webcodecs/load.ts";
import { openTrack } from "../webcodecs/open.ts";
import type { PictureTrack } from "../webcodecs/track.ts";
import { VideoWriter } from "../webcodecs/writer.ts";
import { type CodedParts, codedParts } from "./coded-parts.ts";
import { copyParts } from "./copy.ts";
import { framesOf, lengthOf, type Segment, type Skim, type SkimOptions, skimSize } from "./skim.ts";
import { SkimSound } from "./sound.ts";

/** Bits for a pixel of a frame: enough that a fast encoder's picture stays clean. */
const bitsPerPixel = 0.12;

export async function skimWithWebCodecs(options: SkimOptions): Promise<Skim> {
  const track = await openTrack(options.source);
  const alive = keepAlive();
  try {
    return await new Skimming(track, options).run();
  } finally {
    alive.release();
    track.dispose();
  }
}

class Skimming {
  readonly #track: PictureTrack;
  readonly #options: SkimOptions;
  readonly #copy = new FrameCopy();
  readonly #notes: string[] = [];
  /** Encoders copy what they are given: one buffer does for all frames. */
  #planes = new Uint8Array(0);
  #frames = 0;

  constructor(track: PictureTrack, options: SkimOptions) {
    this.#track = track;
    this.#options = options;
  }

  async run(): Promise<Skim> {
    const { source, segments } = this.#options;
    const first = (await this.#track.timestamps())[0];
    const sound = await this.#openSound(first);
    const coded = await codedParts(source, segments);
    if (coded === undefined) await this.#encode(first, sound);
    else await this.#copyCoded(coded, first, sound);
    if (sound?.failure) this.#notes.push(`Part of the skim has no sound (${sound.failure}).`);
    const expected = framesOf(segments);
    if (this.#frames !== expected)
      this.#notes.push(`The skim has ${this.#frames} pictures instead of ${expected}.`);
    return { frames: this.#frames, notes: this.#notes };
  }

  async #copyCoded(coded: CodedParts, first: number, sound: SkimSound | undefined): Promise<void> {
    const of = (segment: Segment, start: number) => soundOf(segment, first, start, sound!);
    try {
      await copyParts(coded, this.#options, sound && { format: sound.format, of });
      this.#frames = framesOf(this.#options.segments);
    } finally {
      coded.dispose();
    }
  }

  async #encode(first: number, sound: SkimSound | undefined): Promise<void> {
    const { segments } = this.#options;
    const writer = await VideoWriter.open({
      ...this.#format(),
      sound: sound?.format,
      expected: { pictures: framesOf(segments), seconds: lengthOf(segments) },
    });
    const cursor = this.#track.cursor(
      segments.map(({ startTime, endTime }) => ({ start: first + startTime, end: first + endTime })),
    );
    try {
      let start = 0;
      for (const segment of segments) {
        await this.#writeSegment(writer, segment, first, start, cursor.nextRange(), sound);
        start += segment.endTime - segment.startTime;
        this.#options.onPart?.();
      }
      await writer.finish();
    } catch (error) {
      await writer.cancel();
      throw error;
    } finally {
      await cursor.close();
    }
  }

  async #openSound(first: number): Promise<SkimSound | undefined> {
    const soundTrack = await this.#track.sound();
    if (soundTrack === null) return undefined;
    const start = first + (this.#options.segments[0]?.startTime ?? 0);
    const sound = await SkimSound.open(await loadMediabunny(), soundTrack, start);
    if (typeof sound !== "string") return sound;
    this.#notes.push(sound);
    return undefined;
  }

  #format() {
    const { info } = this.#track;
    const { width, height } = codedSize(info);
    const fps = Math.min(60, Math.max(10, info.fps || 25));
    return {
      file: this.#options.file,
      bitrate: Math.round(width * height * fps * bitsPerPixel),
      rotation: info.rotation,
    };
  }

  /** Writes one segment, which begins at `start` seconds of the skim. Sound runs a little ahead of the pictures. */
  async #writeSegment(
    writer: VideoWriter,
    segment: Segment,
    first: number,
    start: number,
    frames: AsyncGenerator<VideoSample>,
    sound: SkimSound | undefined,
  ): Promise<void> {
    const from = first + segment.startTime;
    const to = first + segment.endTime;
    const blocks = sound && soundOf(segment, first, start, sound);
    let heard = from;
    const hearUntil = async (time: number) => {
      while (blocks !== undefined && heard <= time) {
        const { value, done } = await blocks.next();
        if (done) return;
        await writer.addSound(value);
        heard += value[0].length / sound!.format.sampleRate;
      }
    };
    let waiting: VideoSample | undefined;
    const write = async (frame: VideoSample, end: number) => {
      this.#options.signal?.throwIfAborted();
      await hearUntil(end);
      await this.#writeFrame(writer, frame, start + frame.timestamp - from, end - frame.timestamp);
    };
    try {
      for await (const frame of frames) {
        const ready = waiting;
        waiting = frame;
        if (ready !== undefined) await write(ready, frame.timestamp);
      }
      if (waiting !== undefined) await write(waiting, to);
      await hearUntil(Number.POSITIVE_INFINITY);
    } finally {
      waiting?.close();
      await blocks?.return(undefined);
    }
  }

  /** Takes the planes as they are where the encoder can, else by way of a picture; closes the frame. */
  async #writeFrame(writer: VideoWriter, frame: VideoSample, time: number, duration: number): Promise<void> {
    this.#frames++;
    const { width, height } = codedSize(this.#track.info);
    const { format, visibleRect, colorSpace } = frame;
    const asItIs = format === "I420" && visibleRect.width === width && visibleRect.height === height;
    try {
      if (asItIs) {
        // The encoder aborts the process on some of the decoder's own frames: it gets copies.
        const size = frame.allocationSize();
        if (this.#planes.length !== size) this.#planes = new Uint8Array(size);
        const data = this.#planes;
        await frame.copyTo(data);
        await writer.addPlanes(data, { width, height }, colorSpace.toJSON(), time, duration);
        return;
      }
      await this.#copy.take(frame);
    } finally {
      frame.close();
    }
    const { planes } = this.#copy;
    if (planes.matrix === "rgb") await writer.addPicture(toPicture(planes, width, height, 0), time, duration);
    else {
      const data = toEightBit420(planes, width, height);
      await writer.addPlanes(data, { width, height }, colorSpace.toJSON(), time, duration);
    }
  }
}

/** The skim's size before it is turned upright, which the player does. */
function codedSize({ width, height, rotation }: VideoInfo): { width: number; height: number } {
  return rotation % 180 === 0 ? skimSize(width, height) : skimSize(height, width);
}

/** A segment's samples, as many as lie between its start and its end in the skim. */
function soundOf(
  { startTime, endTime }: Segment,
  first: number,
  start: number,
  sound: SkimSound,
): AsyncGenerator<Float32Array[]> {
  const before = (seconds: number) => Math.round(seconds * sound.format.sampleRate);
  return sound.blocks(first + startTime, before(start + endTime - startTime) - before(start));
}

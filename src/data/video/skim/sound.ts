/** The sound of parts of a video, decoded by the npm decoder to blocks of samples without gaps. */

import type { AudioSample, AudioSampleSink, InputAudioTrack } from "mediabunny";

export interface SoundFormat {
  sampleRate: number;
  channels: number;
}

export class SkimSound {
  readonly format: SoundFormat;
  readonly #sink: AudioSampleSink;
  /** Set once decoding fails; silence follows. */
  failure: string | undefined;

  private constructor(sink: AudioSampleSink, format: SoundFormat) {
    this.#sink = sink;
    this.format = format;
  }

  /** The track's sound, or a sentence that tells why there is none. */
  static async open(
    mediabunny: typeof import("mediabunny"),
    track: InputAudioTrack,
    start: number,
  ): Promise<SkimSound | string> {
    const codec = (await track.getCodec()) ?? "unknown";
    // Vorbis claims to be decodable, and isn't.
    if (codec === "vorbis" || !(await track.canDecode())) return withoutSound(codec);
    const sink = new mediabunny.AudioSampleSink(track);
    try {
      // What a track says of its channels can be wrong; its samples can't.
      const sample = (await sink.getSample(start)) ?? (await sink.getSample(await track.getFirstTimestamp()));
      if (sample === null) return withoutSound(codec);
      const { sampleRate, numberOfChannels } = sample;
      sample.close();
      return new SkimSound(sink, { sampleRate, channels: Math.min(2, numberOfChannels) });
    } catch {
      return withoutSound(codec);
    }
  }

  /** The samples heard from `start` for exactly `count` samples, with silence where there are none: [channel][samples]. */
  async *blocks(start: number, count: number): AsyncGenerator<Float32Array[]> {
    const { sampleRate } = this.format;
    let position = 0;
    try {
      for await (const sample of this.#sink.samples(start, start + count / sampleRate)) {
        const begin = Math.round((sample.timestamp - start) * sampleRate);
        const channels = this.#copy(sample);
        sample.close();
        if (begin > position) yield* this.#silence(Math.min(begin, count) - position);
        position = Math.max(position, Math.min(begin, count));
        const block = channels.map((channel) => channel.subarray(position - begin, count - begin));
        if (block[0].length === 0) continue;
        position += block[0].length;
        yield block;
      }
    } catch (error) {
      this.failure ??= (error as Error).message;
    }
    yield* this.#silence(count - position);
  }

  /** The sample's channels, mixed down to as many as the format has. */
  #copy(sample: AudioSample): Float32Array[] {
    const channels = Array.from({ length: sample.numberOfChannels }, (_, planeIndex) => {
      const values = new Float32Array(sample.numberOfFrames);
      sample.copyTo(values, { planeIndex, format: "f32-planar" });
      return values;
    });
    if (this.format.channels === 1) return [channels[0]];
    if (channels.length === 1) return [channels[0], channels[0]];
    // In surround sound the third channel is the center: speech.
    const center = channels.length > 2 ? channels[2] : undefined;
    if (center === undefined) return channels;
    return [0, 1].map((side) => channels[side].map((value, i) => 0.6 * (value + Math.SQRT1_2 * center[i])));
  }

  *#silence(count: number): Generator<Float32Array[]> {
    const { sampleRate, channels } = this.format;
    for (let left = count; left > 0; left -= sampleRate) {
      yield Array.from({ length: channels }, () => new Float32Array(Math.min(left, sampleRate)));
    }
  }
}

function withoutSound(codec: string): string {
  return `The skim has no sound: the npm decoder can't decode it (${codec}); with ffmpeg installed it would.`;
}

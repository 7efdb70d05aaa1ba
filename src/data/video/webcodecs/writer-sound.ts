/** The sound track of a written video: AAC, in step with the pictures. */

import { setImmediate as nextTurn } from "node:timers/promises";
import type { AudioEncoder, EncodedAudioChunk, EncodedAudioChunkMetadata } from "@napi-rs/webcodecs";
import type { EncodedAudioPacketSource } from "mediabunny";
import { loadCodecs } from "./load.ts";

/** Samples of a packet, by which an AAC encoder also delays its input. */
export const packetLength = 1024;

export class SoundTrack {
  readonly source: EncodedAudioPacketSource;
  readonly #mediabunny: typeof import("mediabunny");
  readonly #format: { sampleRate: number; channels: number };
  readonly #encoder: AudioEncoder;
  readonly #ready: { chunk: EncodedAudioChunk; metadata: EncodedAudioChunkMetadata | undefined }[] = [];
  #failure: Error | undefined;
  #skip = packetLength;
  #samples = 0;
  #packets = 0;

  constructor(mediabunny: typeof import("mediabunny"), format: { sampleRate: number; channels: number }) {
    this.#mediabunny = mediabunny;
    this.#format = format;
    this.source = new mediabunny.EncodedAudioPacketSource("aac");
    this.#encoder = new (loadCodecs().AudioEncoder)({
      output: (chunk, metadata) => void this.#ready.push({ chunk, metadata }),
      error: (error) => {
        this.#failure = error;
      },
    });
    this.#encoder.configure({
      codec: "mp4a.40.2",
      sampleRate: format.sampleRate,
      numberOfChannels: format.channels,
      bitrate: 64_000 * format.channels,
    });
  }

  /** Adds the next samples: [channel][samples]. */
  async add(channels: readonly Float32Array[]): Promise<void> {
    // What the encoder delays, leaving out as much at the start brings forward again: the rest is in step.
    const skipped = Math.min(this.#skip, channels[0].length);
    this.#skip -= skipped;
    const count = channels[0].length - skipped;
    if (count === 0) return;
    const data = new Float32Array(count * channels.length);
    channels.forEach((channel, i) => {
      data.set(channel.subarray(skipped), i * count);
    });
    const { sampleRate } = this.#format;
    const timestamp = Math.round((this.#samples / sampleRate) * 1e6);
    const format = "f32-planar";
    const audio = new (loadCodecs().AudioData)({
      ...{ data, format, sampleRate, timestamp },
      ...{ numberOfFrames: count, numberOfChannels: channels.length },
    });
    this.#encoder.encode(audio);
    audio.close();
    this.#samples += count;
    await this.#hand();
  }

  /** Throws where the encoder lost anything. */
  async finish(): Promise<void> {
    await this.#encoder.flush();
    await this.#hand();
    this.#encoder.close();
    const least = Math.ceil(this.#samples / packetLength);
    if (this.#packets < least)
      throw new Error(`The encoder gave ${this.#packets} of ${least} sound packets back.`);
  }

  async #hand(): Promise<void> {
    // An encoder that is never given a turn of the event loop drops sound without a word.
    await nextTurn();
    if (this.#failure !== undefined) throw this.#failure;
    for (const { chunk, metadata } of this.#ready.splice(0)) {
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      // Times are counted here, since the encoder gives its last two packets the same one.
      const length = packetLength / this.#format.sampleRate;
      const packet = new this.#mediabunny.EncodedPacket(data, "key", this.#packets++ * length, length);
      await this.source.add(packet, metadata as Parameters<EncodedAudioPacketSource["add"]>[1]);
    }
  }
}

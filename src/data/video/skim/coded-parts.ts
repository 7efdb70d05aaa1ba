/** Parts of a video as it is coded: what need not be decoded need not be encoded again. */

import type {
  EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  InputVideoTrack,
} from "mediabunny";
import { loadContainers } from "../webcodecs/load.ts";
import { sizeOf } from "../webcodecs/open.ts";
import { type Segment, skimSize } from "./skim.ts";

/** Half a millisecond: containers round frames' times, each in its own way. */
const slack = 5e-4;

/** Profiles of H.264 with 8 bits and 4:2:0, which play everywhere: baseline, main and high. */
const playable = /^avc[13]\.(42|4d|64)/i;

/**
 * The segments' frames as the file has them coded, where a skim may consist of those: H.264 that plays everywhere, of the
 * skim's size, and each segment a run of frames from a key frame on that needs no frame beyond its ends. Undefined where
 * something is otherwise, and for files that mediabunny can't read.
 */
export async function codedParts(
  source: string,
  segments: readonly Segment[],
): Promise<CodedParts | undefined> {
  const mediabunny = await loadContainers();
  const input = new mediabunny.Input({
    formats: mediabunny.ALL_FORMATS,
    source: new mediabunny.FilePathSource(source),
  });
  let parts: CodedParts | undefined;
  try {
    const track = await input.getPrimaryVideoTrack();
    const config = await track?.getDecoderConfig();
    if (!track || !config || !playable.test(config.codec) || !(await isOfSkimSize(track))) return undefined;
    const sink = new mediabunny.EncodedPacketSink(track);
    const first = await firstOfEach(sink, segments);
    if (first !== undefined) parts = new CodedParts(mediabunny, input, sink, config, segments, first);
    return parts;
  } catch {
    return undefined;
  } finally {
    if (parts === undefined) input.dispose();
  }
}

export class CodedParts {
  readonly #mediabunny: typeof import("mediabunny");
  readonly #input: Input;
  readonly #sink: EncodedPacketSink;
  readonly #config: VideoDecoderConfig;
  readonly #segments: readonly Segment[];
  readonly #first: readonly EncodedPacket[];

  /** @param first the first packet of each segment */
  constructor(
    mediabunny: typeof import("mediabunny"),
    input: Input,
    sink: EncodedPacketSink,
    config: VideoDecoderConfig,
    segments: readonly Segment[],
    first: readonly EncodedPacket[],
  ) {
    this.#mediabunny = mediabunny;
    this.#input = input;
    this.#sink = sink;
    this.#config = config;
    this.#segments = segments;
    this.#first = first;
  }

  /** Adds the frames of a segment, to be shown from `start` seconds on. */
  async copy(index: number, start: number, to: EncodedVideoPacketSource): Promise<void> {
    const { startFrame, endFrame, startTime, endTime } = this.#segments[index];
    const from = this.#first[index].timestamp;
    const packets: EncodedPacket[] = [];
    let packet: EncodedPacket | null = this.#first[index];
    for (let left = endFrame - startFrame; packet !== null && left > 0; left--) {
      packets.push(packet);
      packet = await this.#sink.getNextPacket(packet);
    }
    const last = Math.max(...packets.map(({ timestamp }) => timestamp));
    for (const { data, type, timestamp, duration } of packets) {
      const shownFor = timestamp === last ? from + endTime - startTime - timestamp : duration;
      const copied = new this.#mediabunny.EncodedPacket(data, type, start + timestamp - from, shownFor);
      await to.add(copied, { decoderConfig: this.#config });
    }
  }

  dispose(): void {
    this.#input.dispose();
  }
}

/** The key frame with which each segment begins, where each begins with one and is whole. */
async function firstOfEach(
  sink: EncodedPacketSink,
  segments: readonly Segment[],
): Promise<EncodedPacket[] | undefined> {
  const zero = await firstShown(sink);
  const first: EncodedPacket[] = [];
  for (const segment of segments) {
    const [from, to] = [zero + segment.startTime, zero + segment.endTime];
    const key = await sink.getKeyPacket(from + slack, { verifyKeyPackets: true });
    if (key === null || Math.abs(key.timestamp - from) > slack) return undefined;
    let packet: EncodedPacket | null = key;
    for (let left = segment.endFrame - segment.startFrame; left > 0; left--) {
      if (packet === null || packet.timestamp <= from - slack || packet.timestamp >= to - slack)
        return undefined;
      packet = await sink.getNextPacket(packet, { metadataOnly: true });
    }
    first.push(key);
  }
  return first;
}

/** When the first frame is shown: frames that begin before 0 are cut away by an mp4's edit list. */
async function firstShown(sink: EncodedPacketSink): Promise<number> {
  let first = Number.POSITIVE_INFINITY;
  let packet = await sink.getFirstPacket({ metadataOnly: true });
  for (; packet !== null; packet = await sink.getNextPacket(packet, { metadataOnly: true })) {
    // What is coded from the second shown key frame on is shown later.
    if (packet.type === "key" && first < packet.timestamp) break;
    if (packet.timestamp > -1e-6) first = Math.min(first, packet.timestamp);
  }
  return first;
}

async function isOfSkimSize(track: InputVideoTrack): Promise<boolean> {
  const { width, height } = await sizeOf(track);
  const wanted = skimSize(width, height);
  return (
    (await track.getRotation()) === 0 &&
    [width, await track.getCodedWidth()].every((side) => side === wanted.width) &&
    [height, await track.getCodedHeight()].every((side) => side === wanted.height)
  );
}

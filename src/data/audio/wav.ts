/**
 * Reads WAV files (RIFF: Microsoft & IBM, "Multimedia Programming Interface and Data Specifications 1.0", 1991;
 * WAVE_FORMAT_EXTENSIBLE: Microsoft, "Multiple channel audio data and WAVE files").
 */
import { InputError } from "../../graph/errors.ts";

/** One channel of sound. */
export interface Sound {
  /** Samples a second. */
  rate: number;
  /** From −1 to 1, as far as the file keeps to that. */
  samples: Float32Array;
}

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;

interface SampleFormat {
  bytes: number;
  read: (view: DataView, at: number) => number;
}

/** By encoding and bits a sample; numbers are little-endian, those of 8 bits unsigned. */
const sampleFormats: Readonly<Record<string, SampleFormat>> = {
  [`${PCM}/8`]: { bytes: 1, read: (view, at) => (view.getUint8(at) - 128) / 128 },
  [`${PCM}/16`]: { bytes: 2, read: (view, at) => view.getInt16(at, true) / 0x8000 },
  [`${PCM}/24`]: {
    bytes: 3,
    read: (view, at) => (view.getUint16(at, true) + 65536 * view.getInt8(at + 2)) / 0x800000,
  },
  [`${PCM}/32`]: { bytes: 4, read: (view, at) => view.getInt32(at, true) / 0x80000000 },
  [`${FLOAT}/32`]: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  [`${FLOAT}/64`]: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

interface Header {
  encoding: number;
  channels: number;
  rate: number;
  bits: number;
  /** Bytes of all channels' samples of one moment. */
  block: number;
}

/**
 * Reads a WAV file of PCM (8, 16, 24 or 32 bits) or floating-point samples (32 or 64 bits); several channels become
 * their mean. Where the data end before the header says, as in a recording that was cut short, what is there is read.
 *
 * ```ts
 * const { rate, samples } = readWav(await readFile("hello.wav"), "hello.wav");
 * ```
 *
 * @param name what messages call the file
 * @throws InputError where it is no WAV file, is of another encoding, has no data, or holds numbers that are not finite
 */
export function readWav(bytes: Uint8Array, name: string): Sound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || tagAt(view, 0) !== "RIFF" || tagAt(view, 8) !== "WAVE")
    throw new InputError(`${name}: this is no WAV file: it does not begin with RIFF and WAVE`);
  const { header, data } = findChunks(view, name);
  const format = sampleFormats[`${header.encoding}/${header.bits}`];
  if (!format)
    throw new InputError(
      `${name}: samples of encoding ${header.encoding} with ${header.bits} bits can't be read; save it as PCM (8, 16, 24, 32 bits) or floating point`,
    );
  const { channels, rate, block } = header;
  if (channels < 1 || block !== channels * format.bytes || rate < 1)
    throw new InputError(
      `${name}: the header makes no sense: ${channels} channels of ${header.bits} bits in blocks of ${block} bytes, ${rate} samples a second`,
    );
  const samples = new Float32Array(Math.floor(data.length / block));
  if (samples.length === 0) throw new InputError(`${name}: there are no samples in it`);
  for (let t = 0; t < samples.length; t++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++)
      sum += format.read(view, data.start + t * block + channel * format.bytes);
    samples[t] = sum / channels;
  }
  const odd = header.encoding === FLOAT ? samples.findIndex((sample) => !Number.isFinite(sample)) : -1;
  if (odd >= 0) throw new InputError(`${name}: sample ${odd} is ${samples[odd]}, not a finite number`);
  return { rate, samples };
}

/** Looks through the chunks for the format and the data, which must follow it. */
function findChunks(
  view: DataView,
  name: string,
): { header: Header; data: { start: number; length: number } } {
  let header: Header | undefined;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const tag = tagAt(view, at);
    const start = at + 8;
    // Writers that do not know the length yet leave 0 or 2³² − 1; no chunk is longer than the file.
    const length = Math.min(view.getUint32(at + 4, true), view.byteLength - start);
    if (tag === "fmt ") header = readHeader(view, start, length, name);
    if (tag === "data") {
      if (!header) throw new InputError(`${name}: its samples come before their format ("fmt ")`);
      return { header, data: { start, length } };
    }
    at = start + length + (length % 2); // chunks begin at even places
  }
  throw new InputError(
    `${name}: it has no ${header ? 'samples ("data")' : 'format ("fmt ")'}: is it cut off?`,
  );
}

function readHeader(view: DataView, start: number, length: number, name: string): Header {
  if (length < 16) throw new InputError(`${name}: its format has ${length} bytes where 16 are needed`);
  const encoding = view.getUint16(start, true);
  return {
    // The extended format tells the encoding in the first two bytes of an identifier.
    encoding: encoding === EXTENSIBLE && length >= 40 ? view.getUint16(start + 24, true) : encoding,
    channels: view.getUint16(start + 2, true),
    rate: view.getUint32(start + 4, true),
    block: view.getUint16(start + 12, true),
    bits: view.getUint16(start + 14, true),
  };
}

function tagAt(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(at + index)));
}

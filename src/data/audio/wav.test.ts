import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { InputError } from "../../graph/errors.ts";
import { random } from "../../weights/random.ts";
import { readWav } from "./wav.ts";

interface Written {
  encoding?: number;
  bits: number;
  channels?: number;
  rate?: number;
  /** The bytes of the samples. */
  data: Uint8Array;
  extensible?: boolean;
  /** Chunks between the format and the data. */
  between?: Uint8Array;
  claimed?: number;
}

function chunk(tag: string, data: Uint8Array, claimed = data.length): Uint8Array {
  const bytes = new Uint8Array(8 + data.length + (data.length % 2));
  bytes.set(new TextEncoder().encode(tag));
  new DataView(bytes.buffer).setUint32(4, claimed, true);
  bytes.set(data, 8);
  return bytes;
}

/** A WAV file, put together from the format's description. */
function wav({
  encoding = 1,
  bits,
  channels = 1,
  rate = 16_000,
  data,
  extensible,
  between,
  claimed,
}: Written) {
  const format = new Uint8Array(extensible ? 40 : 16);
  const view = new DataView(format.buffer);
  view.setUint16(0, extensible ? 0xfffe : encoding, true);
  view.setUint16(2, channels, true);
  view.setUint32(4, rate, true);
  view.setUint32(8, (rate * channels * bits) / 8, true);
  view.setUint16(12, (channels * bits) / 8, true);
  view.setUint16(14, bits, true);
  if (extensible) {
    view.setUint16(16, 22, true);
    view.setUint16(18, bits, true);
    view.setUint16(24, encoding, true);
  }
  const parts = [chunk("fmt ", format), between ?? new Uint8Array(), chunk("data", data, claimed)];
  const body = parts.flatMap((part) => [...part]);
  return chunk("RIFF", Uint8Array.from([...new TextEncoder().encode("WAVE"), ...body]));
}

const bytesOf = (array: Int16Array | Int32Array | Float32Array | Float64Array) =>
  new Uint8Array(array.buffer);

describe("samples of every kind are read", () => {
  const cases: [string, Written, number[]][] = [
    ["PCM of 8 bits", { bits: 8, data: Uint8Array.of(0, 128, 192, 255) }, [-1, 0, 0.5, 127 / 128]],
    [
      "PCM of 16 bits",
      { bits: 16, data: bytesOf(Int16Array.of(-32768, 0, 16384, 1)) },
      [-1, 0, 0.5, 2 ** -15],
    ],
    [
      "PCM of 24 bits",
      { bits: 24, data: Uint8Array.of(0, 0, 0x80, 0, 0, 0x40, 1, 0, 0, 0xff, 0xff, 0xff) },
      [-1, 0.5, 2 ** -23, -(2 ** -23)],
    ],
    ["PCM of 32 bits", { bits: 32, data: bytesOf(Int32Array.of(-(2 ** 31), 2 ** 30, 0)) }, [-1, 0.5, 0]],
    [
      "floats of 32 bits",
      { encoding: 3, bits: 32, data: bytesOf(Float32Array.of(-0.75, 0.125)) },
      [-0.75, 0.125],
    ],
    ["floats of 64 bits", { encoding: 3, bits: 64, data: bytesOf(Float64Array.of(0.25, -1)) }, [0.25, -1]],
  ];

  test.each(cases)("%s", (_, written, expected) => {
    for (const extensible of [false, true]) {
      const { rate, samples } = readWav(wav({ ...written, extensible, rate: 8000 }), "a.wav");
      expect(rate).toBe(8000);
      expect([...samples]).toEqual(expected.map(Math.fround));
    }
  });
});

test("several channels become their mean", () => {
  const data = bytesOf(Int16Array.of(16384, 0, -8192, -8192, 0, 32767));
  expect([...readWav(wav({ bits: 16, channels: 2, data }), "a.wav").samples]).toEqual(
    [0.25, -0.25, 32767 / 65536].map(Math.fround),
  );
  expect([...readWav(wav({ bits: 16, channels: 3, data }), "a.wav").samples].length).toBe(2);
});

test("chunks that are not needed are passed over, those of odd length with their filler", () => {
  const between = chunk("LIST", Uint8Array.of(1, 2, 3));
  const { samples } = readWav(wav({ bits: 16, data: bytesOf(Int16Array.of(16384)), between }), "a.wav");
  expect([...samples]).toEqual([0.5]);
});

test("a recording that was cut short is read as far as it goes", () => {
  const data = bytesOf(Int16Array.of(16384, 8192));
  const { samples } = readWav(wav({ bits: 16, data, claimed: 0xffffffff }), "a.wav");
  expect([...samples]).toEqual([0.5, 0.25]);
});

test.each([
  ["nothing", new Uint8Array(), "a.wav: this is no WAV file"],
  ["no samples", wav({ bits: 16, data: new Uint8Array() }), "a.wav: there are no samples in it"],
  ["another encoding", wav({ encoding: 2, bits: 4, data: new Uint8Array(8) }), "encoding 2 with 4 bits"],
  ["no channel", wav({ bits: 16, channels: 0, data: new Uint8Array(8) }), "0 channels"],
  [
    "a number that is none",
    wav({ encoding: 3, bits: 32, data: bytesOf(Float32Array.of(0, Number.NaN)) }),
    "sample 1 is NaN",
  ],
  ["no data", wav({ bits: 16, data: new Uint8Array(4) }).subarray(0, 36), 'no samples ("data")'],
])("%s is refused in one sentence", (_, bytes, message) => {
  expect(() => readWav(bytes, "a.wav")).toThrow(InputError);
  expect(() => readWav(bytes, "a.wav")).toThrow(message);
});

test("10,000 broken files end in samples or in a clear error, without delay", () => {
  const file = wav({ bits: 16, channels: 2, data: new Uint8Array(200).fill(77), extensible: true });
  const draws = random(1).stream("mutations");
  const started = performance.now();
  for (let turn = 0; turn < 10_000; turn++) {
    const broken = file.slice(
      0,
      draws.uniform() < 0.3 ? Math.floor(draws.uniform() * file.length) : file.length,
    );
    for (let change = 0; change < 1 + 4 * draws.uniform(); change++)
      broken[Math.floor(draws.uniform() * Math.min(broken.length, 80))] = Math.floor(256 * draws.uniform());
    try {
      const { samples } = readWav(broken, "broken.wav");
      expect(samples.length).toBeLessThanOrEqual(file.length);
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
    }
  }
  expect(performance.now() - started).toBeLessThan(10_000);
});

test("what is written as 16 bits is read back, whatever it is", () => {
  fc.assert(
    fc.property(fc.int16Array({ minLength: 1 }), (values) => {
      const { samples } = readWav(wav({ bits: 16, data: bytesOf(Int16Array.from(values)) }), "a.wav");
      expect([...samples]).toEqual([...values].map((value) => value / 32768));
    }),
    { numRuns: 50 },
  );
});

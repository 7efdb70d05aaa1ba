import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { naturalLog, normalQuantile } from "./normal-quantile.ts";
import { random } from "./random.ts";
import { threefry, threefryKey } from "./threefry.ts";

describe("Threefry-4x32-20", () => {
  // The known-answer vectors of Random123's own test suite: counter, key, cipher text.
  const known = [
    [
      "00000000 00000000 00000000 00000000",
      "00000000 00000000 00000000 00000000",
      "9c6ca96a e17eae66 fc10ecd4 5256a7d8",
    ],
    [
      "ffffffff ffffffff ffffffff ffffffff",
      "ffffffff ffffffff ffffffff ffffffff",
      "2a881696 57012287 f6c7446e a16a6732",
    ],
    [
      "243f6a88 85a308d3 13198a2e 03707344",
      "a4093822 299f31d0 082efa98 ec4e6c89",
      "59cd1dbb b8879579 86b5d00c ac8b6d84",
    ],
  ];
  test.each(known)("encrypts %s under %s as published", (counter, key, expected) => {
    const [a, b, c, d] = words(counter);
    const [k0, k1, k2, k3] = words(key);
    const out = new Uint32Array(4);
    threefry(threefryKey(k0, k1, k2, k3), a, b, c, d, out);
    expect([...out]).toEqual(words(expected));
  });
});

describe("normal quantile", () => {
  test.each([
    [0.25, -0.6744897501960817], // Wichura's own check values
    [0.001, -3.090232306167814],
    [0.975, 1.959963984540054], // the tables' 1.96
    [0.5, 0],
  ])("of %f is %f", (p, z) => expect(normalQuantile(p)).toBeCloseTo(z, 14));

  test("the logarithm agrees with the engine's to the last bits", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
        expect(Math.abs(naturalLog(x) - Math.log(x))).toBeLessThanOrEqual(
          4e-16 * Math.max(Math.abs(Math.log(x)), 1e-3),
        );
      }),
    );
  });
});

describe("a stream", () => {
  test("is a pure function of seed, name and counter", () => {
    const whole = random(7).stream("mask").uniforms(new Float32Array(100));
    const later = random(7).stream("mask");
    later.counter = 37;
    expect([...later.uniforms(new Float32Array(63))]).toEqual([...whole.subarray(37)]);
  });

  test("gives arrays the words that it gives one by one", () => {
    const [whole, single] = [random(7).stream("mask"), random(7).stream("mask")];
    whole.word();
    single.word();
    const expected = Array.from({ length: 3000 }, () => (single.word() >>> 8) / 2 ** 24);
    expect([...whole.uniforms(new Float32Array(3000))]).toEqual(expected);
    expect(whole.word()).toBe(single.word());
  });

  test("differs with the seed and with the name, however alike those are", () => {
    const names = [
      "",
      "a",
      "b",
      "ab",
      "a\0",
      "a.b",
      "encoder.forward.recurrent",
      "encoder.backward.recurrent",
    ];
    const seeds = [0, 1, 2 ** 32, 2 ** 53 - 1];
    const firsts = seeds.flatMap((seed) => names.map((name) => random(seed).stream(name).uniform()));
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  test("gives the same numbers on every machine", () => {
    // Recorded from the same equations in Python, the normal from its statistics.NormalDist.
    const stream = random(42).stream("encoder.forward.recurrent");
    expect([stream.word(), stream.word(), stream.word(), stream.word(), stream.word()]).toEqual(
      RECORDED.words,
    );
    stream.counter = 0;
    expect(stream.uniform()).toBe(RECORDED.uniform);
    stream.counter = 0;
    expect(stream.normal()).toBeCloseTo(RECORDED.normal, 14);
  });

  test("uniforms fill [0, 1) evenly", () => {
    const bins = new Array(20).fill(0);
    for (const u of random(1).stream("u").uniforms(new Float64Array(100_000))) bins[Math.floor(u * 20)]++;
    expect(chiSquare(bins, 5_000)).toBeLessThan(43.8); // 0.1 % point for 19 degrees of freedom
  });

  test("normals have the moments of the normal distribution", () => {
    const n = 200_000;
    const z = random(1).stream("z").normals(new Float64Array(n));
    const moment = (k: number) => z.reduce((sum, value) => sum + value ** k, 0) / n;
    const errors = [moment(1) - 0, moment(2) - 1, moment(3) - 0, moment(4) - 3];
    const deviations = [1, 2, 15, 96].map((variance) => Math.sqrt(variance / n));
    for (const [k, error] of errors.entries()) expect(Math.abs(error)).toBeLessThan(4 * deviations[k]);
  });

  test("integers below n are equally likely, also where n does not divide 2³²", () => {
    const n = 3 * 2 ** 30; // without the rejection, the first third would come twice as often
    const stream = random(1).stream("i");
    const thirds = [0, 0, 0];
    for (let i = 0; i < 30_000; i++) thirds[Math.floor(stream.integer(n) / 2 ** 30)]++;
    expect(chiSquare(thirds, 10_000)).toBeLessThan(13.8);
  });

  test("a shuffle gives every order equally often and keeps all items", () => {
    const stream = random(1).stream("order");
    const counts = new Map<string, number>();
    for (let i = 0; i < 24_000; i++) {
      const order = stream.shuffle(["a", "b", "c", "d"]).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(chiSquare([...counts.values()], 1_000)).toBeLessThan(49.7); // 0.1 % point, 23 degrees of freedom
  });

  test("masks keep their share", () => {
    const mask = random(1)
      .stream("m")
      .mask(new Float32Array(100_000), 0.9, 1 / 0.9);
    expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / 0.9)]));
    const kept = mask.filter((value) => value > 0).length / mask.length;
    expect(Math.abs(kept - 0.9)).toBeLessThan(4 * Math.sqrt((0.9 * 0.1) / mask.length));
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53])("refuses the seed %s", (seed) => {
    expect(() => random(seed)).toThrow("a seed is a whole number");
  });
});

const RECORDED = {
  words: [4246882229, 2725573699, 2974555948, 1158813091, 804864110],
  uniform: 0.9888043227389237,
  normal: 2.283662833022659,
};

function words(hex: string): number[] {
  return hex.split(" ").map((word) => Number.parseInt(word, 16));
}

function chiSquare(counts: readonly number[], expected: number): number {
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

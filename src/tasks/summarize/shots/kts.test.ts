import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../../graph/errors.ts";
import { segment } from "./kts.ts";

/** Kernel temporal segmentation as published: the kernel matrix, the program over every m, then the penalty. */
function naive(rows: number[][], vmax: number, maxShots: number) {
  const n = rows.length;
  const kernel = rows.map((x) => rows.map((y) => x.reduce((sum, value, i) => sum + value * y[i], 0)));
  const v = (a: number, b: number) => {
    let diagonal = 0;
    let all = 0;
    for (let s = a; s < b; s++) {
      diagonal += kernel[s][s];
      for (let t = a; t < b; t++) all += kernel[s][t];
    }
    return diagonal - all / (b - a);
  };
  const scatter = Array.from({ length: n + 1 }, (_, a) =>
    Array.from({ length: n + 1 }, (_, b) => (b > a ? v(a, b) : 0)),
  );
  let row = scatter[0].map((cost, b) => (b === 0 ? Infinity : cost));
  const curve = [row[n]];
  for (let m = 1; m < maxShots; m++) {
    row = row.map((_, l) => {
      let least = Infinity;
      for (let t = m; t < l; t++) least = Math.min(least, row[t] + scatter[t][l]);
      return least;
    });
    curve.push(row[n]);
  }
  const penalty = (m: number) => (m === 0 ? 0 : ((vmax * m) / (2 * n)) * (Math.log(n / m) + 1));
  return Math.min(...curve.map((cost, m) => cost / n + penalty(m)));
}

function scatterOf(rows: number[][], changePoints: number[]): number {
  const edges = [0, ...changePoints, rows.length];
  let sum = 0;
  for (let k = 1; k < edges.length; k++) {
    const part = rows.slice(edges[k - 1], edges[k]);
    const mean = part[0].map((_, i) => part.reduce((total, x) => total + x[i], 0) / part.length);
    for (const x of part) sum += x.reduce((total, value, i) => total + (value - mean[i]) ** 2, 0);
  }
  return sum;
}

const flat = (rows: number[][]) => Float64Array.from(rows.flat());
const shape = (rows: number[][]) => ({ frames: rows.length, width: rows[0].length });

/** Rows around a few centers, in runs: what videos look like. */
const shots = fc
  .array(
    fc.record({
      length: fc.integer({ min: 1, max: 9 }),
      center: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 }),
      noise: fc.double({ min: 0, max: 0.5, noNaN: true }),
      phase: fc.double({ min: 0, max: 6, noNaN: true }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((runs) =>
    runs.flatMap(({ length, center, noise, phase }) =>
      Array.from({ length }, (_, t) =>
        center.map((value, i) => value + noise * Math.sin(phase + 7 * t + 3 * i)),
      ),
    ),
  );

const anything = fc.array(
  fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 }),
  {
    minLength: 1,
    maxLength: 30,
  },
);

describe("kernel temporal segmentation", () => {
  it.each([
    ["shots", shots],
    ["random rows", anything],
  ])("finds the minimum of the published program on %s", (_, data) => {
    fc.assert(
      fc.property(
        data,
        fc.constantFrom(0.001, 0.05, 0.3, 1, 5),
        fc.integer({ min: 1, max: 40 }),
        (rows, vmax, limit) => {
          const maxShots = Math.min(limit, rows.length);
          const ours = segment(flat(rows), shape(rows), { vmax, maxShots });
          expect(ours.objective).toBeCloseTo(naive(rows, vmax, maxShots), 9);
          expect(ours.cost).toBeCloseTo(scatterOf(rows, ours.changePoints), 9);
          expect(ours.changePoints.length).toBeLessThan(maxShots);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("takes every frame for a shot where that costs least, by however little", () => {
    const rows = [
      [0, 0.06719157010540501, -0.13303830047830753, 0.19622226836259485, -0.25547884621146816],
      [
        0.3128114979089142, -0.25902515960483996, 0.20005443097013453, -0.13707961153936996,
        0.07136114275162567,
      ],
      [
        0.4716585869160727, -0.45775087362085126, 0.43468127347781044, -0.4029115246906658,
        0.3630774989973981,
      ],
      [
        0.3983574460038952, -0.4311736714959139, 0.4553599530213451, -0.47043220199101204,
        0.47608874723930905,
      ],
    ];
    const ours = segment(flat(rows), shape(rows), { vmax: 0.05, maxShots: 4 });
    expect(ours.objective).toBeCloseTo(naive(rows, 0.05, 4), 14);
    expect(ours.changePoints).toEqual([1, 2, 3]);
  });

  it("puts change points exactly between constant passages", () => {
    const rows = [...Array(20).fill([1, 0, 0]), ...Array(7).fill([0, 1, 0]), ...Array(40).fill([0, 0, 1])];
    expect(segment(flat(rows), shape(rows)).changePoints).toEqual([20, 27]);
  });

  it("sees one shot in a still video, in one frame and in none", () => {
    const still = Array.from({ length: 50 }, () => [0.3, 0.4]);
    expect(segment(flat(still), shape(still)).changePoints).toEqual([]);
    expect(segment(new Float32Array([1, 2]), { frames: 1, width: 2 }).changePoints).toEqual([]);
    expect(segment(new Float32Array(0), { frames: 0, width: 2 }).changePoints).toEqual([]);
  });

  it("has ascending change points inside the video", () => {
    fc.assert(
      fc.property(anything, (rows) => {
        const { changePoints } = segment(flat(rows), shape(rows), { vmax: 0.1 });
        expect([...changePoints].sort((a, b) => a - b)).toEqual(changePoints);
        expect(changePoints.every((t) => t > 0 && t < rows.length)).toBe(true);
      }),
    );
  });

  it("names what is not a number, and where", () => {
    const features = new Float32Array([1, 2, 3, Number.NaN]);
    expect(() => segment(features, { frames: 2, width: 2 })).toThrow(InputError);
    expect(() => segment(features, { frames: 2, width: 2 })).toThrow(/Feature 1 of frame 1 is NaN/);
  });

  it("refuses sizes and options that make no sense", () => {
    const features = new Float32Array(4);
    expect(() => segment(features, { frames: 3, width: 2 })).toThrow(/4 values where 3 frames × 2/);
    expect(() => segment(features, { frames: 2, width: 2 }, { vmax: 0 })).toThrow(/vmax is 0/);
    expect(() => segment(features, { frames: 2, width: 2 }, { maxShots: 0 })).toThrow(/maxShots is 0/);
  });
});

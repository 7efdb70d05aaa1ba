import { describe, expect, test } from "vitest";
import { closeTo, numbers, of } from "../../test/nested.ts";
import { conv } from "./functions.ts";

describe("convolution", () => {
  /** From the definition: y[n, f, p] = Σ_c Σ_q x[n, c, p·stride + q·dilation − before] · k[f, c, q]. */
  function naive(
    x: number[][][],
    kernel: number[][][],
    { stride, dilation, before, after }: Record<"stride" | "dilation" | "before" | "after", number>,
  ): number[][][] {
    const reach = (kernel[0][0].length - 1) * dilation + 1;
    const positions = Math.floor((x[0][0].length + before + after - reach) / stride) + 1;
    return x.map((channels) =>
      kernel.map((filter) =>
        Array.from({ length: positions }, (_, p) =>
          filter.reduce(
            (total, weights, c) =>
              total +
              weights.reduce(
                (part, weight, q) => part + weight * (channels[c][p * stride + q * dilation - before] ?? 0),
                0,
              ),
            0,
          ),
        ),
      ),
    );
  }

  const wave = (count: number, seed: number) =>
    Array.from({ length: count }, (_, i) => Math.sin(seed + 3 * i));
  const x = [0, 1].map((n) => [0, 1, 2].map((c) => wave(9, n + 2 * c)));
  const kernel = [0, 1].map((f) => [0, 1, 2].map((c) => wave(3, 10 + f + 2 * c)));

  test.each([
    { stride: 1, dilation: 1, before: 0, after: 0 },
    { stride: 2, dilation: 1, before: 0, after: 0 },
    { stride: 1, dilation: 3, before: 0, after: 0 },
    { stride: 1, dilation: 1, before: 2, after: 0 },
    { stride: 3, dilation: 2, before: 1, after: 4 },
  ])("along a line is what its definition says: %o", (options) => {
    const { stride, dilation, before, after } = options;
    const found = numbers(() => conv(of(x), of(kernel), { stride, dilation, padding: [[before, after]] }));
    expect(found).toEqual(closeTo(naive(x, kernel, options)));
  });

  test.each([
    ["valid", 0, 0],
    ["same", 2, 2],
    ["causal", 4, 0],
    [1, 1, 1],
  ] as const)("padding %s puts the borders where it says", (padding, before, after) => {
    const found = numbers(() => conv(of(x), of(kernel), { dilation: 2, padding }));
    expect(found).toEqual(closeTo(naive(x, kernel, { stride: 1, dilation: 2, before, after })));
  });

  test("over a plane of separable weights is one along columns after one along rows", () => {
    const image = [[0, 1, 2, 3, 4].map((row) => wave(6, row))];
    const [down, across] = [wave(3, 1), wave(2, 5)];
    const product = [[down.map((a) => across.map((b) => a * b))]];
    const options = {
      stride: [2, 1],
      dilation: [1, 2],
      padding: [
        [1, 0],
        [0, 1],
      ] as const,
    };
    const found = numbers(() => conv(of([image]), of(product), options)) as number[][][][];

    const rows = image[0].map(
      (row) => naive([[row]], [[across]], { stride: 1, dilation: 2, before: 0, after: 1 })[0][0],
    );
    const columns = rows[0].map(
      (_, j) =>
        naive([[rows.map((row) => row[j])]], [[down]], { stride: 2, dilation: 1, before: 1, after: 0 })[0][0],
    );
    expect(found).toEqual(closeTo([[columns[0].map((_, i) => columns.map((column) => column[i]))]]));
  });

  test.each([
    [{ stride: 0 }, /stride 0 makes no sense/],
    [{ dilation: [1, 2] }, /dilation 1,2 makes no sense/],
    [{ padding: -1 }, /padding/],
  ])("refuses %o", (options, message) => {
    expect(() => conv(of(x), of(kernel), options)).toThrow(message);
  });
});

import { expect, test } from "vitest";
import { createKernels, loadKernels, packDense, paddedRows } from "./kernels.ts";

test("a dense product", async () => {
  const { kernels, memory } = createKernels(await loadKernels(), 1 << 20);
  const [columns, rows] = [5, 19];
  const weights = Float32Array.from({ length: columns * rows }, (_, i) => Math.sin(i));
  const w = (kernels.heapBase.value + 15) & ~15;
  const x = w + 4096;
  const y = x + 4096;
  new Float32Array(memory.buffer, w).set(packDense(weights, columns, rows));
  new Float32Array(memory.buffer, x).set([1, 2, 3, 4, 5]);
  kernels.dense(w, x, y, paddedRows(rows), columns);
  const expected = Array.from({ length: rows }, (_, r) =>
    [1, 2, 3, 4, 5].reduce((sum, v, c) => sum + v * weights[c * rows + r], 0),
  );
  new Float32Array(memory.buffer, y, rows).forEach((value, r) => {
    expect(value).toBeCloseTo(expected[r], 5);
  });
});

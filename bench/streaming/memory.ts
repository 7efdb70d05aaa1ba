/** How fast memory is read. */
import { createKernels, loadKernels } from "../../src/stream/kernels.ts";
import { inTurn, took } from "../measure.ts";

const rows = 65_536;
const columns = 1024;

/** Gigabytes a second that a dense product reads of a matrix that no cache holds, at best. */
export async function memoryGigabytes(): Promise<number> {
  const bytes = rows * columns * 4;
  const { kernels } = createKernels(await loadKernels(), bytes + 2 ** 20);
  const x = Math.ceil(kernels.heapBase.value / 64) * 64;
  const y = x + 4 * columns;
  const w = y + 4 * rows;
  kernels.fill(w, 0.5, rows * columns);
  kernels.fill(x, 0.25, columns);
  const turn = () => took(async () => kernels.dense(w, x, y, rows, columns));
  const { all } = await inTurn({ all: { turn } }, { repeats: 7 });
  return bytes / Math.min(...all.map(({ clock }) => clock)) / 1e6;
}

/**
 * Forward and backward of every cell, beside the same cell written plainly in PyTorch, eager and scripted.
 *
 * `ratio` is eager PyTorch's median time ÷ ours, `ratioScript` that of `torch.jit.script`. All run in turn in the same
 * minute, with the same number of threads and from the same numbers, and must come to the same gradients
 * (`difference`).
 */
import { advancedLstm } from "../src/cells/advanced-lstm.ts";
import { convLstm } from "../src/cells/conv-lstm.ts";
import type { Cell } from "../src/cells/define-cell.ts";
import { g2Lstm } from "../src/cells/g2-lstm.ts";
import { gru } from "../src/cells/gru.ts";
import { janet } from "../src/cells/janet.ts";
import { lstm } from "../src/cells/lstm.ts";
import { minGru } from "../src/cells/min-gru.ts";
import { minLstm } from "../src/cells/min-lstm.ts";
import { nestedLstm } from "../src/cells/nested-lstm.ts";
import { rnn } from "../src/cells/rnn.ts";
import { sru } from "../src/cells/sru.ts";
import { type CellCase, cellGraph, cellNumbers, gatefold } from "./cells/cell-case.ts";
import { clock, compare, figures, type Learner } from "./learner.ts";
import { type BenchOptions, type Line, rounded } from "./measure.ts";
import { startTorch, type Torch } from "./peers/torch.ts";

const [steps, batch, inputs, units] = [100, 32, 128, 128];
const plain = (name: string, cell: (widths: { inputs: number; units: number }) => Cell): CellCase => ({
  name,
  cell: cell({ inputs, units }),
  input: [steps, batch, inputs],
});

const grid = [16, 16];
const channels = 64;

const cases: readonly CellCase[] = [
  plain("rnn", rnn),
  plain("gru", gru),
  plain("lstm", lstm),
  plain("peephole_lstm", (widths) => lstm({ ...widths, peepholes: true })),
  plain("projected_lstm", (widths) => lstm({ ...widths, projection: 64 })),
  plain("janet", janet),
  plain("min_gru", minGru),
  plain("min_lstm", minLstm),
  plain("sru", sru),
  plain("nested_lstm", nestedLstm),
  plain("advanced_lstm", advancedLstm),
  plain("g2_lstm", g2Lstm),
  {
    name: "conv_lstm",
    cell: convLstm({ inputs: channels, units: channels, grid, kernel: 5 }),
    input: [10, 8, channels, ...grid],
  },
];

const repeats = 11;
/** torch.jit compiles during its first turns. */
const warmUp = 4;

export async function* run({ only = "" }: BenchOptions): AsyncIterable<Line> {
  const wanted = cases
    .flatMap((one) => [1, 2].map((threads) => ({ one, threads })))
    .filter(({ one, threads }) => label(one, threads).includes(only));
  const torch = await startTorch("torch_cells.py");
  if (!torch)
    throw new Error("This benchmark needs PyTorch: set GATEFOLD_PYTHON to a Python that has torch.");
  try {
    for (const { one, threads } of wanted) yield await measure(torch, one, threads);
  } finally {
    torch.close();
  }
}

/** "janet, 100×32 128→128, 1 thread". */
function label({ name, cell, input: [steps, batch, ...inner] }: CellCase, threads: number): string {
  return `${name}, ${steps}×${batch} ${inner.join("×")}→${cell.outputs}, ${threads} thread${threads === 1 ? "" : "s"}`;
}

async function measure(torch: Torch, one: CellCase, threads: number): Promise<Line> {
  const title = label(one, threads);
  const graph = cellGraph(one);
  const numbers = cellNumbers(one, graph);
  const open = (script: boolean) => torch.open({ cell: one.name, script, threads, numbers });
  const scripted = await open(true).catch((error: Error) => {
    console.error(`${title}: torch.jit.script is left out: ${error.message}`);
  });
  const learners: Record<string, Learner> = {
    ours: await gatefold(graph, numbers, threads),
    eager: await open(false),
    ...(scripted && { scripted }),
  };
  const { apart, times } = await compare(title, learners, { repeats, warmUp });
  return {
    case: title,
    threads,
    ...figures(times.ours, times.eager),
    ...(scripted && {
      scriptMs: rounded(clock(times.scripted)),
      ratioScript: rounded(clock(times.scripted) / clock(times.ours)),
    }),
    difference: apart,
    repeats,
    peer: `pytorch ${torch.version}`,
  };
}

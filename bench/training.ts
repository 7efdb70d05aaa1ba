/**
 * Training one LSTM layer, beside PyTorch, tfjs and jax-js; and what it takes to begin.
 *
 * A line's `ratio` is the peer's median time ÷ ours. Both run in turn in the same minute, with the same
 * number of threads and from the same numbers, and must come to the same gradients (`difference`).
 */
import { execFileSync } from "node:child_process";
import { type Comparison, clock, compare, figures, type Learner } from "./learner.ts";
import { type BenchOptions, type Line, median, rounded } from "./measure.ts";
import { findJaxJs } from "./peers/jax-js.ts";
import { loadTfjs } from "./peers/tfjs.ts";
import { startTorch } from "./peers/torch.ts";
import { gatefold } from "./training/gatefold.ts";
import {
  difference,
  type LstmCase,
  label,
  learningRate,
  lstmCase,
  type Pass,
  passes,
  type Sizes,
} from "./training/lstm-case.ts";

const layers: readonly Sizes[] = [
  { steps: 470, batch: 1, inputs: 1024, units: 256 },
  { steps: 200, batch: 1, inputs: 512, units: 512 },
  { steps: 100, batch: 32, inputs: 128, units: 128 },
  { steps: 50, batch: 64, inputs: 256, units: 256 },
];

export async function* run({ only = "" }: BenchOptions): AsyncIterable<Line> {
  const wanted = (name: string) => name.includes(only);
  if (wanted("session")) yield sessions();
  yield* besideTorch(wanted);
  yield* besideTfjs(wanted);
  yield* besideJaxJs(wanted);
}

/** Whether a case of this name is to be measured. */
type Wanted = (name: string) => boolean;

/** The cases beside a peer that are wanted: "pytorch, 470×1 1024→256, step, 1 thread". */
function cases(
  peer: string,
  wanted: Wanted,
  {
    passes,
    threads,
    longest = Number.POSITIVE_INFINITY,
  }: { passes: readonly Pass[]; threads: readonly number[]; longest?: number },
): { sizes: Sizes; pass: Pass; threads: number }[] {
  const all = layers.flatMap((layer) => {
    const sizes = { ...layer, steps: Math.min(layer.steps, longest) };
    return passes.flatMap((pass) => threads.map((count) => ({ sizes, pass, threads: count })));
  });
  return all.filter(({ sizes, pass, threads }) =>
    wanted(`${peer}, ${label(sizes)}, ${pass}, ${threads} thread${threads === 1 ? "" : "s"}`),
  );
}

/** Tracing, gradient and session of a two-layer BiLSTM, each time in a fresh process. */
function sessions(): Line {
  const repeats = 7;
  const file = `${import.meta.dirname}/training/build-session.ts`;
  const runs = Array.from({ length: repeats }, () =>
    JSON.parse(execFileSync(process.execPath, [file], { encoding: "utf8" })),
  );
  const middle = (of: (run: (typeof runs)[0]) => number) => rounded(median(runs.map(of)));
  return {
    case: "session of a 2-layer BiLSTM 1024→256 with its gradient",
    threads: 1,
    traceMs: middle(({ first }) => first.trace),
    lowerMs: middle(({ first }) => first.lower),
    createMs: middle(({ first }) => first.session),
    totalMs: middle(({ first }) => first.total),
    againMs: middle(({ again }) => again.total),
    repeats,
  };
}

async function* besideTorch(wanted: Wanted): AsyncIterable<Line> {
  const all = cases("pytorch", wanted, { passes, threads: [1, 2] });
  if (all.length === 0) return;
  const torch = await startTorch("torch_lstm.py");
  if (!torch) return skip("PyTorch", "set GATEFOLD_PYTHON to a Python that has torch");
  try {
    for (const { sizes, pass, threads } of all) {
      const one = lstmCase(sizes, pass, threads);
      const learners = {
        ours: await gatefold(one, "native"),
        theirs: await torch.open({ ...one, learning_rate: learningRate }),
      };
      yield line(one, `pytorch ${torch.version}`, await compared(one, learners, 11));
    }
  } finally {
    torch.close();
  }
}

/** tfjs has one thread in Node. Beside it our WASM backend too, which is what a browser runs. */
async function* besideTfjs(wanted: Wanted): AsyncIterable<Line> {
  const all = cases("tfjs", wanted, { passes, threads: [1] });
  if (all.length === 0) return;
  const tfjs = await loadTfjs();
  if (!tfjs) return skip("tfjs", "npm install --prefix bench");
  for (const { sizes, pass, threads } of all) {
    const one = lstmCase(sizes, pass, threads);
    const learners = {
      ours: await gatefold(one, "native"),
      oursWasm: await gatefold(one, "wasm"),
      theirs: await tfjs.open(one),
    };
    yield line(one, `tfjs-wasm ${tfjs.version}`, await compared(one, learners, 7));
  }
}

/** jax-js unrolls, so that a long sequence would compile for minutes: it gets at most 50 steps. */
async function* besideJaxJs(wanted: Wanted): AsyncIterable<Line> {
  const all = cases("jax-js", wanted, { passes: ["weights", "weights+input"], threads: [1], longest: 50 });
  if (all.length === 0) return;
  const jaxJs = findJaxJs();
  if (!jaxJs) return skip("jax-js", "npm install --prefix bench");
  for (const { sizes, pass, threads } of all) {
    const one = lstmCase(sizes, pass, threads);
    const theirs = await jaxJs.open(one).catch((error: Error) => error);
    if (theirs instanceof Error) {
      skip(`jax-js, ${label(one)}, ${pass}`, theirs.message);
      continue;
    }
    const learners = {
      ours: await gatefold(one, "native"),
      oursWasm: await gatefold(one, "wasm"),
      theirs,
    };
    const measured = line(one, `jax-js ${jaxJs.version}`, await compared(one, learners, 7));
    yield { ...measured, peerCompileSeconds: rounded(theirs.compileSeconds) };
  }
}

function line(
  one: LstmCase,
  peer: string,
  { apart, times }: Comparison<"ours" | "theirs"> | Comparison<"ours" | "oursWasm" | "theirs">,
): Line {
  const { ours, theirs } = times;
  const oursWasm = "oursWasm" in times ? times.oursWasm : undefined;
  return {
    case: label(one),
    pass: one.pass,
    peer,
    threads: one.threads,
    ...figures(ours, theirs),
    ...(oursWasm && {
      gatefoldWasmMs: rounded(clock(oursWasm)),
      ratioWasm: rounded(clock(theirs) / clock(oursWasm)),
    }),
    difference: apart,
    repeats: ours.length,
  };
}

function compared<Names extends string>(
  one: LstmCase,
  learners: Record<Names, Learner>,
  repeats: number,
): Promise<Comparison<Names>> {
  const title = `${label(one)}, ${one.pass}`;
  return compare(title, learners, { repeats, difference: (a, b) => difference(one, a, b) });
}

function skip(peer: string, reason: string): void {
  console.error(`${peer} is left out: ${reason}`);
}

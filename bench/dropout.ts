/**
 * A training step of a two-layer LSTM language model with approximate random dropout, beside plain dropout.
 *
 * A step is forward, backward, clipping and plain gradient descent, and the drawing of masks or patterns; one thread.
 * Times are the processor's, which are the clock's on an idle machine. Patterns of unequal periods take unequal times, so
 * that draws are spread evenly over all of them, and times are means. `…Saving` is what a way of dropping takes off the
 * step with plain dropout, in per cent.
 *
 * - none: without dropout.
 * - plain: masks drawn anew at each step of a sequence, on the inputs of both layers and of the last product.
 * - variational: the same with one mask for a sequence, which draws less.
 * - row, tile: patterns in place of these masks.
 * - rowRecurrent: row patterns on both recurrent products too.
 */
import type { Graph } from "../src/graph/graph.ts";
import { inputsOf } from "../src/graph/graph.ts";
import { approximateDropout } from "../src/layers/approximate-dropout.ts";
import { dropout } from "../src/layers/dropout.ts";
import { tensor } from "../src/runtime/tensor.ts";
import { compileStep, openStep, type Step } from "../src/train/step.ts";
import { createTrainer } from "../src/train/trainer.ts";
import { gradient } from "../src/transform/gradient.ts";
import { initialWeights } from "../src/weights/declare.ts";
import { betweenLayers, languageModel, type Sizes, withinLayers, wordsOf } from "./dropout/language-model.ts";
import {
  type BenchOptions,
  type Contestant,
  inTurn,
  type Line,
  rounded,
  type Took,
  took,
} from "./measure.ts";

const models: readonly Sizes[] = [
  { steps: 35, batch: 20, units: 640, words: 10_240 },
  { steps: 35, batch: 20, units: 256, words: 2048 },
  { steps: 100, batch: 32, units: 128, words: 128 },
];

const rates = [0.3, 0.5, 0.7];

/** Also over how many evenly spaced draws patterns are spread. */
const repeats = 12;

/** One that makes training steps. */
interface Learner extends Contestant<Took> {
  close(): Promise<void>;
}

export async function* run({ only = "" }: BenchOptions): AsyncIterable<Line> {
  for (const sizes of models)
    for (const rate of rates) {
      const { steps, batch, units, words } = sizes;
      const name = `${steps}×${batch}, ${units} units, ${words} words, rate ${rate}`;
      if (name.includes(only)) yield { case: name, threads: 1, ...(await measure(sizes, rate)) };
    }
}

async function measure(sizes: Sizes, rate: number): Promise<Line> {
  const whole = languageModel(sizes, (_, x) => x);
  const masked = (shared: number[]) =>
    languageModel(sizes, (name, x) => dropout(`${name}.dropout`, x, { rate, shared }));
  const thinned = (weights: string[], pattern: "row" | "tile") =>
    approximateDropout(whole, { rate, weights, pattern });
  const learners = {
    none: await learner(sizes, whole),
    plain: await learner(sizes, masked([])),
    variational: await learner(sizes, masked([0])),
    row: await learner(sizes, thinned(betweenLayers, "row")),
    tile: await learner(sizes, thinned(betweenLayers, "tile")),
    rowRecurrent: await learner(sizes, thinned([...betweenLayers, ...withinLayers], "row")),
  };
  const times = await inTurn<keyof typeof learners, Took>(learners, { repeats });
  for (const one of Object.values(learners)) await one.close();
  const time = (name: keyof typeof learners) => mean(times[name].map(({ processor }) => processor));
  const saving = (name: keyof typeof learners) => rounded(100 * (1 - time(name) / time("plain")));
  return {
    noneMs: rounded(time("none")),
    plainMs: rounded(time("plain")),
    variationalMs: rounded(time("variational")),
    rowMs: rounded(time("row")),
    tileMs: rounded(time("tile")),
    rowRecurrentMs: rounded(time("rowRecurrent")),
    rowSaving: saving("row"),
    tileSaving: saving("tile"),
    rowRecurrentSaving: saving("rowRecurrent"),
    repeats,
  };
}

async function learner(sizes: Sizes, graph: Graph): Promise<Learner> {
  const shapes = inputsOf(graph, "weight");
  const weights = Object.fromEntries(
    Object.entries(initialWeights(graph, 1)).map(([name, data]) => [
      name,
      { dims: shapes.get(name)!.shape as number[], data },
    ]),
  );
  const compiled = compileStep(gradient(graph, { of: "loss", with: Object.keys(weights) }));
  const names = compiled.patterns.map(({ name }) => name);
  const training = withSpreadDraws(await openStep(compiled, { threads: 1, backend: "native" }), names);
  const trainer = createTrainer({ training }, weights, { seed: 1, optimizer: { kind: "sgd" }, clip: 5 });
  const batch = { feeds: wordsOf(sizes), weight: 1 };
  let steps = 0;
  return {
    turn: () =>
      took(async () => {
        await trainer.step([batch], { step: ++steps, learningRate: 1 });
      }),
    close: () => trainer.close(),
  };
}

/** Steps that go through equal parts of all draws, each pattern in an order of its own. */
function withSpreadDraws(step: Step, patterns: readonly string[]): Step {
  const strides = [1, 5, 7, 11]; // without a common factor with the repeats
  let turn = 0;
  return {
    ...step,
    run(weights, feeds) {
      const spread = patterns.map((name, at) => {
        const place = (turn * strides[at % strides.length] + at) % repeats;
        return [name, tensor([(place + 0.5) / repeats, 0.25], [2])];
      });
      turn++;
      return step.run(weights, { ...feeds, ...Object.fromEntries(spread) });
    },
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

import { describe, expect, test } from "vitest";
import { withLoss } from "../../test/cases.ts";
import { largestDifference, openEverywhere, type Tensors } from "../../test/everywhere.ts";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import { nodesOf } from "../../test/structure.ts";
import { janet } from "../cells/janet.ts";
import { lstm } from "../cells/lstm.ts";
import { InputError } from "../graph/errors.ts";
import { type Graph, trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { fit } from "../train/fit.ts";
import { planTraining } from "../train/plan-training.ts";
import { startTrainer } from "../train/start-trainer.ts";
import { openStep } from "../train/step.ts";
import { createTrainer } from "../train/trainer.ts";
import { gradient } from "../transform/gradient.ts";
import { type ApproximateDropoutOptions, approximateDropout, patternsOf } from "./approximate-dropout.ts";
import { dense } from "./dense.ts";
import { type DropoutPattern, patternFeeds } from "./dropout-patterns.ts";
import { bidirectional, recurrent, stacked } from "./recurrent.ts";

const mask = { shape: ["time", "batch"], dtype: "bool" as const };

/** Two LSTM layers and a dense one. */
function model(): Graph {
  const layers = stacked([
    recurrent("lower", lstm({ inputs: 12, units: 8 })),
    recurrent("upper", lstm({ inputs: 8, units: 4 })),
    dense("head", { inputs: 4, units: 3 }),
  ]);
  return trace({ x: ["time", "batch", 12], mask }, ({ x, mask }) => ({ y: layers(x, { mask }) }));
}

/** The plain graph's feeds that give what a pattern gives: a weight W becomes W ⊙ kept / (1 − rate). */
function maskedWeights(feeds: Tensors, masks: Readonly<Record<string, Float64Array>>): Tensors {
  const changed = Object.entries(masks).map(([path, mask]) => {
    const { shape, data } = feeds[path];
    return [
      path,
      tensor(
        shape,
        data.map((one, at) => one * mask[at]),
      ),
    ] as const;
  });
  return { ...feeds, ...Object.fromEntries(changed) };
}

/** What each number of a weight is multiplied by, from one draw. */
function maskOf(
  pattern: DropoutPattern,
  columns: number,
  offset: number,
  period: number,
  tile: number,
): Float64Array {
  const rows = pattern.kind === "row" ? pattern.units : pattern.rows * tile;
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    const place = pattern.kind === "row" ? row : Math.floor(row / tile) + Math.floor(column / tile);
    return (place - offset + 2 * period) % period === 0 ? 1 / (1 - pattern.rate) : 0;
  });
}

/** Feeds for a pattern's period and offset. */
function drawOf(pattern: DropoutPattern, period: number, offset: number): Tensors {
  const at = pattern.periods.indexOf(period);
  const below = pattern.probabilities.slice(0, at).reduce((a, b) => a + b, 0);
  const draws = [below + 0.4 * pattern.probabilities[at], (offset + 0.4) / period];
  return Object.fromEntries(
    Object.entries(patternFeeds(pattern, draws)).map(([name, { dims, data }]) => [
      name,
      tensor(dims, Float64Array.from(data)),
    ]),
  );
}

const paths = ["lower.input", "upper.input", "upper.recurrent", "head.weight"];

const variants: { options: Omit<ApproximateDropoutOptions, "rate">; tile: number; periods: number[] }[] = [
  { options: { weights: paths, pattern: "row", longest: 4 }, tile: 1, periods: [1, 2, 3, 4] },
  { options: { weights: paths.slice(0, 3), pattern: "tile", tile: 2, longest: 4 }, tile: 2, periods: [1, 2] },
];

describe.each(variants)("$options.pattern patterns", ({ options, tile, periods }) => {
  const plain = model();
  const rate = 0.4;
  const thinned = approximateDropout(plain, { rate, ...options });
  const patterns = patternsOf(thinned);
  const weights = options.weights as string[];
  const trained = plain.inputs.filter(({ role }) => role === "weight").map(({ name }) => name);
  const differentiated = (graph: Graph) => gradient(withLoss(graph), { of: "loss", with: [...trained, "x"] });
  const withGradient = differentiated(thinned);
  const plainGradient = differentiated(plain);
  const base = randomFeeds(plainGradient, { sizes: { time: 5, batch: 3 }, seed: 4 });

  /** Each weight has another period and another offset. */
  const drawsFor = (first: number) =>
    patterns.map((pattern, at) => {
      const period = periods[(first + at) % periods.length];
      return { pattern, period, offset: (first + 2 * at) % period };
    });
  const masksFor = (draws: ReturnType<typeof drawsFor>) =>
    Object.fromEntries(
      draws.map(({ pattern, period, offset }, at) => [
        weights[at],
        maskOf(pattern, base[weights[at]].shape[1], offset, period, tile),
      ]),
    );
  const feedsFor = (draws: ReturnType<typeof drawsFor>): Tensors =>
    Object.assign({}, base, ...draws.map(({ pattern, period, offset }) => drawOf(pattern, period, offset)));

  test("each weight has a pattern of its own", () => {
    expect(patterns.map(({ name }) => name)).toEqual(weights.map((path) => `${path}.pattern`));
  });

  test("give what weights masked and scaled give, and their gradients, on the reference and both runtimes", async () => {
    const everywhere = await openEverywhere(withGradient);
    for (const first of [0, 1, 2, 3]) {
      const draws = drawsFor(first);
      const masks = masksFor(draws);
      const expected = interpret(plainGradient, maskedWeights(base, masks));
      // ∂/∂W of f(W ⊙ M) is M ⊙ f′(W ⊙ M).
      for (const [path, mask] of Object.entries(masks))
        expected[`gradient.${path}`].data.forEach((one, at, all) => {
          all[at] = one * mask[at];
        });
      const feeds = feedsFor(draws);
      const results: [Tensors, number][] = [
        [everywhere.reference(feeds), 1e-6], // The scale is a float32.
        [await everywhere.native(feeds), 2e-5],
        [await everywhere.wasm(feeds), 2e-5],
      ];
      for (const [found, tolerance] of results)
        for (const [name, { data }] of Object.entries(expected))
          expect(largestDifference(found[name].data, data), name).toBeLessThan(tolerance);
    }
    await everywhere.release();
  });

  test("have the gradient that differences give", () => {
    const feeds = feedsFor(drawsFor(1));
    const short = randomFeeds(plainGradient, { sizes: { time: 2, batch: 2 }, seed: 5 });
    const names = ["upper.input", "upper.recurrent", "x"];
    expect(gradientError(withGradient, { ...feeds, ...short }, { of: "loss", with: names })).toBeLessThan(
      1e-7,
    );
  });

  test("multiply small matrices alone: none of the thinned weights is read whole by a product", () => {
    const shapes = weights.map((path) => base[path].shape.join());
    for (const { op, operands } of nodesOf(withGradient))
      if (op === "matmul" || op === "contract")
        for (const { shape } of operands) expect(shapes).not.toContain(shape.slice(-2).join());
  });

  test("at rest are the plain graph", () => {
    const rest = patterns.map((pattern) =>
      Object.fromEntries(
        Object.entries(patternFeeds(pattern, [0.5, 0.5])).map(([name, { dims, data }]) => [
          name,
          tensor(dims, Float64Array.from(data)),
        ]),
      ),
    );
    const { y } = interpret(thinned, Object.assign({}, pick(base, plain), ...rest));
    expect(largestDifference(y.data, interpret(plain, pick(base, plain)).y.data)).toBeLessThan(1e-14);
  });
});

function pick(feeds: Tensors, graph: Graph): Tensors {
  return Object.fromEntries(graph.inputs.map(({ name }) => [name, feeds[name]]));
}

test("at rate 0 the graph stays as it is", () => {
  const graph = model();
  expect(approximateDropout(graph, { rate: 0, weights: ["upper.input"] })).toBe(graph);
});

test("weights that are listed together drop the same units", () => {
  const layers = bidirectional("both", janet({ inputs: 6, units: 4 }));
  const graph = trace({ x: ["time", "batch", 6] }, ({ x }) => ({ y: layers(x) }));
  const weights = ["both.forward.input", "both.backward.input"];
  const patterns = patternsOf(approximateDropout(graph, { rate: 0.5, weights: [weights], longest: 4 }));
  expect(patterns.map(({ name }) => name)).toEqual(["both.forward.input.pattern"]);
});

describe("a trainer", () => {
  const layers = stacked([
    recurrent("lower", lstm({ inputs: 4, units: 8 })),
    recurrent("upper", lstm({ inputs: 8, units: 8 })),
  ]);
  const graph = trace({ x: ["time", "batch", 4], target: ["time", "batch", 8] }, ({ x, target }) => {
    const error = layers(x).sub(target);
    return { loss: error.mul(error).sum() };
  });
  const thinned = approximateDropout(graph, { rate: 0.5, weights: ["upper.input", "upper.recurrent"] });
  const plan = planTraining(
    { training: thinned, evaluation: graph },
    { seed: 3, optimizer: { kind: "sgd" } },
  );
  const feeds = randomFeeds(graph, { sizes: { time: 4, batch: 2 } });
  const toTensor = ({ shape, data }: Tensors[string]) => ({
    dtype: "float32" as const,
    dims: shape,
    data: Float32Array.from(data),
  });
  const batch = { feeds: { x: toTensor(feeds.x), target: toTensor(feeds.target) }, weight: 1 };

  test("draws patterns by itself, in a thread as in the process, and the same ones again", async () => {
    const remote = await startTrainer(plan);
    const local = createTrainer(
      { training: await openStep(plan.steps.training, {}) },
      plan.weights,
      plan.settings,
    );
    const losses: number[] = [];
    for (let step = 1; step <= 6; step++) {
      const at = { step, learningRate: 0 };
      const found = await local.step([batch], at);
      expect(await remote.step([batch], at)).toEqual(found);
      losses.push(found.loss);
    }
    expect(new Set(losses).size).toBeGreaterThan(3);
    await remote.close();
    await local.close();
  });

  test("at rest, and in evaluation, drops nothing", async () => {
    const { training, evaluation } = plan.steps;
    const asTrained = createTrainer({ training: await openStep(training, {}) }, plan.weights, plan.settings);
    const asUsed = createTrainer(
      { training: await openStep(training, {}), evaluation: await openStep(evaluation!, {}) },
      plan.weights,
      plan.settings,
    );
    const [one, other] = [await asTrained.evaluate(batch.feeds), await asUsed.evaluate(batch.feeds)];
    expect(one.loss.data[0]).toBeCloseTo(other.loss.data[0], 4);
    await asTrained.close();
    await asUsed.close();
  });

  test("learns", async () => {
    const trainer = createTrainer(
      {
        training: await openStep(plan.steps.training, {}),
        evaluation: await openStep(plan.steps.evaluation!, {}),
      },
      plan.weights,
      { seed: 3, optimizer: { kind: "adam" } },
    );
    const before = (await trainer.evaluate(batch.feeds)).loss.data[0];
    await fit({
      trainer,
      examples: { count: 1, load: () => batch },
      schedule: { kind: "constant", rate: 0.02 },
      epochs: 200,
    });
    expect((await trainer.evaluate(batch.feeds)).loss.data[0]).toBeLessThan(before / 2);
    await trainer.close();
  });
});

describe("refuses", () => {
  const graph = model();
  const thin = (given: Partial<ApproximateDropoutOptions>) => () =>
    approximateDropout(graph, { rate: 0.5, weights: ["upper.input"], ...given });
  test.each([
    ["a rate of 1", thin({ rate: 1 }), /approximate dropout: option rate/],
    [
      "a rate that the periods can't reach",
      thin({ rate: 0.8, longest: 4 }),
      /weight "upper.input": a drop rate of 0.8 can't be reached .* at most 0.75/,
    ],
    ["a period of 0", thin({ longest: 0 }), /option longest/],
    [
      "a weight that is not there",
      thin({ weights: ["upper.output"] }),
      /no weight "upper.output"; it has lower.input, /,
    ],
    [
      "a weight that is no matrix",
      thin({ weights: ["upper.bias"] }),
      /"upper.bias" must be a matrix, not \[16\]/,
    ],
    ["a weight twice", thin({ weights: ["upper.input", ["upper.input"]] }), /"upper.input" is named twice/],
    ["no weights", thin({ weights: [] }), /option weights/],
    [
      "weights of other heights together",
      thin({ weights: [["upper.input", "lower.input"]] }),
      /can't share a row pattern/,
    ],
    [
      "tiles that do not fit",
      thin({ pattern: "tile" }),
      /tiles of 32 do not divide weight "upper.input" \[8, 16\]/,
    ],
    [
      "a rate that fitting periods of tiles can't reach",
      thin({ pattern: "tile", tile: 4, rate: 0.6 }),
      /can't be reached by periods 1, 2/,
    ],
  ])("%s", (_, act, message) => {
    expect(act).toThrow(InputError);
    expect(act).toThrow(message);
  });

  test("a weight that is multiplied by nothing", () => {
    const odd = trace({ x: [2] }, ({ x }) => {
      const { weights } = lstm({ inputs: 2, units: 2 }).at("odd");
      return { y: weights.input.sum().add(x) };
    });
    expect(() => approximateDropout(odd, { rate: 0.5, weights: ["odd.input"], longest: 2 })).toThrow(
      /nothing is multiplied by weight "odd.input"/,
    );
  });
});

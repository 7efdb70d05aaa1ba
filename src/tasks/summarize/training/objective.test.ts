/** Each loss against the same written in float64 from its equation. */
import { expect, test } from "vitest";
import { tensor } from "../../../../test/feeds.ts";
import { gradientError } from "../../../../test/finite-differences.ts";
import { determinant, kernelOf, plusIdentity } from "../../../../test/reference/determinant.ts";
import { trace } from "../../../graph/graph.ts";
import { type ArrayTensor, interpret } from "../../../graph/interpret.ts";
import { gradient } from "../../../transform/gradient.ts";
import { random } from "../../../weights/random.ts";
import { summaryNetwork } from "../scoring/network.ts";
import { labelObjective } from "./objective.ts";

const steps = 7;
const network = summaryNetwork({ inputs: 3, units: 2, width: 4, cell: "gru" });
const judging = trace({ x: ["steps", 1, 3] }, ({ x }) => network.judge(x));
const draws = random(4).stream("feeds");
const normal = (shape: readonly number[]): ArrayTensor =>
  tensor([...shape], draws.normals(new Float64Array(shape.reduce((a, b) => a * b, 1)), 0, 0.8));
const weights = Object.fromEntries(
  judging.inputs
    .filter(({ role }) => role === "weight")
    .map(({ name, shape }) => [name, normal(shape as readonly number[])]),
);
const keySteps = [1, 2, 6];
const labels = draws.uniforms(new Float64Array(steps));
const shares = Float64Array.from({ length: steps }, (_, t) => (2 * (t + 1)) / (steps * (steps + 1)));
const feeds = {
  ...weights,
  x: normal([steps, 1, 3]),
  labels: tensor([steps], labels),
  shares: tensor([steps], shares),
  keySteps: tensor([keySteps.length], keySteps),
};

/** (importance term, process term), from y and φ. */
function expectedTerms(): [number, number] {
  const { importance, similarity } = interpret(judging, { ...weights, x: feeds.x });
  const y = importance.data;
  const error = y.reduce((sum, one, t) => sum + shares[t] * (one - labels[t]) ** 2, 0);
  const rows = Array.from({ length: steps }, (_, t) =>
    Array.from(similarity.data.subarray(4 * t, 4 * t + 4), (one) => one * y[t]),
  );
  const ofSet = kernelOf(rows, keySteps).map((row, i) => row.map((one, j) => one + (i === j ? 1e-3 : 0)));
  const process = Math.log(determinant(plusIdentity(kernelOf(rows)))) - Math.log(determinant(ofSet));
  return [error, process / steps];
}

const graphs = (["importance", "process", "joint"] as const).map((loss) => {
  const graph = labelObjective(network, loss);
  const names = graph.inputs.map(({ name }) => name);
  return {
    loss,
    graph,
    given: Object.fromEntries(names.map((name) => [name, feeds[name as keyof typeof feeds]])),
  };
});

test.each(graphs)("the loss $loss is what its equation gives", ({ loss, graph, given }) => {
  const [importance, process] = expectedTerms();
  const expected = { importance, process, joint: importance + process }[loss];
  expect(interpret(graph, given).loss.data[0]).toBeCloseTo(expected, 10);
});

test.each(graphs)("the gradient of the loss $loss is what differences give", ({ graph, given }) => {
  const names = Object.keys(weights).filter((name) => name in given);
  const whole = gradient(graph, { of: "loss", with: names });
  expect(gradientError(whole, given, { of: "loss", with: names })).toBeLessThan(1e-6);
});

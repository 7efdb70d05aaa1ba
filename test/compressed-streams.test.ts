/** What is compressed and told of changes only is the same streamed step by step as computed over whole sequences. */
import { expect, test } from "vitest";
import { type Cell, gru, janet, lstm, nestedLstm, rnn } from "../src/cells/index.ts";
import { bidirectional, dense, recurrent } from "../src/layers/index.ts";
import { stepOf } from "../src/stream/index.ts";
import { delta } from "../src/transform/delta.ts";
import { deltaGraph } from "../src/transform/delta-graph.ts";
import { lowRank } from "../src/transform/low-rank.ts";
import { tensor } from "./feeds.ts";
import { interpretModel } from "./step-by-step.ts";
import { engineOf, largestGap, modelOf, slowFrames } from "./streams.ts";

const [inputs, units, steps] = [5, 12, 120];

const cells: { title: string; cell: (inputs: number) => Cell }[] = [
  { title: "rnn", cell: (inputs) => rnn({ inputs, units }) },
  { title: "gru", cell: (inputs) => gru({ inputs, units }) },
  { title: "gru, reset before", cell: (inputs) => gru({ inputs, units, reset: "before" }) },
  { title: "lstm", cell: (inputs) => lstm({ inputs, units }) },
  { title: "nested lstm", cell: (inputs) => nestedLstm({ inputs, units }) },
  { title: "janet", cell: (inputs) => janet({ inputs, units }) },
];

const stackOf = (cell: (inputs: number) => Cell) =>
  modelOf(
    (x) => {
      const h = recurrent("upper", cell(units))(recurrent("lower", cell(inputs))(x));
      return { y: dense("out", { inputs: units, units: 3 })(h) };
    },
    [inputs],
  );

test.each(cells)("a stack of $title, at low rank and by the delta rule", async ({ cell }) => {
  const { model: small } = lowRank(stackOf(cell), { rank: { "lower.recurrent": 3, "upper.recurrent": 4 } });
  const sparse = delta(small, { inputs: 0.04, states: 0.07 });
  const graph = deltaGraph(small.graph, sparse.thresholds!, { occupancy: true });
  const frames = slowFrames(steps, inputs);
  const x = tensor(
    [steps, 1, inputs],
    frames.flatMap((frame) => [...frame]),
  );
  const { y, ...shares } = interpretModel({ ...sparse, graph }, { x });
  const stream = (await engineOf(sparse)).stream();
  for (const [step, frame] of frames.entries()) {
    const wanted = y.data.slice(3 * step, 3 * step + 3);
    expect(largestGap(stream.push(frame), wanted), `step ${step}`).toBeLessThan(1e-5);
  }
  const { products } = stream.profile();
  expect(products.map(({ weights: [path] }) => path).sort()).toEqual(Object.keys(sparse.thresholds!).sort());
  for (const { weights, occupancy } of products)
    expect(occupancy, weights[0]).toBeCloseTo(shares[`occupancy.${weights[0]}`].data[0], 6);
});

test("a model of both directions can be compressed, and still can't be streamed", () => {
  const model = modelOf((x) => ({ y: bidirectional("both", lstm({ inputs, units }))(x) }), [inputs]);
  const { model: small } = lowRank(model, { rank: 3 });
  expect(() => stepOf(small)).toThrow(/both\.backward/);
});

/** What is compressed and told of changes only is the same streamed step by step as computed over whole sequences. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Cell, gru, janet, lstm, nestedLstm, rnn } from "../src/cells/index.ts";
import { bidirectional, dense, recurrent } from "../src/layers/index.ts";
import { openModel } from "../src/models/file.ts";
import { tensor as feed } from "../src/runtime/tensor.ts";
import { stepOf } from "../src/stream/index.ts";
import { distill } from "../src/train/tune-distill.ts";
import { delta } from "../src/transform/delta.ts";
import { deltaGraph } from "../src/transform/delta-graph.ts";
import { lowRank } from "../src/transform/low-rank.ts";
import type { Model } from "../src/weights/model.ts";
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

const detector = "../shared/data/models/silero_vad";

test.skipIf(!existsSync(detector))(
  "a speech detector of one step, imported, is cut, taught by the whole one on other speech, and streamed (needs ../shared/data)",
  { timeout: 60_000 },
  async () => {
    const whole = await openModel(`${detector}/silero_vad_16k.safetensors`);
    const frames = framesOf(new Uint8Array(readFileSync(`${detector}/test.wav`)));
    const [heard, unheard] = [frames.slice(0, 1250), frames.slice(1250)];
    const cut = lowRank(whole, { rank: 49 }).model;
    const examples = {
      count: 10,
      load: ([index]: readonly number[]) => {
        const x = heard.slice(index * 125, index * 125 + 125).flatMap((frame) => [...frame]);
        return { feeds: { x: feed(Float32Array.from(x), [125, 1, 576]) }, weight: 1 };
      },
    };
    const taught = await distill(cut, { teacher: whole, examples, epochs: 4, learningRate: 3e-4 });
    const decisions = async (model: Model) => {
      const stream = (await engineOf(model)).stream();
      return unheard.map((frame) => stream.push(frame)[0] > 0.5);
    };
    const wanted = await decisions(whole);
    const agreement = async (model: Model) =>
      (await decisions(model)).filter((speech, at) => speech === wanted[at]).length / wanted.length;
    const before = await agreement(cut);
    expect(before).toBeGreaterThan(0.9);
    expect(await agreement(taught)).toBeGreaterThan(Math.max(before, 0.97));
  },
);

/** The detector's frames of a WAV file of 16-bit numbers: 64 samples of the frame before, and 512 new ones. */
function framesOf(bytes: Uint8Array): Float32Array[] {
  const start = Buffer.from(bytes).indexOf("data") + 8;
  const numbers = new DataView(bytes.buffer, bytes.byteOffset + start);
  const samples = Float32Array.from(
    { length: numbers.byteLength >> 1 },
    (_, i) => numbers.getInt16(2 * i, true) / 32768,
  );
  return Array.from({ length: Math.floor(samples.length / 512) }, (_, index) => {
    const frame = new Float32Array(576);
    const from = index * 512 - 64;
    frame.set(samples.subarray(Math.max(0, from), from + 576), Math.max(0, -from));
    return frame;
  });
}

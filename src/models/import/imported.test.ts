/** Models from elsewhere stream and are compressed like those made here. */
import { existsSync, readFileSync } from "node:fs";
import { unzlibSync } from "fflate";
import { describe, expect, test } from "vitest";
import { largestDifference } from "../../../test/everywhere.ts";
import { modelOutputs, timeFirst } from "../../../test/model-outputs.ts";
import { InputError } from "../../graph/errors.ts";
import { inputsOf } from "../../graph/graph.ts";
import type { ArrayTensor } from "../../graph/interpret.ts";
import { compileProgram, loadProgram, stepOf } from "../../stream/index.ts";
import { lowRank } from "../../transform/low-rank.ts";
import type { Model } from "../../weights/model.ts";
import { openModel } from "../file.ts";
import { importModel } from "./model.ts";
import type { PyTorchOptions } from "./pytorch.ts";

interface Golden {
  title: string;
  import?: PyTorchOptions;
  keras?: string;
  file: string;
  x: ArrayTensor;
}

const goldens = ["pytorch-models", "keras-models"].flatMap(
  (name): Golden[] =>
    JSON.parse(readFileSync(new URL(`../../../test/goldens/${name}.json`, import.meta.url), "utf8")).cases,
);
const cases = goldens.map((golden) => {
  const packed = Buffer.from(golden.file, "base64");
  const bytes = golden.keras ? unzlibSync(packed) : new Uint8Array(packed);
  return {
    title: `${golden.keras ? `Keras ${golden.keras}` : "PyTorch"}: ${golden.title}`,
    x: golden.keras ? timeFirst(golden.x) : golden.x,
    open: () => importModel(bytes, "m", golden.import) as Model,
  };
});
const readsBackward = (title: string) => /both ways|backwards/.test(title);

/** The numbers of one sequence of a batch at a step. */
function frameOf({ shape: [, batch, ...rest], data }: ArrayTensor, step: number): number[] {
  const width = rest.reduce((a, b) => a * b, 1);
  return Array.from({ length: width }, (_, index) => data[step * batch * width + index]);
}

/** What a stream gives after each step of the first sequence of a batch, and the same steps of the whole model. */
async function streamed(model: Model, x: ArrayTensor) {
  const stream = (await loadProgram(compileProgram(stepOf(model)))).stream();
  const found = Array.from({ length: x.shape[0] }, (_, step) => [...stream.push(frameOf(x, step))]);
  const { y } = modelOutputs(model, { x });
  const along = y.shape.length === 3;
  const wanted = along ? found.map((_, step) => frameOf(y, step)) : [[...y.data.subarray(0, y.shape[1])]];
  return { found: (along ? found : found.slice(-1)).flat(), wanted: wanted.flat() };
}

describe.each(cases.filter(({ title }) => !readsBackward(title)))("$title", ({ open, x }) => {
  test("gives step by step what it gives for a whole sequence", async () => {
    const { found, wanted } = await streamed(open(), x);
    expect(largestDifference(found, wanted)).toBeLessThan(1e-6);
  });
});

test.each(cases.filter(({ title }) => readsBackward(title)))(
  "$title: cannot stream, and names its layer",
  ({ open }) => {
    expect(() => stepOf(open())).toThrow(InputError);
    expect(() => stepOf(open())).toThrow(/"[\w.]+" can't stream: it reads the sequence from its end/);
  },
);

test.each(cases)("$title: at full rank it computes the same", ({ open, x }) => {
  const model = open();
  const recurrent = [...inputsOf(model.graph, "weight")].filter(([path]) => path.endsWith(".recurrent"));
  const whole = recurrent.map(([path, { shape }]) => [path, Number(shape[0])]);
  const { model: factored } = lowRank(model, { rank: Object.fromEntries(whole) });
  expect(Object.keys(factored.weights).some((path) => path.endsWith(".projection"))).toBe(true);
  expect(
    largestDifference(modelOutputs(factored, { x }).y.data, modelOutputs(model, { x }).y.data),
  ).toBeLessThan(1e-5);
});

const folder = new URL("../../../../shared/data/models/", import.meta.url);
const characters = { shape: [12, 1], data: Float64Array.from([4, 43, 12, 5, 7, 0, 1, 13, 60, 2, 8, 9]) };

test.skipIf(!existsSync(folder)).each(["textgenrnn/textgenrnn_weights.hdf5", "ml5_charRNN/shakespeare"])(
  "%s gives step by step what it gives for a whole sequence (needs ../shared/data)",
  async (path) => {
    const { found, wanted } = await streamed(await openModel(new URL(path, folder).pathname), characters);
    expect(largestDifference(found, wanted)).toBeLessThan(2e-5); // sums of float32 over widths of hundreds
  },
);

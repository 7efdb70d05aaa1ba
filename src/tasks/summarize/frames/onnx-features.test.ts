import { existsSync } from "node:fs";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Picture } from "../../../data/video/video.ts";
import { concat, log, mean } from "../../../graph/functions.ts";
import { type InputType, trace } from "../../../graph/graph.ts";
import type { Value } from "../../../graph/value.ts";
import { compileToOnnx } from "../../../runtime/session.ts";
import { openFeatureNetwork } from "./onnx-features.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-features-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const plain = { width: 8, height: 8, scale: 1, mean: [0, 0, 0], std: [1, 1, 1] };

/** Writes a network of x, [batch, 3, 8, 8] unless said otherwise, with its settings; returns its path. */
async function writeNetwork(
  name: string,
  outputs: (x: Value) => Record<string, Value>,
  { settings = plain as object | string, input = ["batch", 3, 8, 8] as InputType } = {},
): Promise<string> {
  const graph = trace({ x: input }, ({ x }) => outputs(x));
  const file = join(folder, `${name}.onnx`);
  await writeFile(file, compileToOnnx(graph));
  await writeFile(
    join(folder, `${name}.json`),
    typeof settings === "string" ? settings : JSON.stringify(settings),
  );
  return file;
}

/** A picture whose left half is one color and whose right half is another. */
function halves(left: number[], right: number[], size = 8): Picture {
  const data = new Uint8Array(size * size * 3);
  for (let i = 0; i < size * size; i++) data.set(i % size < size / 2 ? left : right, 3 * i);
  return { width: size, height: size, data };
}

async function featuresOf(file: string, pictures: Picture[]): Promise<number[][]> {
  const network = await openFeatureNetwork(file, 1);
  try {
    for (const [k, picture] of pictures.entries()) await network.add(picture, k / 2);
    const { features, width } = await network.finish();
    return pictures.map((_, k) => [...features.subarray(k * width, (k + 1) * width)]);
  } finally {
    await network.close();
  }
}

const channelMeans = (x: Value) => ({ means: mean(x, [2, 3]) });
const red = halves([200, 0, 0], [100, 0, 0]);
const blue = halves([0, 0, 50], [0, 0, 50]);

describe("features from an ONNX network", () => {
  it("are a row for every picture, in order, over several runs", async () => {
    const file = await writeNetwork("means", channelMeans);
    const pictures = Array.from({ length: 19 }, (_, k) => halves([k, 2 * k, 3 * k], [k, 2 * k, 3 * k]));
    expect(await featuresOf(file, pictures)).toEqual(pictures.map((_, k) => [k, 2 * k, 3 * k]));
  });

  it("see (value × scale − mean) / std, in the stated order of channels", async () => {
    const settings = { ...plain, scale: 0.01, mean: [0.5, 0.25, 1], std: [0.5, 0.25, 2], channels: "BGR" };
    const file = await writeNetwork("scaled", channelMeans, { settings });
    const [[b, g, r]] = await featuresOf(file, [red]);
    expect(b).toBeCloseTo(-1, 6);
    expect(g).toBeCloseTo(-1, 6);
    expect(r).toBeCloseTo((1.5 - 1) / 2, 6);
  });

  it("come from networks that have the channels last, or take one picture at a time", async () => {
    const last = await writeNetwork("last", (x) => ({ means: mean(x, [1, 2]) }), {
      settings: { ...plain, layout: "NHWC" },
      input: ["batch", 8, 8, 3],
    });
    const single = await writeNetwork("single", channelMeans, { input: [1, 3, 8, 8] });
    const expected = [
      [150, 0, 0],
      [0, 0, 50],
    ];
    expect(await featuresOf(last, [red, blue])).toEqual(expected);
    expect(await featuresOf(single, [red, blue])).toEqual(expected);
  });

  it("come from networks whose input is not square", async () => {
    const file = await writeNetwork("wide", channelMeans, {
      settings: { ...plain, width: 16 },
      input: ["batch", 3, 8, 16],
    });
    const [[r]] = await featuresOf(file, [halves([200, 0, 0], [100, 0, 0], 16)]);
    expect(r).toBeCloseTo(150, 0);
  });

  it("come from the named output, without its sides of 1", async () => {
    const outputs = (x: Value) => ({ whole: x.mul(2), means: mean(x, [2, 3], { keep: true }) });
    const file = await writeNetwork("named", outputs, { settings: { ...plain, output: "means" } });
    expect(await featuresOf(file, [blue])).toEqual([[0, 0, 50]]);
  });

  it("come from a tensor within the network, by its name", async () => {
    const graph = trace({ x: ["batch", 3, 8, 8] }, ({ x }) => ({ scores: x.sum([2, 3]).mul(7).sum(1) }));
    const file = join(folder, "inner.onnx");
    const bytes = compileToOnnx(graph);
    await writeFile(file, bytes);
    const [sums] = fromBinary(ModelProtoSchema, bytes).graph!.node.find(
      ({ opType }) => opType === "ReduceSum",
    )!.output;
    await writeFile(join(folder, "inner.json"), JSON.stringify({ ...plain, output: sums }));
    expect(await featuresOf(file, [blue])).toEqual([[0, 0, 50 * 64]]);
  });

  it.each([
    ["keeps its maps", (x: Value) => ({ y: x.mul(2) }), /has the shape \[8,3,8,8\] for 8 pictures/],
    ["mixes the pictures", (x: Value) => ({ y: mean(x, [0, 2, 3]) }), /where \[8, width\] is needed/],
    [
      "gives NaN",
      (x: Value) => ({ y: log(mean(x, [2, 3]).sub(100)) }),
      /not numbers for the picture at 0\.50 s/,
    ],
  ])("can't come from a network that %s", async (name, outputs, message) => {
    const file = await writeNetwork(name, outputs);
    const bright = halves([250, 250, 250], [250, 250, 250]);
    await expect(featuresOf(file, [bright, blue])).rejects.toThrow(message);
  });

  it("can't come from a network with several inputs of other sizes", async () => {
    const file = await writeNetwork("other", (x) => ({ y: concat([mean(x, [2, 3])]) }), {
      input: ["batch", 3, 9, 9],
    });
    await expect(featuresOf(file, [red])).rejects.toThrow(/can't be run on pictures of \[8,3,8,8\]/);
  });

  it.each([
    ["no JSON", "{", /bad\.json is not JSON/],
    ["no size", { ...plain, width: undefined }, /does not describe a feature network: width/],
    ["an unknown setting", { ...plain, size: 3 }, /size/],
    ["a deviation of 0", { ...plain, std: [1, 0, 1] }, /std: must be above 0/],
    [
      "an output that is not there",
      { ...plain, output: "y" },
      /no tensor .* called "y"; its outputs are means/,
    ],
    ["an input that is not there", { ...plain, input: "y" }, /no input "y": it has x/],
  ])("need settings without faults, not %s", async (_, settings, message) => {
    const file = await writeNetwork("bad", channelMeans, { settings });
    await expect(openFeatureNetwork(file, 1)).rejects.toThrow(message);
  });

  it("need both files, and a network that is one", async () => {
    const file = join(folder, "lone.onnx");
    await writeFile(file, "not a network");
    await expect(openFeatureNetwork(file, 1)).rejects.toThrow(/needs a file .*lone\.json beside it/);
    await writeFile(join(folder, "lone.json"), JSON.stringify(plain));
    await expect(openFeatureNetwork(file, 1)).rejects.toThrow(/lone\.onnx is not a usable ONNX file/);
    await writeFile(join(folder, "absent.json"), JSON.stringify(plain));
    await expect(openFeatureNetwork(join(folder, "absent.onnx"), 1)).rejects.toThrow(/there is no such file/);
  });
});

const mobilenet = resolve("../shared/data/models/mobilenet/mobilenet_v1_0.75_224_float.onnx");

describe.skipIf(!existsSync(mobilenet))("MobileNet (skipped where ../shared/data is absent)", () => {
  it("gives 768 features a picture", async () => {
    const file = join(folder, "mobilenet.onnx");
    await copyFile(mobilenet, file);
    const half = [0.5, 0.5, 0.5];
    const settings = { output: "embedding", width: 224, height: 224, mean: half, std: half };
    await writeFile(join(folder, "mobilenet.json"), JSON.stringify(settings));
    const [features] = await featuresOf(file, [halves([200, 30, 30], [20, 60, 200], 224)]);
    expect(features).toHaveLength(768);
  });
});

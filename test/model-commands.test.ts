/** `gatefold import`, `export`, `compress`, `stream` and `profile`, as a user calls them. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lstm, sru } from "../src/cells/index.ts";
import { trace } from "../src/graph/graph.ts";
import { bidirectional, dense, recurrent, stacked } from "../src/layers/index.ts";
import { openModel, saveModel } from "../src/models/file.ts";
import { initialWeights } from "../src/weights/declare.ts";
import { readSafetensors } from "../src/weights/safetensors.ts";
import { interpretModel } from "./step-by-step.ts";

const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
let folder: string;
const file = (name: string) => join(folder, name);

function run(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--no-warnings", main, ...words], {
    cwd: folder,
    encoding: "utf8",
  });
  return { code: status, stdout, stderr };
}

const widths = { inputs: 3, units: 8 };
const encoder = stacked([
  recurrent("lower", lstm(widths)),
  recurrent("upper", lstm({ inputs: 8, units: 8 })),
  dense("head", { inputs: 8, units: 2 }),
]);
const steps = 20;
const frames = Float64Array.from({ length: steps * 3 }, (_, at) => Math.fround(Math.sin(0.3 * at)));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-models-"));
  const graph = trace({ x: ["time", "batch", 3] }, ({ x }) => ({ y: encoder(x) }));
  await saveModel(file("run"), { graph, weights: initialWeights(graph, 3) });
  const both = bidirectional("both", lstm(widths));
  const twoWays = trace({ x: ["time", "batch", 3] }, ({ x }) => ({ y: both(x) }));
  await saveModel(file("both"), { graph: twoWays, weights: initialWeights(twoWays, 3) });
  const other = recurrent("other", sru(widths));
  const ofSru = trace({ x: ["time", "batch", 3] }, ({ x }) => ({ y: other(x) }));
  await saveModel(file("sru"), { graph: ofSru, weights: initialWeights(ofSru, 3) });
  const rows = Array.from({ length: steps }, (_, step) => frames.slice(3 * step, 3 * step + 3).join(","));
  await writeFile(file("frames.csv"), `a,b,c\n${rows.join("\n")}\n`);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function outputs(path: string): Promise<number[]> {
  const { y } = interpretModel(await openModel(file(path)), { x: { shape: [steps, 1, 3], data: frames } });
  return [...y.data];
}

function numbersOf(stdout: string): number[] {
  return stdout
    .trim()
    .split("\n")
    .slice(1)
    .flatMap((line) => line.split(",").map(Number));
}

const farthest = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((one, at) => Math.abs(one - b[at])), Math.abs(a.length - b.length));

test("a run streams over a table of numbers: a row a step", async () => {
  const { code, stdout, stderr } = run("stream", "run", "frames.csv");
  expect(stderr).toMatch(/^20 steps, /);
  expect(code).toBe(0);
  expect(stdout.split("\n")[0]).toBe("y.0,y.1");
  expect(farthest(numbersOf(stdout), await outputs("run"))).toBeLessThan(1e-6);
});

test("streams print JSON lines, take thresholds and 8-bit weights", async () => {
  const { stdout } = run("stream", "run", "frames.csv", "--json");
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(steps);
  expect(lines[0]).toEqual({ step: 0, y: expect.any(Array) });
  const whole = await outputs("run");
  expect(farthest(numbersOf(run("stream", "run", "frames.csv", "--delta", "0").stdout), whole)).toBeLessThan(
    1e-6,
  );
  const coarse = farthest(numbersOf(run("stream", "run", "frames.csv", "--int8").stdout), whole);
  expect(coarse).toBeGreaterThan(1e-6);
  expect(coarse).toBeLessThan(0.02);
});

test("a profile shows each product's parameters, work and occupancy", () => {
  const { stdout, code } = run("profile", "run", "frames.csv", "--delta", "0.1", "--json");
  expect(code).toBe(0);
  const { steps: counted, products } = JSON.parse(stdout);
  expect(counted).toBe(steps);
  expect(products.map(({ columns, rows }: { columns: number; rows: number }) => columns * rows)).toEqual(
    expect.arrayContaining([96, 256, 16]),
  );
  for (const { occupancy } of products) expect(occupancy).toBeLessThanOrEqual(1);
  expect(run("profile", "run", "frames.csv").stdout).toMatch(/^weights +parameters +mult\/step +occupancy/);
});

test("compressing at full energy changes nothing; at less, weights go", async () => {
  expect(run("compress", "run", "--rank", "4", "--out", "small").stdout).toMatch(
    /parameters: [\d,]+ → [\d,]+ \(/,
  );
  const counted = async (path: string) =>
    Object.values((await openModel(file(path))).weights).reduce((sum, { length }) => sum + length, 0);
  expect(await counted("small")).toBeLessThan(await counted("run"));
  run("compress", "run", "--energy", "1", "--out", "same");
  expect(farthest(await outputs("same"), await outputs("run"))).toBeLessThan(1e-6);
});

test("a compressed run is tuned to do as the whole one, with thresholds", async () => {
  const words = ["compress", "run", "--rank", "4", "--delta", "0.01"];
  run(...words, "--out", "untuned");
  const { code, stdout } = run(...words, "--tune", "40", "--data", "frames.csv", "--out", "tuned", "--json");
  expect(code).toBe(0);
  expect(Object.keys(JSON.parse(stdout).thresholds)).toContain("head.weight.expansion");
  const whole = await outputs("run");
  const error = (values: number[]) => values.reduce((sum, value, at) => sum + (value - whole[at]) ** 2, 0);
  const streamed = (path: string) => numbersOf(run("stream", path, "frames.csv").stdout);
  expect(error(streamed("tuned"))).toBeLessThan(error(streamed("untuned")));
});

test("a run exports as ONNX, as a state dictionary and as a stream program, and comes back the same", async () => {
  const whole = await outputs("run");
  expect(run("export", "run", "model.onnx").stdout).toMatch(/^model\.onnx: [\d,]+ bytes/);
  expect(run("import", "model.onnx", "--out", "again").stdout).toMatch(/streams: yes/);
  expect(farthest(await outputs("again"), whole)).toBe(0);

  run("export", "run", "weights.safetensors");
  const { tensors } = readSafetensors(await readFile(file("weights.safetensors")), "weights");
  expect(tensors.get("lower.weight_ih_l0")?.dims).toEqual([32, 3]);
  expect(run("import", "weights.safetensors", "--out", "back", "--layers", "lower,upper,head").stderr).toBe(
    "",
  );
  expect(farthest(await outputs("back"), whole)).toBeLessThan(1e-6);

  expect(run("export", "run", "page.stream").code).toBe(0);
  expect(run("export", "sru", "sru.safetensors").stderr).toMatch(
    /^Note: PyTorch has no layer for these weights/,
  );
});

test.each([
  [["stream", "absent", "frames.csv"], 1, "absent: there is no such file or folder"],
  [["stream", "run", "absent.csv"], 1, "absent.csv can't be read: there is no such file"],
  [["stream", "run", "wide.csv"], 1, 'wide.csv: its rows have 2 numbers, and the model\'s input "x" takes 3'],
  [["stream", "both", "frames.csv"], 1, "can't stream: it reads the sequence from its end"],
  [["stream", "run", "frames.csv", "--delta", "-1"], 2, "Give a number of at least 0"],
  [["stream", "run", "frames.csv", "--hop", "4"], 1, "--hop is for sounds (.wav), and frames.csv is none"],
  [["compress", "run", "--energy", "2", "--out", "new"], 2, "Give a number above 0 and at most 1"],
  [["compress", "run", "--out", "new"], 1, "nothing to do: give --energy or --rank, --delta, or both"],
  [["compress", "run", "--rank", "4", "--tune", "2", "--out", "new"], 1, "--tune and --data go together"],
  [["compress", "run", "--rank", "9", "--out", "new"], 1, "use a whole number from 1 to 8"],
  [["export", "run", "model.txt"], 1, "its name does not say what to write"],
  [["export", "run", "nowhere/model.onnx"], 1, "nowhere/model.onnx can't be written"],
  [["import", "broken.onnx", "--out", "new"], 1, "broken.onnx"],
  [["import", "frames.csv"], 2, "required option '-o, --out <run>' not specified"],
] as const)("%j ends in one clear sentence", async (words, code, sentence) => {
  await writeFile(file("wide.csv"), "1,2\n");
  await writeFile(file("broken.onnx"), "no model");
  const found = run(...words);
  expect(found.stderr).toContain(sentence);
  expect(found.code).toBe(code);
  expect(found.stdout).toBe("");
  expect(existsSync(file("new"))).toBe(false);
  expect((await readdir(folder)).filter((name) => name.includes("partial"))).toEqual([]);
});

/** The numbers that docs/l2-normalization.md states. */
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { trace } from "../src/graph/graph.ts";
import { interpret } from "../src/graph/interpret.ts";
import { l2Scale } from "../src/layers/l2-scale.ts";
import { gradient } from "../src/transform/gradient.ts";
import { tensor } from "./feeds.ts";

const guide = await readFile("docs/l2-normalization.md", "utf8");

test("the guide's example prints what the guide says", () => {
  const [, code, expected] = guide.match(/```ts\n(.*?)```\s*```text\n(.*?)```/s)!;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module-typescript", "-"], {
    input: code,
    encoding: "utf8",
  });
  expect(stderr).not.toMatch(/Error/);
  expect(stdout).toBe(expected);
});

test("the guide's other code runs", () => {
  const [, second] = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
  const { status } = spawnSync(process.execPath, ["--input-type=module-typescript", "-"], { input: second });
  expect(status).toBe(0);
});

test("scales that differ: the gradient is the guide's, and Caffe's formula gives another", () => {
  const [, ...numbers] = guide.match(/the gradient is \((.*?), (.*?)\); Caffe's is \((.*?), (.*?)\)/)!;
  const [ours0, ours1, caffe0, caffe1] = numbers.map((one) => Number(one.replace("−", "-")));
  const plain = trace({ x: [2], dz: [2] }, ({ x, dz }) => ({
    loss: l2Scale("norm", { channels: 2 })(x).mul(dz).sum(),
  }));
  const graph = gradient(plain, { of: "loss", with: ["x"] });
  const [x, s, dz] = [
    [3, 4],
    [1, 2],
    [1, 0],
  ];
  const { "gradient.x": dx } = interpret(graph, {
    x: tensor([2], x),
    dz: tensor([2], dz),
    "norm.scale": tensor([2], s),
  });
  expect(dx.data[0]).toBeCloseTo(ours0, 10);
  expect(dx.data[1]).toBeCloseTo(ours1, 10);
  const n = Math.hypot(...x);
  const common = x.reduce((sum, one, k) => sum + (dz[k] * one) / n, 0);
  const caffe = x.map((one, c) => (s[c] * (dz[c] - (one / n) * common)) / n);
  expect(caffe[0]).toBeCloseTo(caffe0, 10);
  expect(caffe[1]).toBeCloseTo(caffe1, 10);
});

import { describe, expect, test } from "vitest";
import { largestDifference, openEverywhere, type Tensors } from "../../test/everywhere.ts";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import { InputError } from "../graph/errors.ts";
import { l2Normalize } from "../graph/functions.ts";
import { type Graph, trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { gradient } from "../transform/gradient.ts";
import { initialWeights } from "../weights/declare.ts";
import { type L2ScaleOptions, l2Scale } from "./l2-scale.ts";

const shape = ["batch", 3, "height", 2];
const sizes = { batch: 2, height: 2 };

/** z, and Σ dz ⊙ z as "loss" with its gradients: dz is an input. */
function scaledGraph(options: L2ScaleOptions): Graph {
  const layer = l2Scale("norm", options);
  const plain = trace({ x: shape, dz: shape }, ({ x, dz }) => {
    const z = layer(x);
    return { z, loss: z.mul(dz).sum() };
  });
  return gradient(plain, { of: "loss", with: ["x", "norm.scale"] });
}

/** z = s y, dx = (g − y Σ g y) / n with g = s ⊙ dz, ds = Σ dz ⊙ y, number by number. */
function closedForm({ x, dz, "norm.scale": scale }: Tensors, { channels, across }: L2ScaleOptions) {
  const [, , height, width] = x.shape;
  const channelOf = (at: number) => Math.floor(at / (height * width)) % channels;
  const groupOf = (at: number) => {
    const sample = Math.floor(at / (channels * height * width));
    return across === "sample" ? sample : sample * height * width + (at % (height * width));
  };
  const scaleAt = (at: number) => scale.data[scale.data.length === 1 ? 0 : channelOf(at)];
  const sumOver = (term: (at: number) => number) => {
    const sums = new Map<number, number>();
    x.data.forEach((_, at) => {
      sums.set(groupOf(at), (sums.get(groupOf(at)) ?? 0) + term(at));
    });
    return (at: number) => sums.get(groupOf(at))!;
  };
  const squares = sumOver((at) => x.data[at] ** 2);
  const norm = (at: number) => Math.sqrt(squares(at));
  const y = (at: number) => x.data[at] / norm(at);
  const g = (at: number) => scaleAt(at) * dz.data[at];
  const common = sumOver((at) => g(at) * y(at));
  const ds = new Float64Array(scale.data.length);
  dz.data.forEach((one, at) => {
    ds[scale.data.length === 1 ? 0 : channelOf(at)] += one * y(at);
  });
  return {
    z: x.data.map((_, at) => scaleAt(at) * y(at)),
    "gradient.x": x.data.map((_, at) => (g(at) - y(at) * common(at)) / norm(at)),
    "gradient.norm.scale": ds,
  };
}

const ways = (["channel", "shared"] as const).flatMap((scale) =>
  (["channels", "sample"] as const).map((across) => ({ scale, across })),
);

describe.each(ways)("scale: $scale, across: $across", (way) => {
  const options = { channels: 3, axis: 1, ...way };
  const graph = scaledGraph(options);
  const feeds = randomFeeds(graph, { sizes });

  test("forward and backward pass are the closed forms, on the reference and both runtimes", async () => {
    const everywhere = await openEverywhere(graph);
    const expected = closedForm(feeds, options);
    const results: [Tensors, number][] = [
      [everywhere.reference(feeds), 1e-12],
      [await everywhere.native(feeds), 1e-5],
      [await everywhere.wasm(feeds), 1e-5],
    ];
    for (const [found, tolerance] of results)
      for (const [name, numbers] of Object.entries(expected))
        expect(largestDifference(found[name].data, numbers), name).toBeLessThan(tolerance);
    await everywhere.release();
  });

  test.each(["tensorflow", "pytorch"] as const)(
    "gradients are what differences give, guarded as %s does",
    (guard) => {
      const guarded = scaledGraph({ ...options, guard });
      expect(gradientError(guarded, feeds, { of: "loss", with: ["x", "norm.scale"] })).toBeLessThan(1e-8);
    },
  );
});

test.each([
  [{ channels: 2 }, [20, 20]],
  [{ channels: 2, initial: 10 }, [10, 10]],
  [{ channels: 2, scale: "shared" as const }, [20]],
])("begins with %o as %j", (options, expected) => {
  const graph = trace({ x: [2] }, ({ x }) => ({ z: l2Scale("norm", options)(x) }));
  expect([...initialWeights(graph, 1)["norm.scale"]]).toEqual(expected);
});

/** y and dx of x / ‖x‖ at numbers so small that the guard decides, for a cotangent of ones. */
function guarded(x: number[], guard: "tensorflow" | "pytorch") {
  const plain = trace({ x: [x.length] }, ({ x }) => {
    const y = l2Normalize(x, { guard });
    return { y, loss: y.sum() };
  });
  const { y, "gradient.x": dx } = interpret(gradient(plain, { of: "loss", with: ["x"] }), {
    x: tensor([x.length], x),
  });
  return { y: [...y.data], dx: [...dx.data] };
}

describe("below the guard, the divisor is constant, and so dx = dy / divisor", () => {
  test("√ε = 1e-6 as TensorFlow has it", () => {
    const { y, dx } = guarded([3e-8, 4e-8], "tensorflow");
    expect(y[1]).toBeCloseTo(0.04, 12);
    for (const one of dx) expect(one / 1e6).toBeCloseTo(1, 12);
  });
  test("ε = 1e-12 as PyTorch has it", () => {
    const { y, dx } = guarded([3e-14, 4e-14], "pytorch");
    expect(y[1]).toBeCloseTo(0.04, 12);
    for (const one of dx) expect(one / 1e12).toBeCloseTo(1, 12);
  });
  test.each(["tensorflow", "pytorch"] as const)("at 0 everything is finite: %s", (guard) => {
    const { y, dx } = guarded([0, 0], guard);
    expect(y).toEqual([0, 0]);
    expect(dx.every((one) => Number.isFinite(one) && one > 0)).toBe(true);
  });
});

describe("refuses", () => {
  const on = (x: readonly (string | number)[], options: L2ScaleOptions) => () =>
    trace({ x }, ({ x }) => ({ z: l2Scale("norm", options)(x) }));
  const normalized = (options: Parameters<typeof l2Normalize>[1]) => () =>
    trace({ x: [2, 3] }, ({ x }) => ({ y: l2Normalize(x, options) }));
  test.each([
    ["no channels", on([3], { channels: 0 }), /l2Scale "norm": option channels/],
    [
      "another number of channels",
      on(["batch", 4], { channels: 3 }),
      /axis 1 of \[batch, 4\] must have 3 channels/,
    ],
    [
      "an axis out of range",
      on([3], { channels: 3, axis: 1 }),
      /l2Scale "norm": axis: axis 1 is out of range/,
    ],
    [
      "an axis for samples out of range",
      on([3], { channels: 3, samples: 2, across: "sample" }),
      /samples: axis 2 is out of range/,
    ],
    [
      "samples along the channels",
      on([2, 3], { channels: 3, samples: 1, across: "sample" }),
      /both the channels and the samples/,
    ],
    ["an epsilon of 0", on([3], { channels: 3, epsilon: 0 }), /option epsilon/],
    [
      "l2Normalize over an axis out of range",
      normalized({ axes: 2 }),
      /l2Normalize: axis 2 is out of range for 2 axes/,
    ],
    ["l2Normalize over an axis twice", normalized({ axes: [1, -1] }), /l2Normalize: axis 1 is named twice/],
    [
      "l2Normalize with an unknown guard",
      normalized({ guard: "caffe" as "pytorch" }),
      /l2Normalize: there is no guard "caffe"/,
    ],
    [
      "l2Normalize with an epsilon that is no number",
      normalized({ epsilon: Number.NaN }),
      /l2Normalize: an epsilon of NaN/,
    ],
  ])("%s", (_, act, message) => {
    expect(act).toThrow(InputError);
    expect(act).toThrow(message);
  });
});

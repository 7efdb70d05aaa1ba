import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { differentiable, withLoss } from "../../test/cases.ts";
import { type Everywhere, largestDifference, openEverywhere, type Tensors } from "../../test/everywhere.ts";
import { randomFeeds, tensor } from "../../test/feeds.ts";
import type { LinearCell } from "../cells/linear-cell.ts";
import { lstm } from "../cells/lstm.ts";
import { minGru } from "../cells/min-gru.ts";
import { minLstm } from "../cells/min-lstm.ts";
import { InputError } from "../graph/errors.ts";
import { type Graph, trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { gradient } from "../transform/gradient.ts";
import { parallelRecurrent } from "./parallel-recurrent.ts";
import { recurrent, stacked } from "./recurrent.ts";

const cells = [
  { title: "minGRU", cell: minGru },
  { title: "minLSTM", cell: minLstm },
];
const forms = { step: recurrent, parallel: parallelRecurrent };
type Form = keyof typeof forms;
type Write = (form: Form) => Graph;

const mask = { shape: ["time", "batch"], dtype: "bool" as const };
const x = ["time", "batch", 3];

/** Every way to run a layer, as a function of the form. */
const variants = cells.flatMap(({ title, cell }): { title: string; write: Write }[] => [
  {
    title: `a ${title}, forward, from a given state`,
    write(form) {
      const layer = forms[form]("layer", cell({ inputs: 3, units: 4 }));
      return trace({ x, start: ["batch", 4] }, ({ x, start }) => {
        const { outputs, state } = layer.run(x, { initial: { hidden: start } });
        return { outputs, ...state };
      });
    },
  },
  {
    title: `a ${title}, backward, over unequal lengths, from a learned state`,
    write(form) {
      const layer = forms[form]("layer", cell({ inputs: 3, units: 4 }), {
        reverse: true,
        initial: "learned",
      });
      return trace({ x, mask }, ({ x, mask }) => {
        const { outputs, state } = layer.run(x, { mask });
        return { outputs, ...state };
      });
    },
  },
  {
    title: `two layers of ${title} over unequal lengths`,
    write(form) {
      const lower = forms[form]("lower", cell({ inputs: 3, units: 4, candidate: "positive" }));
      const upper = forms[form]("upper", cell({ inputs: 4, units: 2, candidate: "positive" }));
      return trace({ x, mask }, ({ x, mask }) => ({ outputs: stacked([lower, upper])(x, { mask }) }));
    },
  },
]);

/** Some sequences end early, some begin late, and one misses steps within. */
function presence(time: number, batch: number): number[] {
  const there = (t: number, row: number) =>
    [t < Math.ceil(time * 0.7), t >= Math.floor(time * 0.2), t % 3 !== 1][row % 3];
  return Array.from({ length: time * batch }, (_, at) => Number(there(Math.floor(at / batch), at % batch)));
}

function feedsFor(graph: Graph, time: number, batch: number, reach = 1.5): Tensors {
  const between = Object.fromEntries(graph.inputs.map(({ name }) => [name, [-reach, reach] as const]));
  return randomFeeds(graph, { sizes: { time, batch }, fixed: { mask: presence(time, batch) }, between });
}

const grid = [1, 2, 31, 32, 33, 63, 64, 500].map((time) => ({ time, batch: time < 100 ? 3 : 2 }));

describe.each(variants)("the parallel form of $title", ({ write }) => {
  let everywhere: Everywhere;
  beforeAll(async () => {
    everywhere = await openEverywhere(write("parallel"));
  });
  afterAll(() => everywhere.release());

  test.each(grid)("equals the step form: time $time, batch $batch", async ({ time, batch }) => {
    const graph = write("step");
    const feeds = feedsFor(graph, time, batch);
    const wanted = interpret(graph, feeds);
    const results: [Tensors, number][] = [
      [everywhere.reference(feeds), 1e-12],
      [await everywhere.native(feeds), 1e-5],
      [await everywhere.wasm(feeds), 1e-5],
    ];
    for (const [found, tolerance] of results) {
      expect(Object.keys(found)).toEqual(Object.keys(wanted));
      for (const [name, { shape, data }] of Object.entries(wanted)) {
        expect(found[name].shape).toEqual(shape);
        expect(largestDifference(found[name].data, data), name).toBeLessThan(tolerance);
      }
    }
  });

  test.each([{ time: 1 }, { time: 33 }, { time: 70 }])(
    "has the step form's gradients: time $time",
    ({ time }) => {
      const gradients = (form: Form) => {
        const plain = write(form);
        const graph = gradient(withLoss(plain), { of: "loss", with: differentiable(plain) });
        return interpret(graph, feedsFor(graph, time, 2));
      };
      const [found, wanted] = [gradients("parallel"), gradients("step")];
      expect(Object.keys(found).sort()).toEqual(Object.keys(wanted).sort());
      for (const [name, { data }] of Object.entries(wanted))
        expect(largestDifference(found[name].data, data), name).toBeLessThan(1e-11);
    },
  );
});

test.each(cells)(
  "gates that open and close entirely overflow in no step of 500: $title",
  async ({ cell }) => {
    const write: Write = (form) => {
      const layer = forms[form]("layer", cell({ inputs: 3, units: 4 }));
      return trace({ x }, ({ x }) => ({ outputs: layer(x) }));
    };
    const feeds = feedsFor(write("step"), 500, 2, 30);
    const { outputs } = interpret(write("step"), feeds);
    const everywhere = await openEverywhere(write("parallel"));
    const [native, wasm] = [await everywhere.native(feeds), await everywhere.wasm(feeds)];
    await everywhere.release();
    const scale = outputs.data.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
    expect(scale).toBeGreaterThan(100);
    expect(largestDifference(native.outputs.data, outputs.data) / scale).toBeLessThan(1e-5);
    expect(largestDifference(wasm.outputs.data, outputs.data) / scale).toBeLessThan(1e-5);
  },
);

test("what comes in at each of 500 steps adds up as a geometric series does", () => {
  const layer = parallelRecurrent("layer", minGru({ inputs: 1, units: 1 }));
  const graph = trace({ x: ["time", "batch", 1] }, ({ x }) => ({ last: layer.run(x).state.hidden }));
  const feeds = {
    x: tensor([500, 1, 1], Array(500).fill(1)),
    "layer.input": tensor([1, 2], [0, 0]),
    "layer.bias": tensor([2], [Math.log(0.001 / 0.999), 1000]), // z = 0.001: 1 comes in at each step
  };
  const expected = 1000 * (1 - 0.999 ** 500); // a geometric series
  expect(interpret(graph, feeds).last.data[0]).toBeCloseTo(expected, 8);
});

test("mistakes are named", () => {
  const cell = minGru({ inputs: 3, units: 4 });
  expect(() => parallelRecurrent("layer", cell, { zoneout: { hidden: 0.1 } } as object)).toThrow(InputError);
  expect(() => parallelRecurrent("layer", cell, { initial: "ones" } as object)).toThrow(
    /^min-gru "layer": option initial: /,
  );
  const layer = parallelRecurrent("layer", cell);
  const started = () =>
    trace({ x, start: ["batch", 4] }, ({ x, start }) => ({
      y: layer.run(x, { initial: { memory: start } }).outputs,
    }));
  expect(started).toThrow('there is no state "memory", only hidden');
  const masked = () =>
    trace({ x, mask: { shape: ["steps", "batch"], dtype: "bool" } }, ({ x, mask }) => ({
      y: layer(x, { mask }),
    }));
  expect(masked).toThrow(/min-gru "layer": the mask .*bool\[time, batch\].*\[steps, batch\]/);
  const graph = trace({ x }, ({ x }) => ({ y: layer(x) }));
  const empty = randomFeeds(graph, { sizes: { time: 0, batch: 2 } });
  expect(() => interpret(graph, empty)).toThrow(
    /^min-gru "layer": time is 0, where at least one step is needed$/,
  );
  const ofGates = lstm({ inputs: 3, units: 4 }) as unknown as LinearCell;
  expect(() => parallelRecurrent("layer", ofGates)).toThrow(/^lstm "layer": .*use recurrent/);
});

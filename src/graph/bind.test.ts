import { describe, expect, test } from "vitest";
import { bindSizes, checkSizes } from "./bind.ts";
import { addSizes, floorDivide, multiplySizes, size, subtractSizes } from "./dim.ts";
import { InputError } from "./errors.ts";
import { trace } from "./graph.ts";
import { scan } from "./scan.ts";
import { type ShapeLike, shape } from "./shape.ts";

const bind = (declared: Record<string, ShapeLike>, given: Record<string, number[]>) =>
  Object.fromEntries(
    bindSizes(
      Object.entries(declared).map(([name, of]) => ({ name, shape: shape(of) })),
      given,
    ),
  );

const [time, batch] = ["time", "batch"].map(size);
const double = multiplySizes(time, 2);

describe("open sizes are found", () => {
  test("where they stand alone", () => {
    expect(bind({ x: ["time", "batch", 3], y: ["batch"] }, { x: [5, 2, 3], y: [2] })).toEqual({
      time: 5,
      batch: 2,
    });
  });

  test.each<[string, Record<string, ShapeLike>, Record<string, number[]>, Record<string, number>]>([
    ["twice as many", { x: [double] }, { x: [10] }, { time: 5 }],
    ["one more", { x: [addSizes(time, 1)] }, { x: [6] }, { time: 5 }],
    ["so many less", { x: [subtractSizes(7, time)] }, { x: [2] }, { time: 5 }],
    [
      "times a name that is known",
      { x: [multiplySizes(time, batch)], y: ["batch"] },
      { x: [10], y: [2] },
      { time: 5, batch: 2 },
    ],
    [
      "one after the other",
      { x: [addSizes(time, batch)], y: [addSizes(batch, double)], z: [addSizes(batch, 1)] },
      { x: [7], y: [12], z: [3] },
      { time: 5, batch: 2 },
    ],
    ["none at all", { x: ["time"] }, { x: [0] }, { time: 0 }],
  ])("where they are computed with: %s", (_, declared, given, expected) => {
    expect(bind(declared, given)).toEqual(expected);
  });

  test("and what can't be solved is checked", () => {
    const half = floorDivide(time, 2);
    expect(bind({ x: [half], y: ["time"] }, { x: [2], y: [5] })).toEqual({ time: 5 });
    expect(() => bind({ x: [half], y: ["time"] }, { x: [3], y: [5] })).toThrow(
      'input "x": axis 0 has size 3 where 2 is expected (floor((time)/2): time is 5 by axis 0 of input "y")',
    );
  });
});

describe("shapes that do not fit are told", () => {
  test.each<[string, Record<string, ShapeLike>, Record<string, number[]>, string]>([
    ["a wrong number", { x: ["time", 3] }, { x: [5, 4] }, 'input "x": axis 1 has size 4 where 3 is expected'],
    [
      "two sizes for a name",
      { x: ["time"], y: [2, "time"] },
      { x: [5], y: [2, 4] },
      'input "y": axis 1 has size 4 where 5 is expected (time is 5 by axis 0 of input "x")',
    ],
    [
      "no whole number of steps",
      { x: [double] },
      { x: [7] },
      'input "x": axis 0 has size 7 where 6 is expected',
    ],
    [
      "fewer than none",
      { x: [addSizes(time, 3)] },
      { x: [1] },
      'input "x": axis 0 has size 1 where 3 is expected',
    ],
    ["another number of axes", { x: ["time", 3] }, { x: [5] }, 'input "x" needs 2 axes [time, 3], got 1 [5]'],
    ["a missing input", { x: ["time"], y: [2] }, { x: [5] }, 'input "y" is missing'],
    [
      "an unknown input",
      { x: ["time"] },
      { x: [5], z: [2] },
      'there is no input "z"; the graph\'s inputs: "x"',
    ],
  ])("%s", (_, declared, given, message) => {
    expect(() => bind(declared, given)).toThrow(InputError);
    expect(() => bind(declared, given)).toThrow(message);
  });
});

describe("what sizes make of a graph is checked:", () => {
  test("a loop needs a step", () => {
    const graph = trace({ x: ["time", 2] }, ({ x }) => ({
      y: scan({
        states: { h: x.sum(0) },
        sequences: { x },
        step: ({ h }, { x }) => ({ states: { h: h.add(x) } }),
      }).states.h,
    }));
    expect(() => checkSizes(graph, new Map([["time", 1]]))).not.toThrow();
    expect(() => checkSizes(graph, new Map([["time", 0]]))).toThrow(/time is 0.*at least one step/);
  });

  test("a slice stays in its axis", () => {
    const graph = trace({ x: ["time", 2] }, ({ x }) => ({ y: x.slice(0, 2, 4) }));
    expect(() => checkSizes(graph, new Map([["time", 4]]))).not.toThrow();
    expect(() => checkSizes(graph, new Map([["time", 3]]))).toThrow(
      'slice("x" [time, 2]): 2 to 4 lies outside axis 0 of size 3',
    );
  });
});

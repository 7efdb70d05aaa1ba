import { describe, expect, test } from "vitest";
import { tensor } from "../../test/feeds.ts";
import { gradientError } from "../../test/finite-differences.ts";
import { sum } from "../graph/functions.ts";
import { trace } from "../graph/graph.ts";
import { interpret } from "../graph/interpret.ts";
import { noise } from "../graph/value.ts";
import { gradient } from "../transform/gradient.ts";
import { random } from "../weights/random.ts";
import { zoneout } from "./zoneout.ts";

const count = 5000;
const uniforms = (name: string) => random(1).stream(name).uniforms(new Float64Array(count));
const before = tensor([count], uniforms("before"));
const after = tensor([count], uniforms("after"));

const zoned = (rate: number) =>
  trace({ before: ["n"], after: ["n"] }, ({ before, after }) => ({
    y: zoneout(before, after, rate, noise("draws", before.shape)),
  }));

describe("zoneout", () => {
  test.each([0.1, 0.5, 0.9])("leaves each number as it was with probability %d", (rate) => {
    const { y } = interpret(zoned(rate), { before, after, draws: tensor([count], uniforms("draws")) });
    const kept = y.data.filter((one, i) => one === before.data[i]).length;
    const taken = y.data.filter((one, i) => one === after.data[i]).length;
    expect(kept + taken).toBe(count);
    expect(Math.abs(kept / count - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / count));
  });

  test.each([0.2, 0.5, 0.7])("outside training, gives what is expected at rate %d", (rate) => {
    const { y } = interpret(zoned(rate), { before, after });
    y.data.forEach((one, i) => {
      expect(one).toBeCloseTo(rate * before.data[i] + (1 - rate) * after.data[i], 14);
    });
  });

  test("passes the gradient to what was chosen, and outside training to both", () => {
    const plain = trace({ before: [3], after: [3] }, ({ before, after }) => ({
      loss: sum(zoneout(before, after, 0.3, noise("draws", [3])).pow(2)),
    }));
    const of = { of: "loss", with: ["before", "after"] };
    const feeds = {
      before: tensor([3], before.data.slice(0, 3)),
      after: tensor([3], after.data.slice(0, 3)),
      draws: tensor([3], [0.1, 0.5, 0.9]),
    };
    expect(gradientError(gradient(plain, of), feeds, of)).toBeLessThan(1e-9);
  });
});

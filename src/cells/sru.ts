/**
 * Simple recurrent unit (Lei et al., "Simple Recurrent Units for Highly Parallelizable Recurrence", EMNLP 2018,
 * arXiv 1709.02755): no product with the state, so that all products with inputs are one for all steps.
 *
 *     f = σ(W_f x + v_f ⊙ c' + b_f)    r = σ(W_r x + v_r ⊙ c' + b_r)
 *     c = f ⊙ c' + (1 − f) ⊙ W x       h = r ⊙ c + (1 − r) ⊙ α x,    α = √(1 + 2 exp(b_r)) at the start
 *
 * The paper's first version had no v, and h = r ⊙ tanh(c) + (1 − r) ⊙ x. Where inputs and units differ in number,
 * a fourth matrix maps x in h; it begins α times larger instead. The matrices lie side by side in `input`,
 * in the order W, W_f, W_r and, where there is one, the fourth; v and the bias in the order f, r.
 */
import { z } from "zod";
import { sigmoid, tanh } from "../graph/functions.ts";
import type { Value } from "../graph/value.ts";
import { concatenate, constant, uniform, zeros } from "../weights/initializers.ts";
import { defineCell, width } from "./define-cell.ts";

const options = z.strictObject({
  inputs: width,
  units: width,
  version: z.enum(["final", "first"]).default("final"),
  highwayBias: z.number().default(0),
  inputDropout: z.number().min(0).lt(1).default(0),
});

type Options = z.output<typeof options>;

/** The scale that keeps the variance of h that of x, given where the highway gate begins (section 3.3). */
const skipScale = ({ version, highwayBias }: Options) =>
  version === "final" ? Math.sqrt(1 + 2 * Math.exp(highwayBias)) : 1;

/**
 * An SRU: x [batch, inputs] → h [batch, units]; state `memory` [batch, units].
 *
 * - `version`: "final" (EMNLP 2018) or "first" (2017).
 * - `highwayBias` is what b_r begins with: 0, or −3 for language models, where inputs shall pass through.
 * - `inputDropout`: the rate at which the layer drops its inputs. The cell drops nothing itself: its matrices begin
 *   √(1 − rate) times smaller, since inputs that are dropped and scaled up have a larger variance.
 */
export const sru = defineCell({
  name: "sru",
  options,
  weights: (given) => {
    const { inputs, units, version, highwayBias, inputDropout } = given;
    const limit = Math.sqrt((3 * (1 - inputDropout)) / inputs); // a variance of 1 / inputs
    const candidate = uniform(limit);
    const gate = uniform(version === "final" ? limit * Math.SQRT1_2 : limit);
    const matrices = [candidate, gate, gate];
    if (inputs !== units) matrices.push(uniform(limit * skipScale(given)));
    const memory = { shape: [2 * units], initializer: uniform(Math.sqrt(3 / 2)) };
    return {
      input: { shape: [inputs, matrices.length * units], initializer: concatenate(...matrices) },
      memory: version === "final" ? memory : undefined,
      bias: { shape: [2 * units], initializer: concatenate(zeros, constant(highwayBias)) },
    };
  },
  state: ({ units }) => ({ memory: [units] }),
  outputs: ({ units }) => units,
  step(x, { memory }, w, given) {
    const { inputs, units } = given;
    const [candidate, forget, highway, mapped] = x.matmul(w.input).split(inputs === units ? 3 : 4);
    const [bf, br] = w.bias.split(2);
    if (!w.memory) {
      const c = between(sigmoid(forget.add(bf)), memory, candidate);
      const h = between(sigmoid(highway.add(br)), tanh(c), mapped ?? x);
      return { output: h, state: { memory: c } };
    }
    const [vf, vr] = w.memory.split(2);
    const c = between(sigmoid(forget.add(bf).add(vf.mul(memory))), memory, candidate);
    const r = sigmoid(highway.add(br).add(vr.mul(memory)));
    const h = between(r, c, mapped ?? x.mul(skipScale(given)));
    return { output: h, state: { memory: c } };
  },
});

/** gate ⊙ a + (1 − gate) ⊙ b, with one multiplication less. */
const between = (gate: Value, a: Value, b: Value) => b.add(gate.mul(a.sub(b)));

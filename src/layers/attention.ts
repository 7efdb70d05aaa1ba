import { z } from "zod";
import { checkOptions, width } from "../cells/define-cell.ts";
import { InputError } from "../graph/errors.ts";
import { and, where } from "../graph/functions.ts";
import { iota, type Value } from "../graph/value.ts";
import { scaledScore } from "./attention-scores.ts";
import { dense } from "./dense.ts";
import { dropout } from "./dropout.ts";
import type { Layer, LayerCall } from "./layer.ts";
import { checkFeatures, checkSequence, present } from "./mask.ts";
import { maskedSoftmax } from "./masked-softmax.ts";

export interface AttentionCall extends LayerCall {
  /** The sequence that is attended to [steps, batch, memory]; the input itself, where none is given. */
  memory?: Value;
  /** Which steps of the memory are there, bool [steps, batch]; those of the input, where that is the memory. */
  memoryMask?: Value;
}

/** A layer that also tells what each step attends to. */
export interface AttentionLayer extends Layer {
  (x: Value, call?: AttentionCall): Value;
  /** `weights` [batch, heads, time, steps]: for each step and head, how much of each step of the memory was read. */
  run(x: Value, call?: AttentionCall): { outputs: Value; weights: Value };
}

const options = z.strictObject({
  inputs: width,
  units: width,
  heads: width.default(1),
  memory: width.optional(),
  causal: z.boolean().default(false),
  dropout: z.number().min(0).lt(1).default(0),
});

export type AttentionOptions = z.input<typeof options>;

/**
 * Multi-head attention (Vaswani et al. 2017, "Attention is all you need", section 3.2): [time, batch, inputs] →
 * [time, batch, units].
 *
 *     head_i = softmax(Q_i K_iᵀ / √(units / heads)) V_i,   [head_1 … head_h] W_O + b_O
 *
 * with Q = x W_Q + b_Q, and K and V likewise of the memory: the input itself (self-attention), or another sequence
 * given in the call (cross-attention), `memory` wide if not as wide as the input. With `causal`, step t attends to steps 0 to t. Steps of the memory that are
 * not there are not attended to; steps that are not there, or have nothing to attend to, put out zeros. `dropout` is the
 * rate at which weights are dropped.
 *
 * ```ts
 * const mixed = attention("encoder.attention", { inputs: 64, units: 64, heads: 4, causal: true });
 * ```
 */
export function attention(path: string, given: AttentionOptions): AttentionLayer {
  const label = `attention "${path}"`;
  const {
    inputs,
    units,
    heads,
    memory: memoryWidth = inputs,
    causal,
    dropout: rate,
  } = checkOptions(label, options, given);
  if (units % heads !== 0)
    throw new InputError(
      `${label}: option heads: ${units} units can't be shared among ${heads} heads equally`,
    );
  const toQueries = dense(`${path}.query`, { inputs, units });
  const toKeys = dense(`${path}.key`, { inputs: memoryWidth, units });
  const toValues = dense(`${path}.value`, { inputs: memoryWidth, units });
  const toOutputs = dense(`${path}.output`, { inputs: units, units });
  const byHead = (x: Value) =>
    x.reshape([...x.shape.slice(0, 2), heads, units / heads]).transpose([1, 2, 0, 3]); // [batch, heads, time, …]

  const run = (x: Value, call: AttentionCall = {}) => {
    const { mask } = call;
    checkSequence(label, x, mask);
    checkFeatures(label, x, inputs);
    const { memory, memoryMask } = attended(label, x, call, memoryWidth);
    const [asking, read] = [present(x, mask), present(memory, memoryMask)];
    const allowed = allowedSteps(x, memory, { memoryMask, causal });
    const scores = scaledScore(byHead(toQueries(asking)), byHead(toKeys(read)));
    const weights = maskedSoftmax(scores, allowed?.unsqueeze(1));
    const thinned = dropout(`${path}.dropout`, weights, { rate });
    const heard = thinned.matmul(byHead(toValues(read))).transpose([2, 0, 1, 3]);
    const mixed = toOutputs(heard.reshape([...x.shape.slice(0, 2), units]));
    return { outputs: present(heardOnly(mixed, allowed), mask), weights };
  };
  return Object.assign((x: Value, call?: AttentionCall) => run(x, call).outputs, { run, outputs: units });
}

/** What is attended to, of this width, and which of its steps are there: the input itself, where a call names no other. */
export function attended(
  label: string,
  x: Value,
  { mask, memory = x, memoryMask = memory === x ? mask : undefined }: AttentionCall,
  width: number,
): { memory: Value; memoryMask: Value | undefined } {
  checkSequence(`${label}, memory`, memory, memoryMask);
  checkFeatures(`${label}, memory`, memory, width);
  return { memory, memoryMask };
}

/** Which steps of a memory each step may attend to, bool [batch or 1, time or 1, steps]; undefined where that is all. */
export function allowedSteps(
  x: Value,
  memory: Value,
  { memoryMask, causal }: { memoryMask?: Value; causal: boolean },
): Value | undefined {
  const there = memoryMask?.transpose([1, 0]).unsqueeze(1);
  if (!causal) return there;
  const past = iota(memory.shape[0]).less(iota(x.shape[0]).add(1).unsqueeze(1)).unsqueeze(0);
  return there ? and(there, past) : past;
}

/** Zeros at steps [time, batch, …] that have nothing to attend to. */
function heardOnly(x: Value, allowed: Value | undefined): Value {
  if (!allowed) return x;
  const any = allowed.cast(x.dtype).max(2, { keep: true }).transpose([1, 0, 2]);
  return where(any.equal(0), 0, x);
}

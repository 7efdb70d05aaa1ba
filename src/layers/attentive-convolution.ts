import { z } from "zod";
import { checkOptions, width } from "../cells/define-cell.ts";
import { tanh } from "../graph/functions.ts";
import type { Value } from "../graph/value.ts";
import { declareWeight } from "../weights/declare.ts";
import { glorotUniform } from "../weights/initializers.ts";
import { type AttentionCall, allowedSteps, attended } from "./attention.ts";
import { attentionScore, scoreKind } from "./attention-scores.ts";
import { convolutionEncoder } from "./convolution-encoder.ts";
import { dropout } from "./dropout.ts";
import type { Layer } from "./layer.ts";
import { layerNormalization } from "./layer-normalization.ts";
import { checkFeatures, checkSequence, present } from "./mask.ts";
import { maskedSoftmax } from "./masked-softmax.ts";

const options = z.strictObject({
  inputs: width,
  memory: width.optional(),
  width: width.default(3),
  score: scoreKind.default("bilinear"),
  causal: z.boolean().default(false),
  dropout: z.number().min(0).lt(1).default(0),
});

export type AttentiveConvolutionOptions = z.input<typeof options>;

export interface AttentiveConvolution extends Layer {
  (x: Value, call?: AttentionCall): Value;
}

/**
 * Attentive convolution (Yin & Schütze 2018, TACL, in the residual form of Xiao 2018): [time, batch, inputs] →
 * [time, batch, inputs],
 *
 *     LN(x + dropout(tanh(conv_k(x) + conv_1(a)))),   a_t = Σ_s softmax_s(score(x_t, m_s)) m_s
 *
 * where m is the memory that the call gives (`memory` wide if not as wide as the input), or x itself. The convolution reads
 * steps on both sides; with `causal` it and the attention read those up to t alone. A step that has nothing to attend to has a = 0.
 */
export function attentiveConvolution(path: string, given: AttentiveConvolutionOptions): AttentiveConvolution {
  const label = `attentiveConvolution "${path}"`;
  const checked = checkOptions(label, options, given);
  const { inputs, memory: memoryWidth = inputs, width, score: kind, causal, dropout: rate } = checked;
  const convolution = convolutionEncoder(`${path}.convolution`, {
    inputs,
    units: inputs,
    width,
    direction: causal ? "forward" : "both",
  });
  const score = attentionScore(`${path}.score`, { kind, queries: inputs, keys: memoryWidth });
  const mapping = declareWeight(`${path}.attended`, {
    shape: [memoryWidth, inputs],
    initializer: glorotUniform,
  });
  const normalized = layerNormalization(`${path}.norm`, { inputs });

  const layer = (x: Value, call: AttentionCall = {}) => {
    const { mask } = call;
    checkSequence(label, x, mask);
    checkFeatures(label, x, inputs);
    const { memory, memoryMask } = attended(label, x, call, memoryWidth);
    const read = present(memory, memoryMask).transpose([1, 0, 2]); // [batch, steps, …]
    const scores = score(present(x, mask).transpose([1, 0, 2]), read);
    const weights = maskedSoftmax(scores, allowedSteps(x, memory, { memoryMask, causal }));
    const heard = weights.matmul(read).transpose([1, 0, 2]).matmul(mapping);
    const mixed = tanh(convolution(x, { mask }).add(heard));
    return normalized(x.add(dropout(`${path}.dropout`, mixed, { rate })), { mask });
  };
  return Object.assign(layer, { outputs: inputs });
}

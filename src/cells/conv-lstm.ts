/**
 * Convolutional LSTM (Shi et al., NIPS 2015, arXiv 1506.04214): inputs, outputs and memories are grids of channels, and
 * convolutions (*) take the place of the matrix products.
 *
 *     i = σ(W_i * x + U_i * h' + V_i ⊙ c' + b_i)    f = σ(W_f * x + U_f * h' + V_f ⊙ c' + b_f)
 *     c = f ⊙ c' + i ⊙ tanh(W_g * x + U_g * h' + b_g)
 *     o = σ(W_o * x + U_o * h' + V_o ⊙ c + b_o)     h = o ⊙ tanh(c)
 *
 * The peepholes V have a weight for each channel at each place; the output gate sees the new memory. Beyond the border
 * lie zeros. The gates lie one after the other in the filters, in the order i, f, g, o; in the peepholes i, f, o.
 */
import { z } from "zod";
import { InputError } from "../graph/errors.ts";
import { conv, sigmoid, tanh } from "../graph/functions.ts";
import { equalShapes } from "../graph/shape.ts";
import { glorotUniform, type Initializer, zeros } from "../weights/initializers.ts";
import { defineCell, width } from "./define-cell.ts";
import { gateBias } from "./gate-bias.ts";

const options = z
  .strictObject({
    inputs: width,
    units: width,
    grid: z.array(width).min(1).max(2),
    kernel: z.union([width, z.array(width)], {
      error: "needs a whole number of at least 1, or one for each axis of the grid",
    }),
    forgetBias: z.number().default(1),
  })
  .refine(({ grid, kernel }) => typeof kernel === "number" || kernel.length === grid.length, {
    path: ["kernel"],
    error: "needs a whole number of at least 1, or one for each axis of the grid",
  })
  .transform((given) => ({
    ...given,
    kernel: typeof given.kernel === "number" ? given.grid.map(() => given.kernel as number) : given.kernel,
  }));

/**
 * A ConvLSTM: x [batch, inputs, …grid] → h [batch, units, …grid]; state `hidden` and `memory`, each
 * [batch, units, …grid]. `inputs` and `units` count channels.
 *
 * - `grid`: [length] or [height, width].
 * - `kernel`: how many places a convolution sees along each axis of the grid, or along all. An even kernel sees one
 *   place more after its own than before it.
 * - `forgetBias`: what the forget gate's bias begins with.
 */
export const convLstm = defineCell({
  name: "conv-lstm",
  options,
  weights: ({ inputs, units, grid, kernel, forgetBias }) => ({
    input: { shape: [4 * units, inputs, ...kernel], initializer: perFilterGate },
    recurrent: { shape: [4 * units, units, ...kernel], initializer: perFilterGate },
    peepholes: { shape: [3 * units, ...grid], initializer: zeros },
    bias: { shape: [4 * units], initializer: gateBias(["input", "forget", "zero", "zero"], { forgetBias }) },
  }),
  state: ({ units, grid }) => ({ hidden: [units, ...grid], memory: [units, ...grid] }),
  outputs: ({ units }) => units,
  step(x, { hidden, memory }, w, { inputs, grid }) {
    if (!equalShapes(x.shape.slice(1), [inputs, ...grid]))
      throw new InputError(
        `reads [time, batch, ${[inputs, ...grid].join(", ")}], not [time, ${x.shape.join(", ")}]`,
      );
    const bias = w.bias.reshape([-1, ...grid.map(() => 1)]);
    const sums = conv(x, w.input, { padding: "same" })
      .add(bias)
      .add(conv(hidden, w.recurrent, { padding: "same" }));
    const [i, f, g, o] = sums.split(4, 1);
    const [vi, vf, vo] = w.peepholes.split(3, 0);
    const c = sigmoid(f.add(vf.mul(memory)))
      .mul(memory)
      .add(sigmoid(i.add(vi.mul(memory))).mul(tanh(g)));
    const h = sigmoid(o.add(vo.mul(c))).mul(tanh(c));
    return { output: h, state: { hidden: h, memory: c } };
  },
});

/** Kernels of four gates, the gates along the first axis: each begins by itself (Glorot). */
const perFilterGate: Initializer = ([filters, ...rest], random) =>
  Float32Array.from([0, 1, 2, 3].flatMap(() => Array.from(glorotUniform([filters / 4, ...rest], random))));

/** An LSTM's step in TensorFlow.js on its WASM backend, as one writes it there. */
import { took } from "../measure.ts";
import type { Tensor, Tfjs } from "../peers/tfjs.ts";
import type { LstmNumbers, Stepper } from "./stepper.ts";

export function tfjsStepper(tf: Tfjs, { width, ...numbers }: LstmNumbers): Stepper {
  const input = tf.tensor(numbers.input, [width, 4 * width]);
  const recurrent = tf.tensor(numbers.recurrent, [width, 4 * width]);
  const bias = tf.tensor(numbers.bias, [4 * width]);
  let h = tf.keep(tf.zeros([1, width]));
  let c = tf.keep(tf.zeros([1, width]));
  let output: Float32Array = new Float32Array(width);
  const step = (frame: Float32Array): [Tensor, Tensor] => {
    const sums = tf.add(
      tf.add(tf.matMul(tf.tensor(frame, [1, width]), input), tf.matMul(h, recurrent)),
      bias,
    );
    const [i, f, g, o] = tf.split(sums, 4, 1);
    const memory = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
    return [tf.mul(tf.sigmoid(o), tf.tanh(memory)), memory];
  };
  return {
    run: (frames, steps) =>
      took(async () => {
        for (let at = 0; at < steps; at++) {
          const [hidden, memory] = tf.tidy(() => step(frames[at % frames.length]).map((one) => tf.keep(one)));
          h.dispose();
          c.dispose();
          [h, c] = [hidden, memory];
          output = h.dataSync();
        }
      }),
    output: () => output,
    close: async () => tf.dispose({ input, recurrent, bias, h, c }),
  };
}

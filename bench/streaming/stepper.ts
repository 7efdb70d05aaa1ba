/** Those that make one step after the other. */
import type { Took } from "../measure.ts";

/** One recurrent layer with its state. */
export interface Stepper {
  /** Goes on by so many steps over the frames, from the first again and again. */
  run(frames: readonly Float32Array[], steps: number): Promise<Took>;
  /** What the last step gave. */
  output(): Float32Array;
  close(): Promise<void>;
}

/** An LSTM's numbers: gates i, f, g, o side by side; `inputs` and `recurrent` [width, 4 × width]. */
export interface LstmNumbers {
  width: number;
  input: Float32Array;
  recurrent: Float32Array;
  bias: Float32Array;
}

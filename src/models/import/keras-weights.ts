/** The numbers of one layer of Keras, in the order in which the layer made them. */
import { InputError } from "../../graph/errors.ts";
import type { StoredTensor } from "../../weights/safetensors.ts";
import { floats } from "./numbers.ts";

export class KerasWeights {
  /** The shape of the array that was taken last. */
  lastDims: readonly number[] = [];
  private readonly tensors: readonly StoredTensor[];
  private taken = 0;

  constructor(tensors: readonly StoredTensor[]) {
    this.tensors = tensors;
  }

  /** The shape of the next array. */
  get nextDims(): readonly number[] {
    return this.peek().dims;
  }

  /** The next array, which has one of these shapes. */
  next(...shapes: readonly (readonly number[])[]): Float32Array {
    const tensor = this.peek();
    const { dims } = tensor;
    if (!shapes.some((shape) => shape.join() === dims.join()))
      throw new InputError(
        `its array ${this.taken} is [${dims.join(", ")}] and should be [${shapes[0].join(", ")}]`,
      );
    this.taken++;
    this.lastDims = dims;
    return floats(tensor, `its array ${this.taken}`);
  }

  /** The next array, a matrix of so many columns, and how many rows it has. */
  kernel(columns: number): { input: Float32Array; inputs: number } {
    const [inputs = 0] = this.nextDims;
    return { input: this.next([inputs, columns]), inputs };
  }

  /** All arrays should have been taken. */
  end(): void {
    if (this.taken < this.tensors.length)
      throw new InputError(`it has ${this.tensors.length} arrays, and needs ${this.taken}`);
  }

  private peek(): StoredTensor {
    const tensor = this.tensors[this.taken];
    if (!tensor) throw new InputError(`it has only ${this.taken} arrays, and needs more`);
    return tensor;
  }
}

/**
 * How weights begin. An initializer turns a shape and a random stream into values; the stream bears the
 * weight's own name, so that adding a weight to a model does not change how the others begin.
 */
import { InputError } from "../graph/errors.ts";
import { naturalLog } from "./normal-quantile.ts";
import type { Stream } from "./random.ts";

/** Gives the values of a new weight of this shape, in row-major order. */
export type Initializer = (shape: readonly number[], random: Stream) => Float32Array;

/** The same number everywhere. */
export const constant =
  (value: number): Initializer =>
  (shape) =>
    new Float32Array(size(shape)).fill(value);

export const zeros: Initializer = constant(0);
export const ones: Initializer = constant(1);

/** Uniform from −limit to limit. PyTorch begins recurrent layers so, with limit 1 / √units. */
export const uniform =
  (limit: number): Initializer =>
  (shape, random) =>
    random.uniforms(new Float32Array(size(shape)), -limit, limit);

/** Normal with mean 0 and this standard deviation. */
export const normal =
  (deviation: number): Initializer =>
  (shape, random) =>
    random.normals(new Float32Array(size(shape)), 0, deviation);

/** Uniform within ±√(6 / (inputs + outputs)) (Glorot & Bengio, AISTATS 2010, equation 16). */
export const glorotUniform: Initializer = (shape, random) => {
  const { inputs, outputs } = fans(shape);
  return uniform(Math.sqrt(6 / (inputs + outputs)))(shape, random);
};

/** Normal with variance 2 / (inputs + outputs) (Glorot & Bengio, AISTATS 2010, equation 12). */
export const glorotNormal: Initializer = (shape, random) => {
  const { inputs, outputs } = fans(shape);
  return normal(Math.sqrt(2 / (inputs + outputs)))(shape, random);
};

/** The identity matrix; [n, k × n] gets one in each of its k blocks. */
export const identity: Initializer = (shape) => {
  const [rows, columns] = matrixSides("identity", shape);
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = row; column < columns; column += rows) values[row * columns + column] = 1;
  return values;
};

/**
 * A different initializer for each gate: they share the last axis in equal parts.
 *
 * @example
 * concatenate(zeros, ones, zeros, zeros) // [4 × units], the forget gate's bias being the second
 */
export const concatenate =
  (...parts: readonly Initializer[]): Initializer =>
  (shape, random) => {
    const last = shape[shape.length - 1] ?? 1;
    const width = last / parts.length;
    if (!Number.isInteger(width))
      throw new InputError(
        `a weight of shape [${shape.join(", ")}] does not divide into ${parts.length} gates along its last axis`,
      );
    const values = new Float32Array(size(shape));
    parts.forEach((part, gate) => {
      const block = part([...shape.slice(0, -1), width], random);
      for (let row = 0; row * last < values.length; row++)
        values.set(block.subarray(row * width, (row + 1) * width), row * last + gate * width);
    });
    return values;
  };

/** The same initializer for each of several gates, so that fans and orthogonality are a gate's own. */
export const perGate = (gates: number, initializer: Initializer): Initializer =>
  concatenate(...Array<Initializer>(gates).fill(initializer));

/** What a block of a gated cell's bias belongs to, for `chrono`. */
export type ChronoGate = "forget" | "input" | "zero";

/**
 * Biases that spread the units' memory over times up to `longest` steps: ln U(1, T − 1) for the forget gate,
 * its negative for the input gate, 0 elsewhere (Tallec & Ollivier, ICLR 2018, section 3; JANET's start).
 *
 * @param longest the longest dependency expected, in steps, at least 3.
 * @param gates the blocks along the bias's one axis: [gates × units].
 */
export const chrono = (longest: number, gates: readonly ChronoGate[]): Initializer => {
  if (!(longest >= 3)) throw new InputError(`chrono biases need a time of at least 3 steps, not ${longest}`);
  return (shape, random) => {
    const units = size(shape) / gates.length;
    if (shape.length !== 1 || !Number.isInteger(units))
      throw new InputError(
        `chrono biases for ${gates.length} gates need the shape [${gates.length} × units], not [${shape.join(", ")}]`,
      );
    const forget = random.uniforms(new Float64Array(units), 1, longest - 1).map(naturalLog);
    const sign = { forget: 1, input: -1, zero: 0 };
    return Float32Array.from(
      { length: size(shape) },
      (_, i) => sign[gates[Math.floor(i / units)]] * forget[i % units],
    );
  };
};

/** Inputs and outputs of one unit: [inputs, outputs] of a product, [outputs, inputs, …kernel] of a convolution. */
function fans(shape: readonly number[]): { inputs: number; outputs: number } {
  if (shape.length <= 2) return { inputs: shape[0] ?? 1, outputs: shape[1] ?? 1 };
  const kernel = size(shape.slice(2));
  return { inputs: shape[1] * kernel, outputs: shape[0] * kernel };
}

/** The two sides of a matrix shape. */
export function matrixSides(initializer: string, shape: readonly number[]): readonly [number, number] {
  if (shape.length !== 2)
    throw new InputError(`${initializer} initializes matrices, not the shape [${shape.join(", ")}]`);
  return [shape[0], shape[1]];
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

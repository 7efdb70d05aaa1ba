/** From the graph of one step to a program. */
import { InputError } from "../graph/errors.ts";
import { addressFields, floatFields, formOf, instructionNames } from "./instructions.ts";
import type { Buffer, Instruction, View } from "./listing.ts";
import { type Lowered, lower } from "./lower.ts";
import { type Placed, place } from "./place.ts";
import type { Kept, Program } from "./program.ts";
import type { StepGraph } from "./step-graph.ts";

export interface CompileOptions {
  /** What the weights of products are kept as: float32 (the default), or int8 with a scale for each row. */
  weights?: "float32" | "int8";
  /**
   * Every how many steps a piece of what delta products add up (32 rows) is summed anew, so that the rounding errors of
   * millions of steps do not add up (16 where not given).
   */
  rebuild?: number;
}

/**
 * Compiles the graph of one step. All that depends on weights and constants alone is computed now.
 *
 * ```ts
 * const program = compileProgram(stepOf(model), { weights: "int8" });
 * const engine = await loadProgram(program);
 * ```
 *
 * @throws InputError for a threshold below 0 or of a weight that no product of the step has, a size that is open, or an operator that a step can't hold
 */
export function compileProgram(
  step: StepGraph,
  { weights = "float32", rebuild = 16 }: CompileOptions = {},
): Program {
  if (weights !== "float32" && weights !== "int8")
    throw new InputError(`compileProgram: weights "${weights}" are not known: use "float32" or "int8"`);
  if (!Number.isInteger(rebuild) || rebuild < 1)
    throw new InputError(
      `compileProgram: rebuild ${rebuild} makes no sense: use a whole number of steps from 1`,
    );
  for (const [path, threshold] of Object.entries(step.thresholds))
    if (!(threshold >= 0 && threshold < Number.POSITIVE_INFINITY))
      throw new InputError(`threshold of "${path}": ${threshold} makes no sense: use a number of at least 0`);
  const lowered = lower(step, { weights, thresholds: step.thresholds });
  checkPaths(step.thresholds, lowered);
  return encode(step, lowered, rebuild);
}

function checkPaths(thresholds: StepGraph["thresholds"], { products }: Lowered): void {
  const known = new Set(products.flatMap((product) => product.weights));
  const odd = Object.keys(thresholds).find((path) => !known.has(path));
  if (odd !== undefined)
    throw new InputError(
      `threshold of "${odd}": no product of a step has this weight, only ${[...known].join(", ") || "none"}`,
    );
}

function encode(step: StepGraph, lowered: Lowered, every: number): Program {
  const flushing: Instruction[] = lowered.states.map(({ buffer, numbers }) => ({
    name: "flush",
    fields: { y: { buffer, offset: 0 }, n: numbers },
    group: "maintenance",
  }));
  const pieces = lowered.listing.maintenance;
  const placed = place(lowered);
  const { instructions, addresses, bytes } = placed;
  const addressOf = addressing(placed);
  const image = new Uint8Array(bytes.image);
  const initial = new Uint8Array(bytes.stream);
  const kept: Kept[] = [];
  for (const [buffer, address] of addresses) {
    if (buffer.place === "image" && buffer.data) image.set(buffer.data, address);
    if (buffer.place !== "stream") continue;
    if (buffer.data) initial.set(buffer.data, address);
    const name = lowered.states.find((state) => state.buffer === buffer)?.name;
    kept.push({ name, numbers: buffer.numbers, offset: address, bytes: buffer.bytes });
  }
  const groups = [...new Set(instructions.map(({ group }) => group))];
  const portsOf = (views: Lowered["inputs"], values: StepGraph["inputs"]) =>
    Object.entries(views).map(([name, view]) => {
      return { name, shape: values[name].shape as number[], address: addressOf(view) };
    });
  return {
    inputs: portsOf(lowered.inputs, step.inputs),
    outputs: portsOf(lowered.outputs, step.outputs),
    image,
    scratchBytes: bytes.scratch,
    listBytes: bytes.list,
    initial,
    kept,
    code: words(instructions, addressOf),
    groups,
    groupOf: instructions.map(({ group }) => groups.indexOf(group)),
    maintenance: (pieces.length > 0 ? pieces : [[]]).map((piece) =>
      words([...flushing, ...piece], addressOf),
    ),
    every,
    products: lowered.products.map((product) => ({
      ...product,
      counters: product.counters.map((counter) => addresses.get(counter)!),
    })),
  };
}

/** Addresses as instructions have them: scratch and lists follow the image; those of a stream have their lowest bit set. */
function addressing({ addresses, settled, bytes }: Placed): (view: View) => number {
  const begin = { image: 0, scratch: bytes.image, list: bytes.image + bytes.scratch, stream: 1 };
  return ({ buffer, offset }) => {
    const place = settled(buffer);
    return begin[place.place] + addressIn(addresses, place) + offset;
  };
}

function addressIn(addresses: ReadonlyMap<Buffer, number>, buffer: Buffer): number {
  const address = addresses.get(buffer);
  if (address === undefined)
    throw new Error(`a ${buffer.place} buffer of ${buffer.bytes} bytes has no place`);
  return address;
}

function words(instructions: readonly Instruction[], addressOf: (view: View) => number): Int32Array {
  const sizes = instructions.map(({ name }) => 1 + formOf(name).fields.length);
  const code = new Int32Array(sizes.reduce((a, b) => a + b, 0));
  const floats = new Float32Array(code.buffer);
  let at = 0;
  for (const { name, fields } of instructions) {
    code[at++] = instructionNames.indexOf(name);
    for (const field of formOf(name).fields) {
      const value = fields[field];
      if (addressFields.has(field)) code[at++] = addressOf(value as View);
      else if (floatFields.has(field)) floats[at++] = value as number;
      else code[at++] = value as number;
    }
  }
  return code;
}

/** What open sizes are in one run, found from the shapes that come in. */
import { type Bindings, type Dim, evaluateSize, namesOf, type Size } from "./dim.ts";
import { InputError } from "./errors.ts";
import type { Graph } from "./graph.ts";
import { allUnits } from "./graph.ts";
import { isLoopUnit, resultsOf } from "./schedule.ts";
import { formatShape, type Shape } from "./shape.ts";
import { checkSteps, neededSteps } from "./steps.ts";
import type { Node } from "./value.ts";

interface Axis {
  input: string;
  axis: number;
  declared: Size;
  given: number;
}

/**
 * Binds the open sizes of inputs to the shapes given for them, by name. A size that is a mere name gives
 * its value; one that is linear in a single name not known yet (2*time, time+1) is solved for it; all
 * others are checked.
 *
 * @throws InputError where an input is missing or unknown, has another rank, or has a size that disagrees
 * with its declaration or with another input.
 */
export function bindSizes(
  inputs: readonly { name: string; shape: Shape }[],
  shapes: Readonly<Record<string, readonly number[]>>,
): Bindings {
  checkNames(inputs, shapes);
  const bindings = new Map<string, number>();
  const sources = new Map<string, Axis>();
  let open = inputs.flatMap((input) => axesOf(input, shapes[input.name]));

  const settle = (axis: Axis) => {
    const unknown = namesOf(axis.declared).filter((name) => !bindings.has(name));
    if (unknown.length > 0) {
      const value = solve(axis, unknown, bindings);
      if (value === undefined) return false;
      bindings.set(unknown[0], value);
      sources.set(unknown[0], axis);
    }
    check(axis, bindings, sources);
    return true;
  };
  open = open.filter((axis) => !(isPlain(axis.declared) && settle(axis)));
  for (let before = -1; open.length !== before; ) {
    before = open.length;
    open = open.filter((axis) => !settle(axis));
  }
  return bindings;
}

/**
 * Checks what sizes make of a graph: nothing may read a sequence of 0 steps that needs one, no slice may leave its axis.
 *
 * @throws InputError that names the operation and the sizes.
 */
export function checkSizes(graph: Graph, bindings: Bindings): void {
  const sizeOf = (size: Size) => evaluateSize(size, bindings);
  const units = [...allUnits(Object.values(graph.outputs))];
  checkSteps(neededSteps(units), bindings);
  for (const unit of units) {
    if (!isLoopUnit(unit) && unit.is("slice")) checkSlice(unit, sizeOf);
    for (const { shape, node } of resultsOf(unit)) {
      const axis = shape.findIndex((size) => typeof size !== "number" && sizeOf(size) < 0);
      if (axis >= 0)
        throw new InputError(
          `${node.op}: axis ${axis} of its result ${formatShape(shape)} would have size ${sizeOf(shape[axis])}`,
        );
    }
  }
}

function checkSlice(node: Node<"slice">, sizeOf: (size: Size) => number): void {
  const { axis, start, end } = node.attributes;
  const [x] = node.operands;
  const [from, to, length] = [start, end, x.shape[axis]].map(sizeOf);
  if (from < 0 || to < from || to > length) {
    throw new InputError(
      `slice(${x.label()} ${formatShape(x.shape)}): ${from} to ${to} lies outside axis ${axis} of size ${length}`,
    );
  }
}

function checkNames(
  inputs: readonly { name: string }[],
  shapes: Readonly<Record<string, readonly number[]>>,
): void {
  const missing = inputs.find(({ name }) => !Object.hasOwn(shapes, name));
  if (missing) throw new InputError(`input "${missing.name}" is missing`);
  const unknown = Object.keys(shapes).find((given) => !inputs.some(({ name }) => name === given));
  if (unknown !== undefined) {
    const known = inputs.map(({ name }) => `"${name}"`).join(", ") || "none";
    throw new InputError(`there is no input "${unknown}"; the graph's inputs: ${known}`);
  }
}

function axesOf({ name, shape }: { name: string; shape: Shape }, given: readonly number[]): Axis[] {
  if (given.length !== shape.length) {
    throw new InputError(
      `input "${name}" needs ${shape.length} axes ${formatShape(shape)}, got ${given.length} ${formatShape(given)}`,
    );
  }
  return shape.map((declared, axis) => ({ input: name, axis, declared, given: given[axis] }));
}

/** A number or a name. */
function isPlain(size: Size): boolean {
  return typeof size === "number" || (namesOf(size).length === 1 && namesOf(size)[0] === size.key);
}

/** The value of the one unknown name in which a size is linear; undefined where it is not. */
function solve({ declared, given }: Axis, unknown: readonly string[], known: Bindings): number | undefined {
  if (unknown.length > 1 || typeof declared === "number") return undefined;
  const [name] = unknown;
  if (!isLinear(declared, name)) return undefined;
  const at = (value: number) => evaluateSize(declared, new Map(known).set(name, value));
  const slope = at(1) - at(0);
  return slope === 0 ? undefined : Math.max(0, Math.floor((given - at(0)) / slope));
}

function isLinear(dim: Dim, name: string): boolean {
  return dim.terms.every(({ atoms }) => {
    const inside = atoms.some(({ quotient }) => quotient && namesOf(quotient.of).includes(name));
    return !inside && atoms.filter(({ key }) => key === name).length <= 1;
  });
}

function check(
  { input, axis, declared, given }: Axis,
  bindings: Bindings,
  sources: ReadonlyMap<string, Axis>,
): void {
  const expected = evaluateSize(declared, bindings);
  if (expected === given) return;
  const reasons = namesOf(declared).map((name) => {
    const source = sources.get(name)!;
    return `${name} is ${bindings.get(name)} by axis ${source.axis} of input "${source.input}"`;
  });
  const computed = isPlain(declared) ? "" : `${declared}: `;
  const why = reasons.length > 0 ? ` (${computed}${reasons.join(", ")})` : "";
  throw new InputError(
    `input "${input}": axis ${axis} has size ${given} where ${expected} is expected${why}`,
  );
}

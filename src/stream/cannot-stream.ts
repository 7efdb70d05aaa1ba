/** What can't be known before all steps have come, told by the layer that asks for it. */
import { InputError } from "../graph/errors.ts";
import type { Value } from "../graph/value.ts";

/** Says which layer a value is nearest to, and why it can't be known step by step. */
export function cannotStream(value: Value, why: string): InputError {
  return new InputError(`${layerOf(value)} can't stream: it ${why}`);
}

/** The layer that a value is nearest to: by the weights and loops on the way to it. */
function layerOf(value: Value): string {
  for (const at of nearestFirst(value)) {
    if (at.node.is("input") && at.node.attributes.role === "weight")
      return `layer "${at.node.attributes.name.split(".").slice(0, -1).join(".")}"`;
    if (at.node.is("stack") || at.node.is("final")) return `what reads ${at.node.attributes.loop.name}`;
  }
  return `the model's ${value.label()}`;
}

/** A value and all that it is made of. */
function* nearestFirst(value: Value): Generator<Value> {
  const seen = new Set<Value>();
  const open = [value];
  for (let at = open.shift(); at; at = open.shift()) {
    if (seen.has(at)) continue;
    seen.add(at);
    yield at;
    open.push(...at.node.operands);
  }
}

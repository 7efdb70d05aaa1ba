/** Which products read the same recurrent output, and so can share one projection of it. */
import type { Value } from "../graph/value.ts";
import type { FeatureRange } from "./features.ts";
import { isRecurrent, type Product } from "./products.ts";

/** Rows of a weight that meet a range of an activation's features. */
export interface Rows {
  path: string;
  from: number;
  size: number;
}

/** All that reads one recurrent output: by the loop's own next step, and onward by what lies above. */
export interface OutputGroup {
  units: number;
  /** The widest first. */
  recurrent: Rows[];
  onward: Rows[];
}

/** How a weight's rows are grouped, from first to last: those of a group, or the number of those that are in none. */
export type RowGroups = readonly { size: number; group?: OutputGroup }[];

/**
 * Groups the rows of weights by the recurrent output that they read. Loops that run with one recurrent weight, as a cell
 * used both ways, make one group. A weight that reads different outputs in different places is in no group.
 */
export function groupByOutput(products: readonly Product[]): {
  groups: OutputGroup[];
  rows: Map<string, RowGroups>;
} {
  const outputs = recurrentOutputs(products);
  const ambiguous = new Set<string>();
  const rows = new Map<string, RowGroups>();
  for (const { path, features } of products) {
    const own = features.map((range) => ({ size: range.size, group: groupOf(range, outputs) }));
    const before = rows.get(path);
    if (before && !sameRows(before, own)) ambiguous.add(path);
    rows.set(path, own);
  }
  for (const path of ambiguous) rows.delete(path);
  for (const product of products) {
    const { path, features } = product;
    let from = 0;
    for (const [at, { size, group }] of (rows.get(path) ?? []).entries()) {
      if (group) addRows(group, isRecurrent(features[at], product), { path, from, size });
      from += size;
    }
  }
  const found = new Set([...outputs.values()].filter(({ recurrent }) => recurrent.length > 0));
  const columns = new Map(products.map(({ path, shape }) => [path, shape[1]]));
  for (const { recurrent } of found) recurrent.sort((a, b) => columns.get(b.path)! - columns.get(a.path)!);
  for (const [path, own] of rows)
    rows.set(
      path,
      own.map(({ size, group }) => (group && found.has(group) ? { size, group } : { size })),
    );
  return { groups: [...found], rows };
}

/** The values that some loop makes in a step and multiplies by a weight in the next, each with its group. */
function recurrentOutputs(products: readonly Product[]): Map<Value, OutputGroup> {
  const byWeight = new Map<string, OutputGroup>();
  const byOutput = new Map<Value, OutputGroup>();
  for (const product of products) {
    let from = 0;
    for (const range of product.features) {
      const key = `${product.path}:${from}`;
      from += range.size;
      if (!isRecurrent(range, product) || !isWhole(range)) continue;
      const group = byWeight.get(key) ??
        byOutput.get(range.of) ?? { units: range.size, recurrent: [], onward: [] };
      byWeight.set(key, group);
      if (!byOutput.has(range.of)) byOutput.set(range.of, group);
    }
  }
  return byOutput;
}

function addRows({ recurrent, onward }: OutputGroup, isOwn: boolean, rows: Rows): void {
  const known = [...recurrent, ...onward].some(({ path, from }) => path === rows.path && from === rows.from);
  if (!known) (isOwn ? recurrent : onward).push(rows);
}

function groupOf(range: FeatureRange, outputs: ReadonlyMap<Value, OutputGroup>): OutputGroup | undefined {
  return isWhole(range) ? outputs.get(range.of) : undefined;
}

function isWhole({ of, from, size }: FeatureRange): boolean {
  return from === 0 && size === of.shape.at(-1);
}

function sameRows(a: RowGroups, b: RowGroups): boolean {
  return (
    a.length === b.length && a.every(({ size, group }, at) => size === b[at].size && group === b[at].group)
  );
}

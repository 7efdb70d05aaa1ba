/** What all benchmarks share: their options, the machine they ran on, and runs in turn. */
import { availableParallelism, cpus } from "node:os";

export interface BenchOptions {
  /** Only cases whose name has this in it. */
  only?: string;
}

/** One measured case, printed as one line. */
export type Line = Record<string, unknown>;

/** Where a line was measured. */
export function machine(): Line {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
  };
}

/** One of several that do the same work. */
export interface Contestant {
  /** Does the work once; gives how long it took, in milliseconds. */
  turn(): Promise<number>;
}

/**
 * How long each contestant takes, in milliseconds. They take turns (A B A B …), so that whatever else the
 * machine does slows all of them alike.
 */
export async function inTurn<Names extends string>(
  contestants: Record<Names, Contestant>,
  { repeats, warmUp = 2 }: { repeats: number; warmUp?: number },
): Promise<Record<Names, number[]>> {
  const all = Object.entries<Contestant>(contestants);
  const times = Object.fromEntries(all.map(([name]) => [name, [] as number[]]));
  for (let round = -warmUp; round < repeats; round++) {
    for (const [name, contestant] of all) {
      const time = await contestant.turn();
      if (round >= 0) times[name].push(time);
      await threadsAsleep();
    }
  }
  return times as Record<Names, number[]>;
}

/** OpenMP's threads spin for some milliseconds after their work, and would slow whoever is next. */
function threadsAsleep(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10));
}

/** The middle value; of an even number, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Two decimals below 10, one below 100, none above: more would be noise. */
export function rounded(value: number): number {
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0;
  return Number(value.toFixed(digits));
}

/** What all benchmarks share: their options, the machine they ran on, and runs in turn. */
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

export interface BenchOptions {
  /** Only cases whose name has this in it. */
  only?: string;
}

/** One measured case, printed as one line. */
export type Line = Record<string, unknown>;

/** Where a line was measured, and how busy the machine was in that minute, the measuring included. */
export function machine(): Line {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    load: rounded(loadavg()[0]),
  };
}

/** One of several that do the same work. */
export interface Contestant<Took = number> {
  /** Does the work once; gives how long it took, in milliseconds. */
  turn(): Promise<Took>;
}

/** What a turn took, in milliseconds: as the clock has it, and of the processors, all threads together. */
export interface Took {
  clock: number;
  processor: number;
}

/** Times work that this process does. */
export async function took(work: () => Promise<unknown>): Promise<Took> {
  const [used, start] = [process.cpuUsage(), performance.now()];
  await work();
  const clock = performance.now() - start;
  const { user, system } = process.cpuUsage(used);
  return { clock, processor: (user + system) / 1000 };
}

/**
 * How long each contestant takes, in milliseconds. They take turns (A B A B …), so that whatever else the
 * machine does slows all of them alike; and each waits for a moment in which nothing else runs.
 */
export async function inTurn<Names extends string, Took = number>(
  contestants: Record<Names, Contestant<Took>>,
  { repeats, warmUp = 2 }: { repeats: number; warmUp?: number },
): Promise<Record<Names, Took[]>> {
  const all = Object.entries<Contestant<Took>>(contestants);
  const times = Object.fromEntries(all.map(([name]) => [name, [] as Took[]]));
  let patience = 45_000;
  for (let round = -warmUp; round < repeats; round++) {
    for (const [name, contestant] of all) {
      patience -= await nothingElseRuns(Math.min(patience, 5000));
      const time = await contestant.turn();
      if (round >= 0) times[name].push(time);
    }
  }
  return times as Record<Names, Took[]>;
}

/**
 * Waits until no other thread is running: OpenMP's spin for some milliseconds after their work, and there may
 * be other programs. Where the system does not tell, waits for OpenMP alone.
 *
 * @param patience the longest to wait, in milliseconds.
 * @returns how long it was.
 */
async function nothingElseRuns(patience: number): Promise<number> {
  const start = performance.now();
  let quiet = 0;
  do {
    await pause(5);
    quiet = runningThreads() <= 1 ? quiet + 1 : 0;
  } while (quiet < 2 && performance.now() - start < patience);
  return performance.now() - start;
}

/** How many threads run or wait for a processor, this one included. */
function runningThreads(): number {
  if (process.platform !== "linux") return 1;
  return Number.parseInt(readFileSync("/proc/loadavg", "utf8").split(" ")[3], 10);
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

/** Runs a program and watches its time and its memory, that of the programs it starts included. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export interface MeasuredRun {
  seconds: number;
  /** Processor time of the program and its children, which other work on the machine hardly changes; undefined without /proc. */
  cpuSeconds: number | undefined;
  /** Most memory that the program and its children held together, in MB; undefined where /proc is missing. */
  peakMB: number | undefined;
  /** The most held in the first and in the last quarter of the run: alike, where memory doesn't grow with length. */
  earlyMB: number | undefined;
  lateMB: number | undefined;
  output: string;
}

const pollMilliseconds = 50;

/** Throws where the program fails. */
export async function measuredRun(program: string, args: readonly string[]): Promise<MeasuredRun> {
  const held: number[] = [];
  let ticks = 0;
  const start = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.on("data", (part) => {
    output += part;
  });
  child.stderr.on("data", (part) => {
    errors = (errors + part).slice(-2000);
  });
  const timer = setInterval(() => {
    const { bytes, cpuTicks } = usageOf(child.pid!);
    if (bytes > 0) held.push(bytes / 1e6);
    ticks = Math.max(ticks, cpuTicks);
  }, pollMilliseconds);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  clearInterval(timer);
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${code}:\n${errors}`);
  const quarter = Math.ceil(held.length / 4);
  return {
    seconds,
    cpuSeconds: ticks === 0 ? undefined : ticks / 100,
    peakMB: most(held),
    earlyMB: most(held.slice(0, quarter)),
    lateMB: most(held.slice(-quarter)),
    output,
  };
}

function most(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.round(Math.max(...values));
}

interface Usage {
  bytes: number;
  cpuTicks: number;
}

/** What a process and all its descendants, ended ones included, hold and have used; zeros where that can't be read. */
function usageOf(root: number): Usage {
  const children = new Map<number, number[]>();
  const own = new Map<number, Usage>();
  for (const entry of processes()) {
    const id = Number(entry);
    try {
      const { parent, ...usage } = statOf(entry);
      own.set(id, usage);
      children.set(parent, [...(children.get(parent) ?? []), id]);
    } catch {
      // The process ended while we looked.
    }
  }
  const total = (id: number): Usage => {
    const sum = { ...(own.get(id) ?? { bytes: 0, cpuTicks: 0 }) };
    for (const child of children.get(id) ?? []) {
      const { bytes, cpuTicks } = total(child);
      sum.bytes += bytes;
      sum.cpuTicks += cpuTicks;
    }
    return sum;
  };
  return total(root);
}

function processes(): string[] {
  try {
    return readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  } catch {
    return [];
  }
}

/** From proc(5): after the name come state, parent, …, times in ticks from 11 (children's from 13), resident pages at 21. */
function statOf(id: string): Usage & { parent: number } {
  const text = readFileSync(`/proc/${id}/stat`, "utf8");
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15);
  return {
    parent: fields[1],
    bytes: fields[21] * 4096,
    cpuTicks: user + system + childrenUser + childrenSystem,
  };
}

/**
 * Runs a benchmark: `npm run bench -- NAME [--json] [--only TEXT]`; without a name, lists them.
 *
 * A benchmark is a file bench/NAME.ts that exports `async function* run(options: BenchOptions)`, which yields
 * one line a case. With --json each is printed as one line of JSON, else as a row of a table.
 */
import { readdirSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type BenchOptions, type Line, machine } from "./measure.ts";

const folder = import.meta.dirname;
const usage = "npm run bench -- NAME [--json] [--only TEXT]";

const { values: flags, positionals } = readArguments();
const benchmarks = findBenchmarks();
const [name] = positionals;
if (name === undefined) {
  console.log(`${usage}\n`);
  for (const [known, purpose] of benchmarks) console.log(`  ${known.padEnd(12)}${purpose}`);
} else if (benchmarks.has(name)) {
  await run(name);
} else {
  fail(`there is no benchmark "${name}"; there are ${[...benchmarks.keys()].join(", ")}`);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { json: { type: "boolean", default: false }, only: { type: "string" } },
    });
  } catch (error) {
    return fail(`${(error as Error).message}\nusage: ${usage}`);
  }
}

/** Names of all benchmarks, with the first sentence of each file. */
function findBenchmarks(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith(".ts")) continue;
    const text = readFileSync(`${folder}/${file}`, "utf8");
    if (!/^export async function\* run\(/m.test(text)) continue;
    const comment = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? "";
    const words = comment
      .replaceAll(/^\s*\* ?/gm, " ")
      .replaceAll(/\s+/g, " ")
      .trim();
    found.set(file.slice(0, -".ts".length), words.split(/(?<=\.)\s/)[0]);
  }
  return found;
}

async function run(benchmark: string): Promise<void> {
  const module = await import(`./${benchmark}.ts`);
  const lines: AsyncIterable<Line> = module.run({ only: flags.only } satisfies BenchOptions);
  if (!flags.json) console.log(`${benchmark}: ${JSON.stringify(machine())}`);
  let header = "";
  for await (const line of lines) {
    if (flags.json) console.log(JSON.stringify({ bench: benchmark, ...line, ...machine() }));
    else header = printRow(line, header);
  }
}

/** A row below its header, which is printed again when the columns change. */
function printRow(line: Line, last: string): string {
  const widths = Object.entries(line).map(([key, value]) => Math.max(key.length, cell(value).length, 7));
  const keys = Object.keys(line);
  const header = keys.join(" ");
  if (header !== last) console.log(`\n${keys.map((key, index) => key.padEnd(widths[index])).join("  ")}`);
  console.log(
    Object.values(line)
      .map((value, index) => cell(value).padEnd(widths[index]))
      .join("  "),
  );
  return header;
}

function cell(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

/**
 * Checks the package as npm would publish it: by publint, and from its own tarball, unpacked beside nothing but
 * the dependencies that it declares, where every entry point must load, have types and the command must run.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const root = resolve(import.meta.dirname, "..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const entries = Object.keys(manifest.exports).map((path) => join(manifest.name, path));
const modules = entries.filter((entry) => !entry.endsWith(".json"));

const folder = mkdtempSync(join(tmpdir(), "gatefold-package-"));
try {
  await lint();
  install();
  checkTypes(importAll());
  runCommand();
  scoreByBuiltIns();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function lint(): Promise<void> {
  const { messages } = await publint({ pkgDir: root, strict: true });
  for (const message of messages) console.error(formatMessage(message, manifest));
  if (messages.length > 0) throw new Error("publint found what is said above");
}

/** Unpacks the tarball into a project of its own, whose other packages are links to those installed here. */
function install(): void {
  const words = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename, files, size }] = JSON.parse(run("npm", words, root));
  const paths: string[] = files.map(({ path }: { path: string }) => path);
  const surplus = paths.filter(
    (path) => !/^(dist|schema|weights)\/|^(LICENSE|README\.md|package\.json)$/.test(path),
  );
  if (surplus.length > 0 || paths.some((path) => /\.test\./.test(path)))
    throw new Error(`the package holds what it should not: ${surplus.join(", ") || "tests"}`);
  const installed = join(folder, "node_modules", manifest.name);
  mkdirSync(installed, { recursive: true });
  run("tar", ["-xzf", join(folder, filename), "-C", installed, "--strip-components=1"], folder);
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    const link = join(folder, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, "node_modules", name), link);
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  console.log(`${filename}: ${files.length} files, ${Math.round(size / 1024)} kB`);
}

/** Loads every entry point; gives the names that each exports. */
function importAll(): Record<string, string[]> {
  const program = `
    const names = {};
    for (const entry of ${JSON.stringify(entries)}) {
      const options = entry.endsWith(".json") ? { with: { type: "json" } } : undefined;
      names[entry] = Object.keys(await import(entry, options));
    }
    console.log(JSON.stringify(names));`;
  writeFileSync(join(folder, "import-all.js"), program);
  const names: Record<string, string[]> = JSON.parse(run(process.execPath, ["import-all.js"], folder));
  for (const [entry, exported] of Object.entries(names)) {
    if (exported.length === 0) throw new Error(`${entry} exports nothing`);
    console.log(`${entry}: ${exported.length} names`);
  }
  return names;
}

/** A project that takes every name from every entry point passes a strict type check. */
function checkTypes(names: Record<string, string[]>): void {
  const lines = modules.map((entry, at) => {
    const used = names[entry].map((name) => `entry${at}.${name}`);
    return `import * as entry${at} from "${entry}";\nexport const all${at} = [${used.join(", ")}];`;
  });
  writeFileSync(join(folder, "consumer.ts"), lines.join("\n"));
  const options = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2024"];
  const environment = ["--types", "node", "--typeRoots", join(root, "node_modules/@types")];
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  run(process.execPath, [compiler, ...options, ...environment, "consumer.ts"], folder);
}

function runCommand(): void {
  const main = join(folder, "node_modules", manifest.name, manifest.bin.gatefold);
  const printed = run(process.execPath, [main, "--version"], folder).trim();
  if (printed !== manifest.version) throw new Error(`gatefold --version prints ${printed}`);
}

/** The networks that the package brings along are there, whole, and score a video. */
function scoreByBuiltIns(): void {
  const program = `
    import { builtInRuns, scoresOfRun, scoringModels } from "${manifest.name}/summarize";
    const features = { data: new Float32Array(2 * 96).fill(1 / 32), width: 96 };
    const shots = [{ start: 0, end: 20 }, { start: 20, end: 60 }];
    const video = { name: "two shots", frameCount: 60, picks: Int32Array.of(10, 40), features, shots, users: [] };
    const runs = new Set(scoringModels.filter((name) => name !== "fit").flatMap(builtInRuns));
    for (const run of runs) {
      const [scores] = await scoresOfRun(run, { name: "made-up", videos: [video] });
      console.log(...scores);
    }`;
  writeFileSync(join(folder, "score.js"), program);
  const lines = run(process.execPath, ["score.js"], folder).trim().split("\n");
  const isScored = (line: string) => line.split(" ").every((score) => Number(score) > 0);
  if (lines.length < 2 || !lines.every(isScored))
    throw new Error(`the built-in networks say: ${lines.join("; ")}`);
  console.log(`built-in networks: ${lines.length}`);
}

/** What a program prints. Where it fails, that goes to the terminal and ends the check. */
function run(program: string, words: readonly string[], cwd: string): string {
  const { status, stdout, error } = spawnSync(program, words, {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status === 0) return stdout;
  if (stdout) process.stderr.write(stdout);
  throw error ?? new Error(`${program} ${words.slice(0, 2).join(" ")} ended with ${status}`);
}

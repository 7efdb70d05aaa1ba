/**
 * Compiles the stream engine's kernels, `kernels/index.ts`, to WebAssembly, and writes it as the module
 * `src/stream/kernels.generated.ts`, which git ignores. Does nothing where that is up to date.
 */
import { createHash } from "node:crypto";
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import asc from "assemblyscript/asc";

const root = resolve(import.meta.dirname, "..");
const sources = globSync("kernels/**/*.ts", { cwd: root }).sort();
const target = join(root, "src/stream/kernels.generated.ts");
const options = [
  "-O3",
  "--converge",
  "--runtime",
  "stub",
  "--enable",
  "simd",
  "--importMemory",
  "--noAssert",
];
/** Numbers of four lanes pass between our own functions only. */
const quiet = ["--disableWarning", "112"];

const stamp = `// Compiled by scripts/build-kernels.ts from kernels/ (${fingerprint()}).`;
if (firstLine(target) !== stamp) write(await compile());

/** Changes with anything that the compiled module depends on. */
function fingerprint(): string {
  const hash = createHash("sha256").update(JSON.stringify(options)).update(asc.version);
  for (const source of sources) hash.update(`\0${source}\0`).update(readFileSync(join(root, source)));
  return hash.digest("hex").slice(0, 16);
}

function firstLine(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").split("\n", 1)[0];
  } catch {
    return undefined;
  }
}

async function compile(): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    ["kernels/index.ts", ...options, ...quiet, "--outFile", "kernels.wasm"],
    {
      readFile: (name, base) => (sources.includes(name) ? readFileSync(join(base, name), "utf8") : null),
      writeFile: (_, contents) => {
        if (typeof contents !== "string") binary = contents;
      },
    },
  );
  if (error || !binary) throw new Error(`kernels/index.ts does not compile:\n${stderr}`);
  return binary;
}

/** Whole or not at all, for others may be reading it. */
function write(binary: Uint8Array): void {
  const text = Buffer.from(binary).toString("base64");
  const part = `${target}.${process.pid}`;
  try {
    writeFileSync(part, `${stamp}\nexport const binary =\n  "${text}";\n`);
    renameSync(part, target);
  } finally {
    rmSync(part, { force: true });
  }
}

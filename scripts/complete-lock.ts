/**
 * Completes package-lock.json: npm leaves out the optional packages of platforms that the registry it asked does
 * not carry, and `npm ci` then refuses the lock on every machine. Their versions are pinned by the packages that
 * ask for them, their platforms stand in their names; npm fetches none of them for another platform.
 *
 *     npm install --package-lock-only && node scripts/complete-lock.ts
 */
import { readFileSync, writeFileSync } from "node:fs";

interface LockedPackage {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const systems = new Set(["android", "darwin", "freebsd", "linux", "win32"]);
const processors = new Set(["arm", "arm64", "ia32", "ppc64", "riscv64", "s390x", "x64"]);
const libraries: Record<string, string> = { gnu: "glibc", gnueabihf: "glibc", musl: "musl" };

const file = "package-lock.json";
const lock: { packages: Record<string, LockedPackage> } = JSON.parse(readFileSync(file, "utf8"));
const missing = Object.entries(lock.packages).flatMap(([path, { dev, optionalDependencies = {} }]) =>
  Object.entries(optionalDependencies)
    .filter(
      ([name]) => !lock.packages[`node_modules/${name}`] && !lock.packages[`${path}/node_modules/${name}`],
    )
    .map(([name, version]) => [`node_modules/${name}`, lockedPackage(name, version, dev)] as const),
);
const sorted = [...Object.entries(lock.packages), ...missing].sort(([a], [b]) => (a < b ? -1 : 1));
lock.packages = Object.fromEntries(sorted);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${missing.length} packages of other platforms were missing in ${file}`);

function lockedPackage(name: string, version: string, dev: boolean | undefined): LockedPackage {
  const words = name.split(/[/-]/);
  const os = words.filter((word) => systems.has(word));
  const cpu = words.filter((word) => processors.has(word));
  if (!/^\d+\.\d+\.\d+/.test(version) || os.length !== 1 || cpu.length !== 1)
    throw new Error(`${name} ${version} is missing, and its name does not tell its platform`);
  const library = words.map((word) => libraries[word]).find((one) => one !== undefined);
  return { version, cpu, ...(dev && { dev }), ...(library && { libc: [library] }), optional: true, os };
}

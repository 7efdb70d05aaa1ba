/**
 * Compiles the kernels, then `src` into `dist`, and makes the command line program executable. What was built before
 * stays in place until the new files are complete.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, renameSync, rmSync } from "node:fs";

const built = `node_modules/.built-${process.pid}`; // ignored by git, and on the same disk as dist
const replaced = `node_modules/.replaced-${process.pid}`;

const compiler = ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json", "--outDir", built];
try {
  execFileSync(process.execPath, ["scripts/build-kernels.ts"], { stdio: "inherit" });
  execFileSync(process.execPath, compiler, { stdio: "inherit" });
  chmodSync(`${built}/cli/main.js`, 0o755);
  if (existsSync("dist")) renameSync("dist", replaced);
  renameSync(built, "dist");
} finally {
  rmSync(built, { recursive: true, force: true });
  rmSync(replaced, { recursive: true, force: true });
}

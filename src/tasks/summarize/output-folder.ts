import {
  access,
  chmod,
  constants,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
} from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "../../graph/errors.ts";

/** Everything that a summary consists of. */
const entries = ["summary.json", "report.html", "skim.mp4", "keyframes"];

/** A folder that receives a summary whole or not at all. */
export interface OutputFolder {
  /** Where to write meanwhile. */
  readonly aside: string;
  /** Puts what was written in place, and an earlier summary away. */
  commit(): Promise<void>;
  /** Takes away all that was written. Does nothing after `commit`. */
  discard(): Promise<void>;
}

/**
 * Prepares to fill `folder`: a new one, an empty one, or one that holds an earlier summary and nothing else. Throws
 * InputError where it holds anything else or can't be written.
 */
export async function openOutputFolder(folder: string): Promise<OutputFolder> {
  const target = resolve(folder);
  const exists = await checkTarget(folder, target);
  const made = exists ? [] : await makeFolders(dirname(target)).catch(refuse(folder));
  const prefix = exists ? join(target, ".partial-") : join(dirname(target), `.${basename(target)}.partial-`);
  const aside = await mkdtemp(prefix).catch(refuse(folder));
  await chmod(aside, 0o777 & ~process.umask()); // mkdtemp keeps others out, which is not wanted here
  let open = true;

  async function commit(): Promise<void> {
    open = false;
    if (!exists) {
      await rename(aside, target);
      return;
    }
    for (const entry of entries) {
      await rm(join(target, entry), { recursive: true, force: true });
      if (await present(join(aside, entry))) await rename(join(aside, entry), join(target, entry));
    }
    await rmdir(aside);
  }

  async function discard(): Promise<void> {
    if (!open) return;
    open = false;
    await rm(aside, { recursive: true, force: true });
    // Someone else may have put something there meanwhile.
    for (const parent of made.reverse()) await rmdir(parent).catch(() => undefined);
  }

  return { aside, commit, discard };
}

/** Makes a folder and those above it (Node's own way never ends on /proc); returns those it made, outermost first. */
async function makeFolders(path: string): Promise<string[]> {
  if (await present(path)) return [];
  const above = await makeFolders(dirname(path));
  await mkdir(path);
  return [...above, path];
}

/** Whether the folder is there; throws where it must not be written to. */
async function checkTarget(folder: string, target: string): Promise<boolean> {
  const status = await stat(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw refuse(folder)(error);
  });
  if (status === undefined) return false;
  if (!status.isDirectory())
    throw new InputError(`The output folder ${folder} is a file: choose another with --out.`);
  await access(target, constants.W_OK | constants.X_OK).catch(refuse(folder));
  const present = (await readdir(target)).filter((name) => !name.startsWith(".partial-"));
  const foreign = present.find((name) => !entries.includes(name));
  if (foreign !== undefined || (present.length > 0 && !(await holdsSummary(target)))) {
    throw new InputError(
      `The output folder ${folder} holds other files (${foreign ?? present[0]}): choose another with --out, or empty it.`,
    );
  }
  return true;
}

async function holdsSummary(target: string): Promise<boolean> {
  const text = await readFile(join(target, "summary.json"), "utf8").catch(() => "");
  const pictures = await readdir(join(target, "keyframes")).catch(() => []);
  return (
    /"format":\s*"gatefold-summary"/.test(text) && pictures.every((name) => /^frame-\d+\.jpg$/.test(name))
  );
}

async function present(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function refuse(folder: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    throw new InputError(
      `Can't write to the output folder ${folder}: ${reason(error)}. Choose another with --out.`,
    );
  };
}

function reason({ code, message }: NodeJS.ErrnoException): string {
  if (code === "EACCES" || code === "EPERM") return "no permission";
  if (code === "EROFS") return "it is on a read-only disk";
  if (code === "ENOSPC") return "the disk is full";
  if (code === "ENOTDIR" || code === "EEXIST") return "a part of its path is a file";
  return message;
}

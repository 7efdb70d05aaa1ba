/** The folder where image networks lie that were fetched. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { KnownModel } from "./known-models.ts";

/** $XDG_CACHE_HOME/gatefold/features; in ~/.cache where that is not set. */
export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME ?? "";
  // A path that is not absolute is to be ignored (XDG Base Directory Specification 0.8).
  return join(isAbsolute(base) ? base : join(homedir(), ".cache"), "gatefold", "features");
}

export function cachedFile({ name }: KnownModel): string {
  return join(cacheFolder(), `${name}.onnx`);
}

/** Whether a model lies there, by its size. */
export async function isCached(model: KnownModel): Promise<boolean> {
  const found = await stat(cachedFile(model)).catch(() => undefined);
  return found?.isFile() === true && found.size === model.bytes;
}

/** Whether a model lies there, every byte of it right. */
export async function isVerified(model: KnownModel): Promise<boolean> {
  if (!(await isCached(model))) return false;
  const hash = createHash("sha256");
  await pipeline(createReadStream(cachedFile(model)), hash);
  return hash.digest("hex") === model.sha256;
}

/** Ways for a known model into the cache. What is there before is replaced by a whole, verified file, or stays. */
import { createReadStream } from "node:fs";
import { InputError } from "../../../graph/errors.ts";
import { cachedFile } from "./cache.ts";
import { type DownloadOptions, download } from "./download.ts";
import { Incoming } from "./incoming.ts";
import type { KnownModel } from "./known-models.ts";

/**
 * Fetches a model from its address, or another that has the same file.
 * Throws InputError for what a user can mend, and the signal's reason when aborted.
 */
export function fetchModel(
  model: KnownModel,
  { url = model.url, ...options }: DownloadOptions & { url?: string } = {},
): Promise<void> {
  return install(model, url, (incoming) => download(url, incoming, options));
}

/** Takes a model from a file that the user got otherwise; throws as `fetchModel` does. */
export function copyModel(
  model: KnownModel,
  file: string,
  { signal, onProgress }: DownloadOptions = {},
): Promise<void> {
  return install(model, file, async (incoming) => {
    try {
      for await (const chunk of createReadStream(file, { signal })) {
        await incoming.write(chunk, file);
        onProgress?.(incoming.received);
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof InputError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      throw new InputError(`Can't read ${file}: ${code === "ENOENT" ? "there is no such file" : message}.`);
    }
  });
}

async function install(
  model: KnownModel,
  source: string,
  bring: (incoming: Incoming) => Promise<void>,
): Promise<void> {
  const incoming = new Incoming(cachedFile(model), model);
  try {
    await bring(incoming);
    await incoming.commit(source);
  } catch (error) {
    await incoming.discard();
    throw error;
  }
}

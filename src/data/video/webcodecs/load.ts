/** Loads the npm decoder, and holds off what it does to a process that doesn't look after it. */

import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { InputError } from "../../../graph/errors.ts";

const require = createRequire(import.meta.url);

/** Puts @napi-rs/webcodecs under the standard's global names, where mediabunny looks for them, and gives mediabunny. */
export async function loadMediabunny(): Promise<typeof import("mediabunny")> {
  loadCodecs();
  return loadContainers();
}

/** Mediabunny, to read and write files without decoding them. */
export async function loadContainers(): Promise<typeof import("mediabunny")> {
  const mediabunny = await import("mediabunny");
  // It would print warnings of tracks that nobody asked for.
  mediabunny.Logging.level = mediabunny.LogLevel.Silent;
  return mediabunny;
}

/** The npm decoder and encoder. Throws InputError where they aren't installed. */
export function loadCodecs(): typeof import("@napi-rs/webcodecs") {
  try {
    require("@napi-rs/webcodecs/polyfill");
    return require("@napi-rs/webcodecs");
  } catch (error) {
    throw new InputError(
      `The npm video decoder (@napi-rs/webcodecs) can't be loaded here (${(error as Error).message.split("\n")[0]}): ` +
        "install ffmpeg, or run npm install again without --omit=optional.",
    );
  }
}

/**
 * The decoder's pending work doesn't keep Node alive; this does, until it is released. Meanwhile it collects when the
 * process has grown by what nobody counted, such as frames that are decoded on the way to the one asked for.
 */
export function keepAlive(): { release(): void } {
  let held = process.memoryUsage.rss();
  const timer = setInterval(() => {
    const now = process.memoryUsage.rss();
    if (now - held > bytesPerCollection) {
      collectNow();
      held = now;
    } else held = Math.min(held, now);
  }, watchMilliseconds);
  return { release: () => clearInterval(timer) };
}

const watchMilliseconds = 40;
const bytesPerCollection = 80e6;
let bytesInUse = 0;
let collect: (() => void) | undefined;

/**
 * Counts the bytes of a frame that was decoded or is to be encoded. Closed frames give their memory back only when V8
 * collects their wrappers, which V8, seeing a small heap, puts off for gigabytes: so this collects when it is time.
 */
export function countFrame(bytes: number): void {
  bytesInUse += bytes;
  if (bytesInUse >= bytesPerCollection) collectNow();
}

function collectNow(): void {
  bytesInUse = 0;
  collect ??= findCollector();
  collect();
}

function findCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

import { Command } from "commander";
import type { KnownModel } from "../tasks/summarize/features/known-models.ts";
import { inColumns } from "./columns.ts";
import { endInterrupted } from "./interrupted.ts";

/** `gatefold features`, `gatefold features fetch NAME`. */
export function featuresCommand(): Command {
  return new Command("features")
    .summary("list image networks for summarize, and fetch one")
    .description(
      "Lists image networks that `gatefold summarize VIDEO --features NAME` can describe frames\n" +
        "with, and whether they are on this machine.",
    )
    .addCommand(fetchCommand())
    .helpCommand(false)
    .action(list);
}

function fetchCommand(): Command {
  return new Command("fetch")
    .description(
      "Downloads a network into the cache folder and verifies its checksum. From then on no\n" +
        "network is needed. The folder is $XDG_CACHE_HOME/gatefold/features (~/.cache/… where\n" +
        "that is not set); it may be deleted at any time.",
    )
    .argument("<name>", "as `gatefold features` lists it")
    .option("--url <address>", "a mirror; what comes must be the same file")
    .option("--from <file>", "take this file, got otherwise, instead of downloading")
    .addHelpText(
      "after",
      `
Examples:
  $ gatefold features fetch mobilenet-v2
  $ gatefold summarize talk.mp4 --features mobilenet-v2
`,
    )
    .action(fetch);
}

async function list(): Promise<void> {
  const { knownModels } = await import("../tasks/summarize/features/known-models.ts");
  const { cacheFolder, isCached } = await import("../tasks/summarize/features/cache.ts");
  const rows = [["NAME", "WIDTH", "SIZE", "LICENSE", "CACHED", "SOURCE"]];
  for (const model of knownModels) {
    const { name, width, bytes, license, url } = model;
    const cached = (await isCached(model)) ? "yes" : "no";
    rows.push([name, String(width), inMegabytes(bytes), license, cached, url]);
  }
  process.stdout.write(`${inColumns(rows, () => true)}\n\nThe cache is ${cacheFolder()}.\n`);
}

interface FetchFlags {
  url?: string;
  from?: string;
}

async function fetch(name: string, { url, from }: FetchFlags, command: Command): Promise<void> {
  if (url !== undefined && from !== undefined) {
    command.error("error: --url and --from exclude each other");
  }
  const { knownModel } = await import("../tasks/summarize/features/known-models.ts");
  const { cachedFile, isVerified } = await import("../tasks/summarize/features/cache.ts");
  const model = knownModel(name);
  if (await isVerified(model)) process.stdout.write(`${cachedFile(model)} is there already.\n`);
  else if (await bring(model, { url, from })) process.stdout.write(`${cachedFile(model)}\n`);
}

/** Whether it came, and was not interrupted. */
async function bring(model: KnownModel, { url, from }: FetchFlags): Promise<boolean> {
  const { copyModel, fetchModel } = await import("../tasks/summarize/features/install.ts");
  const { watchInterrupt } = await import("../train/interrupt.ts");
  const { createProgress } = await import("../train/progress.ts");
  const progress = createProgress(process.stderr, process.stderr.isTTY ? undefined : "silent");
  using interrupt = watchInterrupt();
  const options = {
    signal: interrupt.signal,
    onProgress: (done: number) =>
      progress.report({ phase: `bringing in ${model.name}, bytes`, done, total: model.bytes }),
  };
  try {
    await (from === undefined ? fetchModel(model, { url, ...options }) : copyModel(model, from, options));
    progress.close();
    return true;
  } catch (error) {
    progress.close();
    if (!interrupt.signal.aborted) throw error;
    endInterrupted("nothing was written");
    return false;
  }
}

function inMegabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

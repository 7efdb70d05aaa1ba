import { Command, Option } from "commander";
import type { MakeSetOptions } from "../tasks/summarize/datasets/make-set.ts";
import { endInterrupted } from "./interrupted.ts";
import { parseFrameRate, parsePositive } from "./numbers.ts";

type Flags = Omit<MakeSetOptions, "out"> & { out?: string };

/** `gatefold data VIDEOS…` and `gatefold data check FILE`. */
export function dataCommand(): Command {
  return new Command("data")
    .summary("make a data set of videos, or look at one")
    .description(
      "Makes a data set of videos to train and measure summaries on: features, shots\n" +
        "and what people said of them, in the HDF5 layout that programs for SumMe and\n" +
        "TVSum read. After Ctrl-C the same command goes on where it was.",
    )
    .argument("<videos...>", "video files, and folders of them")
    .option("-o, --out <file>", "HDF5 file to write")
    .option(
      "--features <file>",
      "ONNX image network that describes frames (FILE.json\nbeside it tells its input)",
    )
    .option(
      "--ratings <file>",
      "CSV file of video,user,start,end,rating (seconds)\nor video,user,frame,rating",
    )
    .option("--fps <rate>", "frames to look at, a second", parseFrameRate, 2)
    .addOption(
      new Option("--decoder <name>", "what decodes").choices(["auto", "ffmpeg", "webcodecs"]).default("auto"),
    )
    .option("--threads <count>", "threads of the feature network", parsePositive, 1)
    .addHelpText(
      "after",
      `
Examples:
  $ gatefold data clips/*.mp4 --out clips.h5
  $ gatefold data clips --ratings ratings.csv --out clips.h5
  $ gatefold data check clips.h5
`,
    )
    .action(make)
    .addCommand(checkCommand());
}

function checkCommand(): Command {
  return new Command("check")
    .summary("say what is in a data set, and what is wrong with it")
    .description(
      "Says what is in a data set and what is wrong with it (then with exit code 1).\n" +
        "Reads eccv16_dataset_*.h5 and what `gatefold data` makes, SumMe's folder,\n" +
        "TVSum's .mat and .tsv, folders of users' key frames, shots' histograms.",
    )
    .argument("<path>", "file or folder")
    .option("--json", "print it as JSON")
    .action(check);
}

async function make(paths: string[], { out, ...rest }: Flags, command: Command): Promise<void> {
  // Not a required option of commander's, which would be one of the command within this one too.
  if (out === undefined) command.error("error: required option '-o, --out <file>' not specified");
  const options = { ...rest, out };
  const { makeSet, partsFolder } = await import("../tasks/summarize/datasets/make-set.ts");
  const { videosIn } = await import("../tasks/summarize/datasets/videos-in.ts");
  const { watchInterrupt } = await import("../train/interrupt.ts");
  const { createProgress } = await import("../train/progress.ts");
  const progress = createProgress(process.stderr);
  const files = await videosIn(paths);
  let finished = 0;
  using interrupt = watchInterrupt();
  try {
    const videos = await makeSet(files, options, {
      signal: interrupt.signal,
      onProgress: (video, done, total) =>
        progress.report({
          phase: `watching ${video}, seconds`,
          done: Math.round(done),
          total: Math.round(total),
        }),
      onVideo: (video, place, wasDone) => {
        finished = place + 1;
        progress.close();
        progress.event(
          { event: "video", video, place, wasDone },
          `${video}: ${wasDone ? "done before" : "done"} (${finished} of ${files.length})`,
        );
      },
    });
    progress.close();
    const rated = videos.filter(({ users }) => users.length > 0).length;
    process.stdout.write(`${videos.length} videos, ${rated} of them with what users said\n${options.out}\n`);
  } catch (error) {
    progress.close();
    if (!interrupt.signal.aborted) throw error;
    const kept =
      finished === 0
        ? "nothing was written"
        : `${finished} of ${files.length} videos are done and kept in ${partsFolder(options.out)}; the same command goes on`;
    endInterrupted(kept);
  }
}

async function check(path: string, { json }: { json?: boolean }): Promise<void> {
  const { inspectAnnotatedSet } = await import("../tasks/summarize/datasets/open.ts");
  const { asJson, inLines } = await import("../tasks/summarize/datasets/describe-set.ts");
  const inspected = await inspectAnnotatedSet(path);
  process.stdout.write(
    json ? `${JSON.stringify(asJson(inspected), null, 2)}\n` : `${inLines(path, inspected)}\n`,
  );
  if (inspected.findings.all.some(({ kind }) => kind === "wrong")) process.exitCode = 1;
}

/** Key frames that users chose, as published with VSUMM (de Avila et al., Pattern Recognition Letters 32, 2011) for OVP and YouTube. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { InputError } from "../../../graph/errors.ts";
import type { AnnotatedVideo } from "./annotated-video.ts";
import { checkVideo, type FieldNames } from "./check-video.ts";
import type { Findings } from "./findings.ts";
import { usualPicks } from "./labels.ts";

const fieldNames: FieldNames = {
  frameCount: "frames.json",
  picks: "frames.json",
  features: "features",
  shots: "shots",
  summary: "user",
  scores: "user",
  importance: "user",
  keySteps: "user",
};

const userFolder = /^user\s*\d+$/i;
const frameFile = /^frame\s*_?(\d+)\.(jpe?g|png)$/i;
const lengths = z.record(z.string(), z.int().positive());

/** Whether folders are videos of this form: users' folders lie in the first of them. */
export async function isKeyframeFolder(folder: string, folders: readonly string[]): Promise<boolean> {
  const first = folders.at(0);
  return first !== undefined && (await readdir(join(folder, first))).some((name) => userFolder.test(name));
}

/**
 * A folder of videos' folders, `VIDEO/user1 … user5/FrameNNNN.jpeg`: each picture is a frame that the user chose. How many frames
 * a video has may stand in frames.json, `{"v21": 3279}`. A step is as important as the share of users who chose a
 * frame from it on to before the next.
 */
export async function readKeyframeFolders(
  folder: string,
  folders: readonly string[],
  findings: Findings,
): Promise<AnnotatedVideo[]> {
  const known = await readLengths(join(folder, "frames.json"));
  const videos: AnnotatedVideo[] = [];
  for (const name of folders) {
    const users = (await readdir(join(folder, name))).filter((file) => userFolder.test(file));
    users.sort(new Intl.Collator("en", { numeric: true }).compare);
    const chosen: number[][] = [];
    for (const user of users) {
      const files = await readdir(join(folder, name, user));
      const frames = files.flatMap((file) => frameFile.exec(file)?.[1] ?? []).map(Number);
      if (frames.length === 0)
        findings.wrong(`there is no FrameNNNN.jpeg in ${user}`, { video: name, field: user });
      chosen.push(frames);
    }
    const video = videoOf(name, chosen, known.get(name), findings);
    if (video) videos.push(video);
  }
  return videos;
}

function videoOf(
  name: string,
  chosen: readonly number[][],
  length: number | undefined,
  findings: Findings,
): AnnotatedVideo | undefined {
  const last = Math.max(-1, ...chosen.flat());
  if (last < 0) {
    findings.wrong("no user chose a frame of it", { video: name });
    return undefined;
  }
  if (length === undefined)
    findings.note(
      'it is taken to end with the last frame that was chosen: put a frames.json beside, {"NAME": frames}',
      { video: name },
    );
  if (length !== undefined && last >= length) {
    findings.wrong(`frame ${last} was chosen, and frames.json says that it has ${length}`, {
      video: name,
      field: "frames.json",
    });
    return undefined;
  }
  const frameCount = length ?? last + 1;
  const picks = usualPicks(frameCount);
  const summaries = chosen.map((frames) => {
    const summary = new Uint8Array(frameCount);
    for (const frame of frames) summary[frame] = 1;
    return summary;
  });
  const importance = Float32Array.from(picks, (start, step) => {
    const end = picks[step + 1] ?? frameCount;
    const near = summaries.filter((summary) => summary.subarray(start, end).includes(1));
    return near.length / summaries.length;
  });
  const video: AnnotatedVideo = {
    name,
    frameCount,
    picks,
    users: summaries.map((summary) => ({ summary })),
    importance,
  };
  checkVideo(video, fieldNames, findings);
  return video;
}

async function readLengths(path: string): Promise<Map<string, number>> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return new Map();
  try {
    return new Map(Object.entries(lengths.parse(JSON.parse(text))));
  } catch (cause) {
    throw new InputError(`${path} must hold the numbers of videos' frames, such as {"v21": 3279}`, { cause });
  }
}

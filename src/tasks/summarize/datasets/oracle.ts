/** Key frames to learn, one set a video, of OVP and YouTube (Gong, Chao, Grauman & Sha, NIPS 2014; "Oracle_groundset"). */
import type { MatlabValue } from "../../../data/matlab/value.ts";
import type { AnnotatedVideo } from "./annotated-video.ts";
import { checkVideo, type FieldNames } from "./check-video.ts";
import type { Findings } from "./findings.ts";

type Cells = MatlabValue & { kind: "cells" };

const fieldNames: FieldNames = {
  frameCount: "ground set",
  picks: "ground set",
  features: "features",
  shots: "shots",
  summary: "oracle",
  scores: "oracle",
  importance: "oracle",
  keySteps: "oracle",
};

/** The table of such a file: cells of 3 × videos, of a video's number, its key frames, and the frames they are chosen from. */
export function oracleIn(variables: ReadonlyMap<string, MatlabValue>): Cells | undefined {
  return [...variables.values()].find(
    (value): value is Cells =>
      value.kind === "cells" && value.dims.length === 2 && value.dims.includes(3) && value.cells.length > 3,
  );
}

/**
 * Videos "v21", "v22", …, whose steps are the frames that key frames are chosen from. Nobody's own summaries are in such a file, nor is
 * how long a video is: it is taken to end with its last step.
 */
export function readOracle({ dims, cells }: Cells, findings: Findings): AnnotatedVideo[] {
  const [rows] = dims;
  const count = cells.length / 3;
  // Column by column: a video's three cells follow each other where they are a column.
  const cell = (video: number, part: number) => cells[rows === 3 ? 3 * video + part : count * part + video];
  return Array.from({ length: count }, (_, at) => at).flatMap((at) => {
    const [number, chosen, frames] = [0, 1, 2].map((part) => {
      const value = cell(at, part);
      return value.kind === "numbers" ? value.data : undefined;
    });
    const name = number?.length === 1 ? `v${number[0]}` : `v(${at + 1})`;
    if (number?.length !== 1 || !chosen || !frames) {
      findings.wrong("it is not made of a number, key frames and the frames they are chosen from", {
        video: name,
      });
      return [];
    }
    const strange = chosen.find((frame) => !frames.includes(frame));
    if (strange !== undefined)
      findings.wrong(`key frame ${strange} is none of the frames that it is chosen from`, {
        video: name,
        field: "oracle",
      });
    const video: AnnotatedVideo = {
      name,
      frameCount: (frames.at(-1) ?? 0) + 1,
      picks: Int32Array.from(frames),
      users: [],
      keySteps: Uint8Array.from(frames, (frame) => Number(chosen.includes(frame))),
    };
    checkVideo(video, fieldNames, findings);
    return [video];
  });
}

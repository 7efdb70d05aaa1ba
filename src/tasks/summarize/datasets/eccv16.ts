/**
 * HDF5 files in the layout of those that go round as `eccv16_dataset_*_google_pool5.h5` (features of Zhang et al., ECCV 2016,
 * put into files by Zhou, Qiao & Xiang, AAAI 2018): a group a video.
 */
import { doublesOf, type Hdf5Array, type Hdf5Group } from "../../../data/hdf5/read.ts";
import type { AnnotatedVideo, FrameRange, UserAnnotation } from "./annotated-video.ts";
import { checkVideo, type FieldNames } from "./check-video.ts";
import type { Findings } from "./findings.ts";
import { usualPicks } from "./labels.ts";

/** What the fields are called; `user_scores` and `fps` are additions of this program. */
export const fieldNames: FieldNames = {
  frameCount: "n_frames",
  picks: "picks",
  features: "features",
  shots: "change_points",
  summary: "user_summary",
  scores: "user_scores",
  importance: "gtscore",
  keySteps: "gtsummary",
};

const known = new Set([...Object.values(fieldNames), "n_steps", "n_frame_per_seg", "fps"]);
const telling = ["features", "picks", "change_points", "n_frames", "user_summary", "gtscore"];

/** Whether a file's groups are videos of this layout. */
export const isEccv16 = (root: Hdf5Group): boolean =>
  [...root.groups.values()].some(({ arrays }) => telling.filter((name) => arrays.has(name)).length >= 2);

export function readEccv16(root: Hdf5Group, findings: Findings): AnnotatedVideo[] {
  const byNumber = new Intl.Collator("en", { numeric: true }).compare;
  return [...root.groups]
    .sort(([one], [other]) => byNumber(one, other))
    .flatMap(([name, group]) => readVideo(name, group, findings) ?? []);
}

function readVideo(name: string, group: Hdf5Group, findings: Findings): AnnotatedVideo | undefined {
  const wrong = (field: string, text: string) => findings.wrong(text, { video: name, field });
  const fields = new Fields(group, wrong);
  const frameCount = fields.number("n_frames");
  if (frameCount === undefined) {
    wrong(
      "n_frames",
      `there is no such number: it has ${[...group.arrays.keys(), ...group.texts.keys()].join(", ") || "nothing"}`,
    );
    return undefined;
  }
  const features = fields.matrix("features");
  const steps = features?.rows ?? fields.list("gtscore")?.length;
  const picks = picksOf(fields, frameCount, steps, (text) => wrong("picks", text));
  const claimed = fields.number("n_steps");
  if (claimed !== undefined && claimed !== picks.length)
    wrong("n_steps", `it says ${claimed} steps, and there are ${picks.length}`);
  const alias = group.texts.get("video_name")?.texts[0];
  const rate = fields.number("fps");
  const shots = shotsOf(fields, wrong);
  const gtscore = fields.list("gtscore");
  const gtsummary = fields.list("gtsummary");
  const video: AnnotatedVideo = {
    name,
    ...(alias !== undefined && alias !== name && { alias }),
    frameCount,
    ...(rate !== undefined && { rate }),
    picks,
    ...(features && { features: { data: singlesOf(features.data), width: features.columns } }),
    ...(shots && { shots }),
    users: usersOf(fields, wrong),
    ...(gtscore && { importance: singlesOf(gtscore) }),
    ...(gtsummary && {
      keySteps: asChoice(gtsummary, (at, value) =>
        wrong("gtsummary", `that of step ${at} is ${value}, and must be 0 or 1`),
      ),
    }),
  };
  const foreign = [...group.arrays.keys()].filter((field) => !known.has(field));
  if (foreign.length > 0)
    findings.note(`fields of other names are left out: ${foreign.join(", ")}`, { video: name });
  checkVideo(video, fieldNames, findings);
  return video;
}

/** Files of features alone may lack picks: then steps are 15 frames apart, if their number says so. */
function picksOf(
  fields: Fields,
  frameCount: number,
  steps: number | undefined,
  wrong: (text: string) => void,
): Int32Array {
  const picks = fields.list("picks");
  if (picks) return Int32Array.from(picks);
  const usual = usualPicks(frameCount);
  if (steps !== undefined && steps !== usual.length)
    wrong(`there are none, and ${steps} steps are not every 15th of ${frameCount} frames`);
  return usual;
}

/** Change points are each shot's first and last frame. */
function shotsOf(fields: Fields, wrong: (field: string, text: string) => void): FrameRange[] | undefined {
  const points = fields.matrix("change_points");
  if (!points) return undefined;
  if (points.columns !== 2) {
    wrong(
      "change_points",
      `they are [${points.rows}, ${points.columns}], and must be [shots, 2]: first and last frame`,
    );
    return undefined;
  }
  const shots = Array.from({ length: points.rows }, (_, at) => ({
    start: points.data[2 * at],
    end: points.data[2 * at + 1] + 1,
  }));
  const lengths = fields.list("n_frame_per_seg");
  const unlike = lengths ? shots.findIndex(({ start, end }, at) => lengths[at] !== end - start) : -1;
  if (lengths && (unlike >= 0 || lengths.length !== shots.length))
    wrong("n_frame_per_seg", `it does not agree with the lengths of the shots in "change_points"`);
  return shots;
}

function usersOf(fields: Fields, wrong: (field: string, text: string) => void): UserAnnotation[] {
  const summaries = fields.matrix("user_summary");
  const scores = fields.matrix("user_scores");
  if (summaries && scores && summaries.rows !== scores.rows)
    wrong("user_scores", `it has ${scores.rows} users, and "user_summary" ${summaries.rows}`);
  const count = Math.max(summaries?.rows ?? 0, scores?.rows ?? 0);
  return Array.from({ length: count }, (_, user) => ({
    ...(summaries &&
      user < summaries.rows && {
        summary: asChoice(rowOf(summaries, user), (at, value) =>
          wrong("user_summary", `that of user ${user + 1} for frame ${at} is ${value}, and must be 0 or 1`),
        ),
      }),
    ...(scores && user < scores.rows && { scores: singlesOf(rowOf(scores, user)) }),
  }));
}

/** 0 and 1, and nothing else. */
function asChoice(values: Float64Array, wrong: (at: number, value: number) => void): Uint8Array {
  const unfit = values.findIndex((value) => value !== 0 && value !== 1);
  if (unfit >= 0) wrong(unfit, values[unfit]);
  return new Uint8Array(values);
}

interface Matrix {
  rows: number;
  columns: number;
  data: Float64Array | Float32Array;
}

const singlesOf = (data: Float64Array | Float32Array): Float32Array =>
  data instanceof Float32Array ? data : new Float32Array(data);

const rowOf = ({ data, columns }: Matrix, row: number): Float64Array =>
  new Float64Array(data.subarray(row * columns, (row + 1) * columns));

/** The numbers of a video's group. A field of another shape is wrong, one that is not there undefined. */
class Fields {
  private readonly group: Hdf5Group;
  private readonly wrong: (field: string, text: string) => void;

  constructor(group: Hdf5Group, wrong: (field: string, text: string) => void) {
    this.group = group;
    this.wrong = wrong;
  }

  /** A number alone, or as the only one of an array. */
  number(field: string): number | undefined {
    const array = this.group.arrays.get(field);
    if (!array) return undefined;
    if (array.data.length === 1) return Number(array.data[0]);
    this.wrong(field, `it is ${shape(array)}, and must be one number`);
    return undefined;
  }

  list(field: string): Float64Array | undefined {
    const array = this.group.arrays.get(field);
    if (!array) return undefined;
    if (array.dims.filter((side) => side !== 1).length <= 1) return doublesOf(array);
    this.wrong(field, `it is ${shape(array)}, and must be a list`);
    return undefined;
  }

  matrix(field: string): Matrix | undefined {
    const array = this.group.arrays.get(field);
    if (!array) return undefined;
    if (array.dims.length !== 2) {
      this.wrong(field, `it is ${shape(array)}, and must have two axes`);
      return undefined;
    }
    const [rows, columns] = array.dims;
    const data = array.dtype === "float32" ? array.data : doublesOf(array);
    return { rows, columns, data };
  }
}

const shape = ({ dims }: Hdf5Array): string => `[${dims.join(", ")}]`;

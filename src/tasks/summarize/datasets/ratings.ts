/** Ratings of videos in a table: a line for what one user said of one frame, or of one stretch of time. */
import { readCsv } from "../../../data/csv.ts";
import { InputError } from "../../../graph/errors.ts";
import type { AnnotatedVideo, UserAnnotation } from "./annotated-video.ts";
import { importanceOf } from "./labels.ts";
import { findVideo } from "./video-names.ts";

interface Stretch {
  start: number;
  /** Not in it. */
  end: number;
  rating: number;
  line: number;
}

export interface Ratings {
  source: string;
  unit: "frames" | "seconds";
  /** By video and user, in the order in which they first come. */
  videos: ReadonlyMap<string, ReadonlyMap<string, readonly Stretch[]>>;
  /** Of all ratings. */
  least: number;
  greatest: number;
}

/**
 * Reads ratings: columns `video`, `user`, `rating` and either `frame` (from 0) or `start` and `end` (seconds), in any order;
 * other columns are passed over.
 *
 * ```csv
 * video,user,start,end,rating
 * talk.mp4,anna,0,12.4,3
 * talk.mp4,anna,12.4,31,5
 * ```
 *
 * @throws InputError that names the line where something is missing or no number
 */
export function readRatings(text: string, source: string): Ratings {
  const { columns, rows } = readCsv(text, source);
  const unit = columns.includes("frame") ? "frames" : "seconds";
  const needed = ["video", "user", "rating", ...(unit === "frames" ? ["frame"] : ["start", "end"])];
  const missing = needed.filter((name) => !columns.includes(name));
  if (missing.length > 0)
    throw new InputError(
      `${source}: there is no column "${missing[0]}": they must be video,user,frame,rating or video,user,start,end,rating`,
    );
  const videos = new Map<string, Map<string, Stretch[]>>();
  for (const { line, cells } of rows) {
    const number = (column: string): number => {
      const cell = cells.get(column) ?? "";
      const value = cell.trim() === "" ? Number.NaN : Number(cell);
      if (Number.isFinite(value)) return value;
      throw new InputError(`${source}, line ${line}, "${column}": "${cell}" is no number`);
    };
    const start = number(unit === "frames" ? "frame" : "start");
    const end = unit === "frames" ? start + 1 : number("end");
    if (!(start >= 0 && end > start) || (unit === "frames" && !Number.isInteger(start)))
      throw new InputError(
        `${source}, line ${line}: ${unit === "frames" ? `${start} is no frame` : `it must end after it starts, from 0 s on`}`,
      );
    const users = videos.get(cells.get("video") ?? "") ?? new Map<string, Stretch[]>();
    videos.set(cells.get("video") ?? "", users);
    const stretches = users.get(cells.get("user") ?? "") ?? [];
    users.set(cells.get("user") ?? "", stretches);
    stretches.push({ start, end, rating: number("rating"), line });
  }
  const all = [...videos.values()].flatMap((users) => [...users.values()].flat());
  const [least, greatest] = all.reduce(
    ([low, high], { rating }) => [Math.min(low, rating), Math.max(high, rating)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  if (!(greatest > least)) throw new InputError(`${source}: all ratings are the same, or there are none`);
  return { source, unit, videos, least, greatest };
}

/** By videos' names what the table calls them. Each must be in it, and nothing else. */
export function matchRatings(ratings: Ratings, names: readonly string[]): Map<string, string> {
  const videos = names.map((name) => ({ name }));
  const matched = [...ratings.videos.keys()].map((rated): [string, string] => {
    const bare = rated.replace(/\.[a-z0-9]{2,4}$/i, "");
    const found = findVideo(rated, videos, ratings.source) ?? findVideo(bare, videos, ratings.source);
    if (found) return [found.name, rated];
    throw new InputError(`${ratings.source}: there is no video "${rated}": ${names.join(", ")} are there`);
  });
  const unrated = names.find((name) => !matched.some(([found]) => found === name));
  if (unrated !== undefined)
    throw new InputError(
      `${ratings.source}: nobody rated the video "${unrated}": add ratings of it, or leave it out`,
    );
  return new Map(matched);
}

/**
 * What users said of a video, frame by frame. Where no rating of the table is other than 0 and 1, they are summaries too.
 * Importance is (mean − least)/(greatest − least) at each step's frame, over the ratings of the whole table.
 *
 * @param times seconds at which each frame is shown, [frames]
 * @throws InputError that names video and user where a frame has no rating, or two
 */
export function rated(
  video: AnnotatedVideo,
  times: Float64Array,
  ratings: Ratings,
  name: string,
): AnnotatedVideo {
  const users = [...(ratings.videos.get(name) ?? [])].map(([user, stretches]) =>
    overFrames(stretches, times, ratings, `${ratings.source}, video "${name}", user "${user}"`),
  );
  const isChoice = users.every((scores) => scores.every((score) => score === 0 || score === 1));
  const annotations = users.map(
    (scores): UserAnnotation => (isChoice ? { scores, summary: Uint8Array.from(scores) } : { scores }),
  );
  const importance = importanceOf(users, video.picks, video.frameCount, ratings);
  return { ...video, users: annotations, importance };
}

/** A moment may be written down with three digits. */
const NEAR = 0.0005;

function overFrames(
  stretches: readonly Stretch[],
  times: Float64Array,
  { unit }: Ratings,
  place: string,
): Float32Array {
  const scores = new Float32Array(times.length).fill(Number.NaN);
  const sorted = stretches.toSorted((one, other) => one.start - other.start);
  let frame = 0;
  for (const [at, { start, end, rating, line }] of sorted.entries()) {
    const before = sorted[at - 1];
    if (before && before.end > start + (unit === "frames" ? 0 : NEAR))
      throw new InputError(`${place}: lines ${before.line} and ${line} rate the same frames`);
    if (unit === "frames" && start >= times.length)
      throw new InputError(
        `${place}: line ${line} rates frame ${start}, and the last frame is ${times.length - 1}`,
      );
    const position = (index: number) => (unit === "frames" ? index : times[index] + NEAR);
    while (frame < times.length && position(frame) < start) frame++;
    for (; frame < times.length && position(frame) < end; frame++) scores[frame] = rating;
  }
  const missing = scores.findIndex(Number.isNaN);
  if (missing < 0) return scores;
  throw new InputError(
    `${place}: frame ${missing} (${times[missing].toFixed(2)} s) has no rating: every frame needs one, to the end at ${times[times.length - 1].toFixed(2)} s`,
  );
}

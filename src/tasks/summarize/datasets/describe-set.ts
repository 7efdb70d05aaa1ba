/** A data set in words and in JSON: what each video has, and what is wrong. */
import type { AnnotatedVideo } from "./annotated-video.ts";
import { inWords } from "./findings.ts";
import type { Inspected } from "./open.ts";

interface VideoFacts {
  name: string;
  alias?: string;
  frames: number;
  rate?: number;
  steps: number;
  /** Of the features; null where there are none. */
  width: number | null;
  shots: number | null;
  users: number;
  /** What else there is: "importance", "key steps", users' "summaries" and "scores". */
  has: string[];
}

function factsOf({
  name,
  alias,
  frameCount,
  rate,
  picks,
  features,
  shots,
  ...rest
}: AnnotatedVideo): VideoFacts {
  const { users, importance, keySteps } = rest;
  const has = {
    summaries: users.some(({ summary }) => summary),
    scores: users.some(({ scores }) => scores),
    importance,
    "key steps": keySteps,
  };
  return {
    name,
    ...(alias !== undefined && { alias }),
    frames: frameCount,
    ...(rate !== undefined && { rate }),
    steps: picks.length,
    width: features?.width ?? null,
    shots: shots?.length ?? null,
    users: users.length,
    has: Object.entries(has).flatMap(([field, value]) => (value ? [field] : [])),
  };
}

export const asJson = ({ form, set, findings }: Inspected) => ({
  form,
  name: set.name,
  videos: set.videos.map(factsOf),
  findings: findings.all,
});

export function inLines(path: string, { form, set, findings }: Inspected): string {
  const facts = set.videos.map(factsOf);
  const rows = facts.map(({ name, alias, frames, steps, width, shots, users, has }) => [
    alias === undefined ? name : `${name} (${alias})`,
    ...[frames, steps, width ?? "-", shots ?? "-", users].map(String),
    has.join(", ") || "-",
  ]);
  const table = [["video", "frames", "steps", "width", "shots", "users", "has"], ...rows];
  const widths = table[0].map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const lines = table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 || column === row.length - 1
          ? cell.padEnd(widths[column])
          : cell.padStart(widths[column]),
      )
      .join("  ")
      .trimEnd(),
  );
  const told = findings.all.map((finding) => `${finding.kind}: ${inWords(path, finding)}`);
  const wrong = findings.all.filter(({ kind }) => kind === "wrong").length;
  const verdict =
    wrong === 0 ? "nothing is wrong" : `${wrong} ${wrong === 1 ? "thing is" : "things are"} wrong`;
  return [`${set.name}: ${form}, ${facts.length} videos; ${verdict}`, ...lines, ...told].join("\n");
}

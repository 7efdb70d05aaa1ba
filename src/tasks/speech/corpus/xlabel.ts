/** Reads label files of ESPS xlabel: a header up to a line "#", then a line "end-time color label" for each segment. */
import { InputError } from "../../../graph/errors.ts";

export interface Segment {
  /** Seconds from the beginning of the sound; segments follow one another without gaps, the first begins at 0. */
  end: number;
  /** What stands first; empty where only marks follow. */
  label: string;
}

/**
 * Reads the segments of a label file. What follows a label after a tab are marks of how it was spoken, which are left out.
 *
 * @param name what messages call the file
 * @throws InputError where there is no header, where a line is no segment, or where times fall
 */
export function readXlabel(text: string, name: string): Segment[] {
  const lines = text.split(/\r?\n/);
  const header = lines.findIndex((line) => line.trim() === "#");
  if (header < 0) throw new InputError(`${name}: this is no label file: no line "#" ends its header`);
  const segments: Segment[] = [];
  for (const [index, line] of lines.entries()) {
    if (index <= header || line.trim() === "") continue;
    const parts = /^\s*(\d+(?:\.\d*)?)\s+-?\d+(?: ([^\t]*))?(?:\t.*)?$/.exec(line);
    const end = Number(parts?.[1]);
    if (!parts || end < (segments.at(-1)?.end ?? 0))
      throw new InputError(
        `${name}, line ${index + 1}: ${parts ? "ends before the one above" : `"${line.slice(0, 60)}" is no "time color label"`}`,
      );
    segments.push({ end, label: (parts[2] ?? "").trim() });
  }
  return segments;
}

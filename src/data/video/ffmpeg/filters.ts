/** Filters and log lines that the readers share. */

import type { Rotation } from "../video.ts";
import type { Probe } from "./probe.ts";

/** Scales to RGB by area averages, with the color matrix that the file names or players assume. */
export function toRgb({ matrix, fullRange }: Probe, width: number, height: number): string {
  const source = matrix === "rgb" ? "" : `:in_color_matrix=${matrix}:in_range=${fullRange ? "pc" : "tv"}`;
  return `scale=${width}:${height}:flags=area+accurate_rnd+full_chroma_int${source},format=rgb24`;
}

/** Turns pictures upright; meant for after scaling, when there are fewer pixels to move. */
export function turnUpright(rotation: Rotation): string {
  return { 0: "", 90: ",transpose=clock", 180: ",hflip,vflip", 270: ",transpose=cclock" }[rotation];
}

/** The time stamp in a line of the `showinfo` filter's log, in ticks; undefined for other lines. */
export function timestampIn(line: string): number | undefined {
  if (!line.includes("pts_time:")) return undefined;
  const ticks = /\bpts:\s*(-?\d+)/.exec(line)?.[1];
  return ticks === undefined ? undefined : Number(ticks);
}

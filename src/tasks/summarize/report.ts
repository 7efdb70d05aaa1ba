import type { Summary } from "./summary.ts";

/** A small JPEG for the report, as a data URI. */
export interface ReportPicture {
  frame: number;
  time: number;
  uri: string;
}

export interface ReportPictures {
  /** In the order of summary.keyframes. */
  keyframes: ReportPicture[];
  /** Evenly spread over the video. */
  strip: ReportPicture[];
}

/** The report page. */
export function renderReport(summary: Summary, pictures: ReportPictures): string {
  return `<!doctype html><title>${summary.video.width}</title>${pictures.keyframes.map(({ uri }) => `<img src="${uri}">`).join("")}`;
}

/** What is found wrong or noteworthy in a data set. */
import { InputError } from "../../../graph/errors.ts";

/** Where something was found: in which video, in which of its fields. */
export interface Place {
  video?: string;
  field?: string;
}

export interface Finding extends Place {
  kind: "wrong" | "note";
  /** One sentence. */
  text: string;
}

export class Findings {
  readonly all: Finding[] = [];
  private readonly source: string;
  private readonly isStrict: boolean;

  /**
   * @param source names the file or folder
   * @param isStrict whether the first thing that is wrong ends all by an InputError
   */
  constructor(source: string, isStrict: boolean) {
    this.source = source;
    this.isStrict = isStrict;
  }

  wrong(text: string, place: Place = {}): void {
    this.add({ kind: "wrong", text, ...place });
  }

  note(text: string, place: Place = {}): void {
    this.add({ kind: "note", text, ...place });
  }

  private add(finding: Finding): void {
    if (this.isStrict && finding.kind === "wrong") throw new InputError(inWords(this.source, finding));
    this.all.push(finding);
  }
}

export function inWords(source: string, { video, field, text }: Finding): string {
  const places = [source, video && `video "${video}"`, field && `"${field}"`];
  return `${places.filter(Boolean).join(", ")}: ${text}`;
}

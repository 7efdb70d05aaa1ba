/** Showing how far a long piece of work is: a line that is redrawn, plain lines, or JSON. */
import { formatDuration, TimeLeft } from "./time-left.ts";

/** How far the work is. */
export interface Report {
  /** What is being done, as in "decoding": each phase has its own time left. */
  phase: string;
  /** Units of work done, and all there are; without a total no share and no time left are shown. */
  done: number;
  total?: number;
  /** What else is worth knowing now, as in "loss 0.132". */
  note?: string;
}

/** What shows progress. It slows nothing down: reports that come too fast are passed over. */
export interface Progress {
  report(report: Report): void;
  /** What happened on the way: its sentence is a line that stays; in JSON the object itself is the line. */
  event(event: { event: string; [field: string]: unknown }, sentence?: string): void;
  /** Ends the phase being shown, so that other output may follow. */
  close(): void;
}

/** Where progress goes: a terminal tells that it is one, and its width. */
export interface ProgressStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

export type ProgressStyle = "terminal" | "lines" | "json" | "silent";

interface Line extends Report {
  secondsLeft?: number;
  /** Since the phase began. */
  seconds: number;
}

interface Phase {
  line: Line;
  timeLeft: TimeLeft;
  started: number;
  shownAt?: number;
  /** Whether the last report was passed over. */
  unseen: boolean;
}

/** Milliseconds between two reports that are shown, by style. */
const INTERVAL = { terminal: 80, lines: 10_000, json: 200, silent: Number.POSITIVE_INFINITY };

/**
 * Makes a progress display.
 *
 * @param style by default a redrawn line on a terminal, plain lines elsewhere.
 * @param clock milliseconds.
 * @example
 * const progress = createProgress(process.stderr);
 * for (const [done, frame] of frames.entries()) {
 *   describe(frame);
 *   progress.report({ phase: "describing frames", done, total: frames.length });
 * }
 * progress.close();
 */
export function createProgress(
  stream: ProgressStream,
  style: ProgressStyle = stream.isTTY ? "terminal" : "lines",
  clock: () => number = () => performance.now(),
): Progress {
  if (style === "silent") return { report() {}, event() {}, close() {} };
  let phase: Phase | undefined;

  const show = (last: boolean) => {
    if (!phase) return;
    phase.unseen = false;
    phase.shownAt = clock();
    stream.write(format(phase.line, style, last, stream.columns ?? 80));
  };
  const close = () => {
    if (phase && (style === "terminal" || phase.unseen)) show(true);
    phase = undefined;
  };
  return {
    report(report) {
      const now = clock();
      if (phase?.line.phase !== report.phase) close();
      phase ??= { line: { ...report, seconds: 0 }, timeLeft: new TimeLeft(), started: now, unseen: true };
      const secondsLeft = phase.timeLeft.estimate(report.done, report.total ?? Number.NaN, now);
      phase.line = { ...report, secondsLeft, seconds: (now - phase.started) / 1000 };
      phase.unseen = true;
      if (phase.shownAt === undefined || now - phase.shownAt >= INTERVAL[style]) show(false);
    },
    event(event, sentence) {
      if (style === "json") stream.write(`${JSON.stringify(event)}\n`);
      else if (sentence !== undefined) stream.write(`${style === "terminal" ? ERASE : ""}${sentence}\n`);
      if (style === "terminal") show(false);
    },
    close,
  };
}

/** Back to the line's beginning, and clear it. */
const ERASE = "\r\u001b[K";

function format(line: Line, style: ProgressStyle, last: boolean, columns: number): string {
  if (style === "json") {
    const { phase, done, total, note, secondsLeft } = line;
    const rounded = secondsLeft === undefined ? undefined : Math.round(secondsLeft * 10) / 10;
    return `${JSON.stringify({ event: "progress", phase, done, total, secondsLeft: rounded, note })}\n`;
  }
  const text = describe(line, last);
  return style === "lines" ? `${text}\n` : `${ERASE}${fit(text, columns - 1)}${last ? "\n" : ""}`;
}

/** "decoding 45 % (450 of 1000), 12 s left, note". */
function describe({ phase, done, total, note, secondsLeft, seconds }: Line, last: boolean): string {
  const amount = total === undefined ? `${done}` : `${share(done, total)} % (${done} of ${total})`;
  const time = last
    ? formatDuration(seconds)
    : secondsLeft === undefined
      ? ""
      : `${formatDuration(secondsLeft)} left`;
  return [`${phase} ${amount}`, time, note].filter(Boolean).join(", ");
}

/** Whole percent, rounded down so that 100 means finished. */
function share(done: number, total: number): number {
  return total === 0 ? 100 : Math.floor((100 * done) / total);
}

/** Cuts a text to a width in terminal cells: a line that wraps could not be redrawn. */
function fit(text: string, width: number): string {
  const characters = [...text];
  if (cells(characters) <= width) return text;
  while (cells(characters) > width - 1) characters.pop();
  return `${characters.join("")}…`;
}

/** East Asian letters and emoji take two cells. */
function cells(characters: readonly string[]): number {
  return characters.reduce((sum, character) => sum + (character.codePointAt(0)! >= 0x1100 ? 2 : 1), 0);
}

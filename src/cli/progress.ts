import type { Stage } from "../tasks/summarize/pipeline.ts";

const labels: Record<Stage, string> = {
  watch: "Watching the video",
  score: "Weighing its moments",
  write: "Writing the summary",
};

interface ProgressPrinter {
  update: (stage: Stage, share: number) => void;
  end: () => void;
}

/**
 * Prints how far the work is: one live line with the time left on a terminal, a line at each stage's start elsewhere,
 * nothing where the output is for a program.
 */
export function progressPrinter(stream: NodeJS.WriteStream, quiet: boolean): ProgressPrinter {
  if (quiet) return { update: () => undefined, end: () => undefined };
  return stream.isTTY ? liveLine(stream) : plainLines(stream);
}

function plainLines(stream: NodeJS.WriteStream): ProgressPrinter {
  let current: Stage | undefined;
  return {
    update(stage) {
      if (stage !== current) stream.write(`${labels[stage]}\n`);
      current = stage;
    },
    end: () => undefined,
  };
}

function liveLine(stream: NodeJS.WriteStream): ProgressPrinter {
  let current: Stage | undefined;
  let began = 0;
  let painted = 0;
  return {
    update(stage, share) {
      const now = performance.now();
      if (stage !== current) {
        current = stage;
        began = now;
        painted = 0;
      }
      if (now - painted < 100 && share < 1) return;
      painted = now;
      stream.write(`\r\x1b[2K${line(stage, share, (now - began) / 1000)}`);
    },
    end() {
      if (current !== undefined) stream.write("\r\x1b[2K");
    },
  };
}

function line(stage: Stage, share: number, elapsed: number): string {
  const percent = `${Math.floor(100 * share)} %`.padStart(5);
  const left = share > 0.02 && elapsed > 0.5 ? (elapsed * (1 - share)) / share : undefined;
  return `${labels[stage]} ${percent}${left === undefined ? "" : `  ${clock(left)} left`}`;
}

function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** Tells that Ctrl-C ended a command, and what has come of its work; the exit code is 130. */
export function endInterrupted(outcome: string): void {
  process.stderr.write(`Interrupted: ${outcome}.\n`);
  process.exitCode = 130;
}

/** How long a piece of work will still take, judged by its pace so far. */

/** Judges the time left from how much of the work is done when. */
export class TimeLeft {
  #started: number | undefined;
  #doneBefore = 0;

  /**
   * Seconds left, or undefined while that is anyone's guess: in the first half second, or before anything was
   * done. What was done before the first call (of a resumed training) does not count into the pace.
   *
   * @param total NaN where it is not known.
   * @param now in milliseconds.
   */
  estimate(done: number, total: number, now: number): number | undefined {
    if (this.#started === undefined) {
      this.#started = now;
      this.#doneBefore = done;
    }
    const elapsed = (now - this.#started) / 1000;
    const progressed = done - this.#doneBefore;
    if (elapsed < 0.5 || progressed <= 0 || Number.isNaN(total)) return undefined;
    return (elapsed / progressed) * Math.max(0, total - done);
  }
}

/** "8 s", "3 min 20 s", "2 h 5 min": two units at most. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(seconds / 60);
  if (whole < 600) return join(Math.floor(whole / 60), "min", whole % 60, "s");
  if (minutes < 60) return `${minutes} min`;
  return join(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

function join(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;
}

/** Numbers on the command line. */
import { InvalidArgumentError } from "commander";

export function parsePositive(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Give a whole number of 1 or more.");
}

export function parseWhole(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Give a whole number from 0.");
}

export function parseNumber(text: string): number {
  if (text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  throw new InvalidArgumentError("Give a number.");
}

export function parseThreshold(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= 0 && value < Number.POSITIVE_INFINITY) return value;
  throw new InvalidArgumentError("Give a number of at least 0, such as 0.05.");
}

export function parseEnergy(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && value <= 1) return value;
  throw new InvalidArgumentError("Give a number above 0 and at most 1, such as 0.9.");
}

/** Frames to look at, a second. */
export function parseFrameRate(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && value <= 60) return value;
  throw new InvalidArgumentError("Give a number above 0 and at most 60, such as 2.");
}

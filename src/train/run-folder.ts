/**
 * A training's folder: `run.json` (settings), `metrics.jsonl` (a line a step), `checkpoints/`, and in the end
 * `model.safetensors`. Whenever the process is killed, what lies there continues to the same numbers.
 */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { mkdir, readdir, readFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { InputError } from "../graph/errors.ts";
import { checkFinite } from "../weights/finite.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../weights/safetensors.ts";
import type { NamedArrays } from "./optimizers.ts";
import type { TrainerState } from "./trainer.ts";
import { PARTIAL, writeAside } from "./write-aside.ts";

const FORMAT = { format: "gatefold-run", version: 1 };
const CHECKPOINT = /^step-(\d+)\.json$/;

/** What a training is at a step: its arrays, and everything else as JSON. */
export interface Checkpoint<Progress> {
  step: number;
  progress: Progress;
  state: TrainerState;
}

type Shapes = Record<string, readonly number[]>;

/** What the JSON beside a checkpoint's safetensors holds. */
interface CheckpointJson<Progress> {
  step: number;
  progress: Progress;
  /** Lines of metrics.jsonl written before. */
  metricsLines: number;
  optimizer: Record<string, number>;
}

export class RunFolder<Progress> {
  readonly path: string;
  /** Where the training stood when the folder was opened; undefined at its beginning. */
  readonly latest: Checkpoint<Progress> | undefined;
  readonly #shapes: Shapes;
  readonly #metrics: number;
  #metricsLines: number;

  private constructor(
    path: string,
    shapes: Shapes,
    latest: Checkpoint<Progress> | undefined,
    metrics: number,
    metricsLines: number,
  ) {
    this.path = path;
    this.latest = latest;
    this.#shapes = shapes;
    this.#metrics = metrics;
    this.#metricsLines = metricsLines;
  }

  /**
   * Begins a run in a new or empty folder, or continues the one that is there from its last checkpoint: what
   * was written to metrics.jsonl after it is taken back.
   *
   * @param settings all that determines the run's numbers, as JSON.
   * @param shapes the weights' shapes.
   * @throws InputError where the folder holds other files, or a run with other settings.
   */
  static async open<Progress>(path: string, settings: object, shapes: Shapes): Promise<RunFolder<Progress>> {
    await begin(path, settings);
    await mkdir(join(path, "checkpoints"), { recursive: true });
    const found = await readLatest<Progress>(join(path, "checkpoints"));
    const metricsPath = join(path, "metrics.jsonl");
    await keepLines(metricsPath, found?.metricsLines ?? 0);
    const metrics = openSync(metricsPath, "a");
    return new RunFolder(path, shapes, found?.checkpoint, metrics, found?.metricsLines ?? 0);
  }

  /** Adds a line to metrics.jsonl. */
  appendMetrics(line: object): void {
    writeSync(this.#metrics, `${JSON.stringify(line)}\n`);
    this.#metricsLines += 1;
  }

  /**
   * Saves a checkpoint and then removes all others but one.
   *
   * @param keep the step of the other one that is still needed: the best.
   */
  async save({ step, progress, state }: Checkpoint<Progress>, keep: number | undefined): Promise<void> {
    fsyncSync(this.#metrics);
    const folder = join(this.path, "checkpoints");
    const json: CheckpointJson<Progress> = {
      step,
      progress,
      metricsLines: this.#metricsLines,
      optimizer: state.optimizer.numbers,
    };
    const tensors = [
      ...this.#tensors("weights/", state.weights),
      ...this.#tensors("optimizer/", state.optimizer.arrays),
    ];
    await writeAside(join(folder, `${nameOf(step)}.safetensors`), writeSafetensors(tensors));
    // The JSON comes last: where it is, the checkpoint is whole.
    await writeAside(join(folder, `${nameOf(step)}.json`), `${JSON.stringify(json, null, 2)}\n`);
    await removeOthers(folder, [step, keep]);
  }

  /** The weights of the checkpoint at a step. */
  async readWeights(step: number): Promise<NamedArrays> {
    const { checkpoint } = await readCheckpoint(join(this.path, "checkpoints"), step);
    return checkpoint.state.weights;
  }

  /** Writes the finished model's weights, under their plain names. */
  async writeModel(weights: NamedArrays): Promise<void> {
    await writeAside(join(this.path, "model.safetensors"), writeSafetensors(this.#tensors("", weights)));
  }

  /** Arrays with the shapes of the weights that they are, or that they belong to ("first/WEIGHT"). */
  #tensors(prefix: string, arrays: NamedArrays): (readonly [string, StoredTensor])[] {
    return Object.entries(arrays).map(([name, data]) => {
      const dims = this.#shapes[name] ?? this.#shapes[name.slice(name.indexOf("/") + 1)];
      return [prefix + name, { dtype: "float32", dims, data }];
    });
  }

  close(): void {
    closeSync(this.#metrics);
  }
}

/** Writes run.json where there is no run yet, or checks that the run there is this one. */
async function begin(path: string, settings: object): Promise<void> {
  await mkdir(path, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`the run folder ${path} can't be made: ${error.message}`);
  });
  const runFile = join(path, "run.json");
  const text = await readFile(runFile, "utf8").catch(() => undefined);
  if (text === undefined) {
    const others = (await readdir(path)).filter((name) => name !== `run.json${PARTIAL}`);
    if (others.length > 0)
      throw new InputError(
        `${path} holds no run but other files (${others[0]}…): choose another folder or an empty one`,
      );
    await writeAside(runFile, `${JSON.stringify({ ...FORMAT, settings }, null, 2)}\n`);
    return;
  }
  const run = parseJson(text) as { format?: unknown; version?: unknown; settings?: unknown } | undefined;
  if (run?.format !== FORMAT.format || run.version !== FORMAT.version)
    throw new InputError(
      `${runFile} is not of this program's version ${FORMAT.version}: choose another folder`,
    );
  const difference = firstDifference(run.settings, JSON.parse(JSON.stringify(settings)), "");
  if (difference)
    throw new InputError(
      `${path} holds a run with other settings (${difference}): choose another folder, or the same settings to continue it`,
    );
}

/** "optimizer.beta1 is 0.9 there and 0.5 here" for the first setting that differs. */
function firstDifference(there: unknown, here: unknown, path: string): string | undefined {
  if (isDeepStrictEqual(there, here)) return undefined;
  if (isObject(there) && isObject(here)) {
    for (const key of new Set([...Object.keys(there), ...Object.keys(here)])) {
      const difference = firstDifference(there[key], here[key], path ? `${path}.${key}` : key);
      if (difference) return difference;
    }
  }
  const shown = (value: unknown) => (value === undefined ? "absent" : JSON.stringify(value));
  return `${path} is ${shown(there)} there and ${shown(here)} here`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The last checkpoint that is whole. */
async function readLatest<Progress>(folder: string) {
  const steps = (await readdir(folder)).flatMap((name) => CHECKPOINT.exec(name)?.[1] ?? []).map(Number);
  if (steps.length === 0) return undefined;
  return readCheckpoint<Progress>(folder, Math.max(...steps));
}

async function readCheckpoint<Progress>(folder: string, step: number) {
  const path = join(folder, nameOf(step));
  const json = parseJson(await readFile(`${path}.json`, "utf8")) as CheckpointJson<Progress> | undefined;
  if (!json)
    throw new InputError(`${path}.json is damaged: delete it to continue from an earlier checkpoint`);
  const file = `${path}.safetensors`;
  const { tensors } = readSafetensors(await readFile(file), file);
  checkFinite(file, tensors);
  const state = {
    weights: unprefixed("weights/", tensors),
    optimizer: { arrays: unprefixed("optimizer/", tensors), numbers: json.optimizer },
  };
  return { checkpoint: { step, progress: json.progress, state }, metricsLines: json.metricsLines };
}

/** Removes checkpoints but those of some steps, and what a killed process left half-written. */
async function removeOthers(folder: string, kept: readonly (number | undefined)[]): Promise<void> {
  const names = kept.filter((step) => step !== undefined).map(nameOf);
  // In order, so that a checkpoint loses its JSON, which says that it is whole, before its tensors.
  for (const file of (await readdir(folder)).sort()) {
    const ours = /^(step-\d+)\.(json|safetensors)(\.partial)?$/.exec(file);
    if (ours && (ours[3] || !names.includes(ours[1]))) await rm(join(folder, file));
  }
}

function nameOf(step: number): string {
  return `step-${`${step}`.padStart(8, "0")}`;
}

function unprefixed(prefix: string, tensors: Map<string, StoredTensor>): NamedArrays {
  const found = [...tensors].filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(
    found.map(([name, { data }]) => [name.slice(prefix.length), data as Float32Array]),
  );
}

/** Cuts a file after so many lines, so that it holds what it held when the checkpoint was saved. */
async function keepLines(path: string, lines: number): Promise<void> {
  const bytes = await readFile(path).catch(() => new Uint8Array(0));
  let end = 0;
  for (let line = 0; line < lines; line++) {
    const next = bytes.indexOf(10, end);
    if (next < 0)
      throw new InputError(
        `${path} has ${line} lines, but had ${lines} at the last checkpoint: it was changed`,
      );
    end = next + 1;
  }
  if (end < bytes.length) await truncate(path, end);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

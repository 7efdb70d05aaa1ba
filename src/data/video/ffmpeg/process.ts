/** Running the system's ffmpeg and ffprobe. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

let version: Promise<string | undefined> | undefined;

/** The installed ffmpeg's version, or undefined unless both ffmpeg and ffprobe run. */
export function ffmpegVersion(): Promise<string | undefined> {
  version ??= findVersion();
  return version;
}

async function findVersion(): Promise<string | undefined> {
  try {
    const [ffmpeg, ffprobe] = await Promise.all([
      runToEnd("ffmpeg", ["-version"]),
      runToEnd("ffprobe", ["-version"]),
    ]);
    if (ffmpeg.code !== 0 || ffprobe.code !== 0) return undefined;
    return /version (\S+)/.exec(ffmpeg.output)?.[1] ?? "unknown";
  } catch {
    return undefined;
  }
}

/** The option that hands every frame on with its own time; its name changed in ffmpeg 5.1. */
export async function passthrough(): Promise<string[]> {
  const release = /^n?(\d+)\.(\d+)/.exec((await ffmpegVersion()) ?? "");
  const old = release !== null && Number(release[1]) + Number(release[2]) / 100 < 5.01;
  return old ? ["-vsync", "passthrough"] : ["-fps_mode", "passthrough"];
}

/** A path as ffmpeg takes it whatever it looks like: "a:b.mp4" alone would name a protocol, "-x.mp4" an option. */
export function asFile(path: string): string {
  return `file:${path}`;
}

/** Runs a program that prints little. Throws where it can't be started. */
export async function runToEnd(
  program: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<{ code: number | null; output: string; errors: string }> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], signal, killSignal: "SIGKILL" });
  const exit = once(child, "close");
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, output, errors };
}

async function text(stream: Readable): Promise<string> {
  let result = "";
  stream.setEncoding("utf8");
  for await (const part of stream) result += part;
  return result;
}

/** An ffmpeg at work: raw frames on numbered pipes, its log line by line. */
export interface FfmpegRun {
  /** The pipe with this number, from 1; 2 is the log. */
  pipe(number: number): Readable;
  /** Settles once the process has ended and its log is read. `errors` are its log's error lines. */
  end: Promise<{ code: number | null; errors: string[] }>;
  kill(): void;
}

/**
 * Starts ffmpeg with pipes up to this number, and gives each line of its log to `onLine`. The log's level, to be named
 * in `args`, must say so in each line ("level+error").
 */
export function startFfmpeg(
  args: readonly string[],
  pipes: number,
  onLine: (line: string) => void = () => {},
): FfmpegRun {
  const stdio: "pipe"[] = Array.from({ length: Math.max(0, pipes - 2) }, () => "pipe");
  const child: ChildProcess = spawn("ffmpeg", ["-nostdin", "-hide_banner", "-nostats", ...args], {
    stdio: ["ignore", "pipe", "pipe", ...stdio],
  });
  const errors: string[] = [];
  const lines = createInterface({ input: child.stderr! });
  lines.on("line", (line) => {
    if (/\[(error|fatal)\]/.test(line)) {
      if (errors.length < 20) errors.push(line.replace(/^.*\[(error|fatal)\]\s*/, ""));
    } else onLine(line);
  });
  const closed = Promise.all([once(child, "close"), once(lines, "close")]);
  const end = closed.then(([[code]]) => ({ code, errors }));
  end.catch(() => {});
  return {
    pipe: (number) => child.stdio[number] as Readable,
    end,
    kill: () => void child.kill("SIGKILL"),
  };
}

/** Cuts a stream into pieces of exactly `size` bytes; what is left over at its end is dropped. */
export async function* pieces(stream: Readable, size: number): AsyncGenerator<Uint8Array> {
  let piece = new Uint8Array(size);
  let filled = 0;
  for await (const part of stream as AsyncIterable<Uint8Array>) {
    let from = 0;
    while (from < part.length) {
      const count = Math.min(size - filled, part.length - from);
      piece.set(part.subarray(from, from + count), filled);
      from += count;
      filled += count;
      if (filled === size) {
        yield piece;
        piece = new Uint8Array(size);
        filled = 0;
      }
    }
  }
}

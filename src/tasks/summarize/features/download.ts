import { setTimeout as pause } from "node:timers/promises";
import { InputError } from "../../../graph/errors.ts";
import type { Incoming } from "./incoming.ts";

export interface DownloadOptions {
  signal?: AbortSignal;
  onProgress?: (received: number) => void;
  /** Milliseconds without a byte after which a connection counts as cut. */
  patience?: number;
  /** Milliseconds before a cut connection is taken up again. */
  rest?: number;
}

const mostRedirects = 5;

/** How often a cut connection is taken up again. */
const mostCuts = 4;

/** What a user can do about an address that fails. */
const instead = "name another address with --url, or a file that you have with --from";

/**
 * Brings in a file over HTTP. After a cut it goes on where it was, or from the start where the server can't; the
 * checksum tells whether the parts fit. Redirects are followed, by https only, except on this machine.
 *
 * Throws InputError where the server doesn't give the file, and the signal's reason when aborted.
 */
export async function download(
  url: string,
  incoming: Incoming,
  options: DownloadOptions = {},
): Promise<void> {
  const { signal, rest = 1000 } = options;
  let reached = false;
  for (let cuts = 0; ; cuts++) {
    const { answered, reason } = await receive(url, incoming, options);
    signal?.throwIfAborted();
    if (incoming.received === incoming.model.bytes) return;
    reached ||= answered;
    const { host } = new URL(url);
    if (!reached) {
      throw new InputError(`Can't reach ${host} (${reason}): is this machine online? Else ${instead}.`);
    }
    if (cuts === mostCuts) {
      throw new InputError(
        `The connection to ${host} was cut ${cuts + 1} times, at last after ${incoming.received} of ` +
          `${incoming.model.bytes} bytes (${reason}): try again, or ${instead}.`,
      );
    }
    await pause(rest, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** Takes in what one connection gives; tells whether there was one, and why it ended. */
async function receive(
  url: string,
  incoming: Incoming,
  options: DownloadOptions,
): Promise<{ answered: boolean; reason: string }> {
  const { signal, onProgress, patience = 30_000 } = options;
  const stalled = new AbortController();
  const timer = setTimeout(() => stalled.abort(new Error(`nothing came for ${patience / 1000} s`)), patience);
  let answered = false;
  try {
    const response = await ask(
      url,
      incoming.received,
      AbortSignal.any([stalled.signal, ...(signal ? [signal] : [])]),
    );
    answered = true;
    await check(response, incoming);
    for await (const chunk of response.body ?? []) {
      timer.refresh();
      await incoming.write(chunk, url);
      onProgress?.(incoming.received);
    }
    return { answered, reason: "it ended early" };
  } catch (error) {
    if (error instanceof InputError) throw error;
    const { cause, message } = error as Error & { cause?: NodeJS.ErrnoException };
    return { answered, reason: cause?.message || cause?.code || message };
  } finally {
    clearTimeout(timer);
    stalled.abort(); // lets go of a response that was not read to its end
  }
}

/** The answer at the end of all redirects. */
async function ask(url: string, from: number, signal: AbortSignal): Promise<Response> {
  let place = url;
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    checkAddress(place);
    const headers = { "accept-encoding": "identity", ...(from > 0 && { range: `bytes=${from}-` }) };
    const response = await fetch(place, { headers, signal, redirect: "manual" });
    const next = response.headers.get("location");
    if (response.status < 300 || response.status >= 400 || next === null) return response;
    await response.body?.cancel();
    if (!URL.canParse(next, place)) {
      throw new InputError(`${place} leads on to "${next}", which is no address: ${instead}.`);
    }
    place = new URL(next, place).href;
  }
  throw new InputError(`${url} leads on more than ${mostRedirects} times: ${instead}.`);
}

/** Only https keeps others from reading and changing what comes; on this machine there are no others. */
function checkAddress(url: string): void {
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: "", hostname: "" };
  const here = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
  if (protocol === "https:" || (protocol === "http:" && here)) return;
  throw new InputError(`${url} is no https address: ${instead}.`);
}

/** Whether an answer holds what is asked for; what has come is forgotten if it starts again. */
async function check({ status, statusText, headers, url }: Response, incoming: Incoming): Promise<void> {
  if (status !== 200 && status !== 206) {
    throw new InputError(`${url} answers ${`${status} ${statusText}`.trim()}: ${instead}.`);
  }
  if (status === 200 && incoming.received > 0) await incoming.discard();
  const { received, model } = incoming;
  const start = status === 206 ? /^bytes (\d+)-/.exec(headers.get("content-range") ?? "")?.[1] : "0";
  if (Number(start) !== received) {
    throw new InputError(`${url} answers with another part than was asked for: ${instead}.`);
  }
  const length = headers.get("content-length");
  if (length !== null && received + Number(length) !== model.bytes) {
    throw new InputError(
      `${url} is not ${model.name}: it has ${received + Number(length)} bytes where ${model.bytes} are known.`,
    );
  }
}

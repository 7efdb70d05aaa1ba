import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { mean } from "../../../graph/functions.ts";
import { trace } from "../../../graph/graph.ts";
import { compileToOnnx } from "../../../runtime/session.ts";
import { cachedFile, cacheFolder, isCached, isVerified } from "./cache.ts";
import { copyModel, fetchModel } from "./install.ts";
import type { KnownModel } from "./known-models.ts";

const content = Buffer.from(
  compileToOnnx(trace({ x: ["batch", 3, 8, 8] }, ({ x }) => ({ means: mean(x, [2, 3]) }))),
);

const model: KnownModel = {
  name: "tiny",
  width: 3,
  bytes: content.length,
  sha256: createHash("sha256").update(content).digest("hex"),
  url: "https://example.invalid/tiny.onnx",
  license: "MIT",
  settings: {
    width: 8,
    height: 8,
    layout: "NCHW",
    channels: "RGB",
    scale: 1,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    output: "means",
  },
};

let folder: string;
let server: Server;
let url: string;
/** What the server got to hear: paths, with the part that was asked for. */
let asked: string[];
/** Ends the connection that is open; called when bytes of it have come. */
let hangUp: () => void;
let answer: (response: ServerResponse, request: IncomingMessage) => void;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gatefold-cache-"));
  vi.stubEnv("XDG_CACHE_HOME", folder);
  asked = [];
  hangUp = () => {};
  server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.range ?? "whole"}`);
    answer(response, request);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tiny.onnx`;
  answer = (response) => response.end(content);
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done)); // again where a test has: no harm
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const fetchIt = (options: Parameters<typeof fetchModel>[1] = {}) =>
  fetchModel(model, { url, rest: 1, onProgress: () => hangUp(), ...options });

const half = Math.floor(content.length / 2);

/** Says how much there is, sends the bytes up to one, and hangs up once they have come. */
function cutAt(response: ServerResponse, status: number, from: number, to: number): void {
  response.writeHead(status, {
    "content-length": content.length - from,
    ...(status === 206 && { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` }),
  });
  response.write(content.subarray(from, to));
  hangUp = () => response.destroy();
}

/** The file is there, and nothing beside it. */
async function expectWhole(): Promise<void> {
  expect(await readdir(cacheFolder())).toEqual(["tiny.onnx"]);
  expect(await readFile(cachedFile(model))).toEqual(content);
  expect(await isVerified(model)).toBe(true);
}

async function expectNothing(): Promise<void> {
  expect(await readdir(cacheFolder()).catch(() => [])).toEqual([]);
  expect(await isCached(model)).toBe(false);
}

describe("a model that is fetched", () => {
  it("lies in the cache folder, whole and verified, and tells how far it is", async () => {
    const steps: number[] = [];
    await fetchIt({ onProgress: (received) => steps.push(received) });
    expect(steps.at(-1)).toBe(content.length);
    await expectWhole();
  });

  it("follows redirects, also to places relative to the last", async () => {
    answer = (response, { url: path }) => {
      if (path === "/tiny.onnx") response.writeHead(302, { location: "/next" }).end("moved");
      else if (path === "/next") response.writeHead(307, { location: url.replace("tiny", "last") }).end();
      else response.end(content);
    };
    await fetchIt();
    expect(asked).toEqual(["/tiny.onnx whole", "/next whole", "/last.onnx whole"]);
    await expectWhole();
  });

  it("goes on after a cut where it was", async () => {
    answer = (response) => {
      if (asked.length === 1) cutAt(response, 200, 0, half);
      else {
        const from = Number(/bytes=(\d+)-/.exec(asked[1])![1]);
        response
          .writeHead(206, { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` })
          .end(content.subarray(from));
      }
    };
    await fetchIt();
    expect(asked).toEqual(["/tiny.onnx whole", `/tiny.onnx bytes=${half}-`]);
    await expectWhole();
  });

  it("starts again after a cut where the server gives only the whole", async () => {
    answer = (response) => (asked.length === 1 ? cutAt(response, 200, 0, half) : response.end(content));
    await fetchIt();
    expect(asked).toHaveLength(2);
    await expectWhole();
  });

  it("goes on after a connection on which nothing comes any more", async () => {
    answer = (response) => {
      if (asked.length === 1) response.write(content.subarray(0, half));
      else response.end(content);
    };
    await fetchIt({ patience: 1500 });
    await expectWhole();
  });

  it("replaces a file that is not as it shall be", async () => {
    await mkdir(cacheFolder(), { recursive: true });
    await writeFile(cachedFile(model), Buffer.alloc(content.length));
    expect([await isCached(model), await isVerified(model)]).toEqual([true, false]);
    await fetchIt();
    await expectWhole();
  });
});

describe("a model that can't be fetched leaves nothing, and one sentence:", () => {
  const changed = Buffer.from(content);
  changed[half] ^= 1;

  it.each<[string, typeof answer, RegExp]>([
    [
      "another checksum",
      (response) => response.end(changed),
      /tiny\.onnx is not tiny: its SHA-256 is [0-9a-f]{64} where/,
    ],
    [
      "too short a file",
      (response) => response.writeHead(200, { "content-length": 9 }).end("some page"),
      /it has 9 bytes where \d+ are known/,
    ],
    [
      "too long a file of untold length",
      (response) => {
        response.write(content);
        response.end("more");
      },
      /it has more than the \d+ bytes/,
    ],
    [
      "404",
      (response) => response.writeHead(404).end("none"),
      /tiny\.onnx answers 404 Not Found: name another address with --url, or a file/,
    ],
    ["500", (response) => response.writeHead(500).end(), /answers 500 Internal Server Error/],
    [
      "a part that nobody asked for",
      (response) => response.writeHead(206, { "content-range": "bytes 5-9/10" }).end("56789"),
      /another part/,
    ],
    [
      "redirects without end",
      (response) => response.writeHead(302, { location: "/tiny.onnx" }).end(),
      /leads on more than 5 times/,
    ],
    [
      "a redirect to http elsewhere",
      (response) => response.writeHead(302, { location: "http://example.invalid/x" }).end(),
      /^http:\/\/example\.invalid\/x is no https address/,
    ],
    [
      "a redirect to a file",
      (response) => response.writeHead(302, { location: "file:///etc/passwd" }).end(),
      /is no https address/,
    ],
    [
      "a redirect to nowhere",
      (response) => response.writeHead(302, { location: "http://" }).end(),
      /leads on to "http:\/\/", which is no address/,
    ],
    [
      "cuts that never end",
      (response) => cutAt(response, 200, 0, half),
      /The connection to 127\.0\.0\.1:\d+ was cut 5 times, at last after \d+ of \d+ bytes/,
    ],
    [
      "no byte at all",
      (response) => response.destroy(),
      /Can't reach 127\.0\.0\.1:\d+ \(.+\): is this machine online\?/,
    ],
  ])("%s", async (_, given, sentence) => {
    answer = given;
    await expect(fetchIt()).rejects.toThrow(sentence);
    await expectNothing();
  });

  it("no network", async () => {
    await new Promise((done) => server.close(done));
    await expect(fetchIt()).rejects.toThrow(/Can't reach 127\.0\.0\.1:\d+ \(.*ECONNREFUSED.*\): is this/);
    await expect(fetchIt({ url: "http://example.invalid/tiny.onnx" })).rejects.toThrow(/no https address/);
    await expect(fetchIt({ url: "tiny.onnx" })).rejects.toThrow(/tiny\.onnx is no https address/);
    await expectNothing();
  });

  it("an interruption", async () => {
    answer = (response) => void response.write(content.subarray(0, half));
    const controller = new AbortController();
    const onProgress = () => controller.abort(new Error("stopped"));
    await expect(fetchIt({ signal: controller.signal, onProgress })).rejects.toThrow("stopped");
    await expectNothing();
  });

  it("a file where the folder should be", async () => {
    await writeFile(join(folder, "gatefold"), "");
    await expect(fetchIt()).rejects.toThrow(/Can't write .*tiny\.onnx: /);
  });

  it.skipIf(process.getuid?.() === 0)("a cache that can't be written to", async () => {
    await chmod(folder, 0o500);
    await expect(fetchIt()).rejects.toThrow(
      /can't be written to: name another place for caches with XDG_CACHE_HOME/,
    );
  });

  it.each([
    ["ENOSPC", /There is no room for .*tiny\.onnx: it needs \d+ bytes/],
    ["EROFS", /can't be written to: name another place/],
  ])("a disk that says %s", async (code, sentence) => {
    const { FileHandle } = await fileHandles();
    const write = vi
      .spyOn(FileHandle, "writeFile")
      .mockRejectedValue(Object.assign(new Error(`${code}: no`), { code }));
    await expect(fetchIt()).rejects.toThrow(sentence);
    write.mockRestore();
    await expectNothing();
  });

  it("and keeps the file that was there", async () => {
    await fetchIt();
    answer = (response) => response.end(changed);
    await expect(fetchIt()).rejects.toThrow(/SHA-256/);
    await expectWhole();
  });
});

/** What open() gives, to stand in for a disk that fails. */
async function fileHandles() {
  const { open } = await import("node:fs/promises");
  const handle = await open(join(folder, "probe"), "w");
  await handle.close();
  await rm(join(folder, "probe"));
  return { FileHandle: Object.getPrototypeOf(handle) as typeof handle };
}

describe("a model from a file", () => {
  it("lies in the cache as if fetched", async () => {
    const file = join(folder, "got-otherwise.onnx");
    await writeFile(file, content);
    await copyModel(model, file);
    expect(asked).toEqual([]);
    await expectWhole();
    expect(await readFile(file)).toEqual(content);
  });

  it.each([
    ["another.onnx", Buffer.alloc(content.length), /another\.onnx is not tiny: its SHA-256 is/],
    [
      "pointer.onnx",
      Buffer.from("version https://git-lfs"),
      /is not tiny: it has 23 bytes where \d+ are known/,
    ],
    ["absent.onnx", undefined, /Can't read .*absent\.onnx: there is no such file/],
    [".", undefined, /Can't read .*: EISDIR/],
  ])("is refused where it is another: %s", async (name, bytes, sentence) => {
    if (bytes) await writeFile(join(folder, name), bytes);
    await expect(copyModel(model, join(folder, name))).rejects.toThrow(sentence);
    await expectNothing();
  });
});

describe("the cache folder", () => {
  it.each(["", "relative/path"])("is below the home folder where XDG_CACHE_HOME is %j", (value) => {
    vi.stubEnv("XDG_CACHE_HOME", value);
    vi.stubEnv("HOME", "/home/someone");
    expect(cacheFolder()).toBe("/home/someone/.cache/gatefold/features");
  });
});

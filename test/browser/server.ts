/** Serves the built package and what it depends on to a page, on this machine alone. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import type { AddressInfo } from "node:net";
import { extname, resolve } from "node:path";

/** Where a page finds modules by name: plain ES modules, no bundler. */
const modules = {
  gatefold: "/dist/index.js",
  "gatefold/cells": "/dist/cells/index.js",
  "gatefold/layers": "/dist/layers/index.js",
  "gatefold/weights": "/dist/weights/index.js",
  zod: "/node_modules/zod/index.js",
  "onnx-buf": "/node_modules/onnx-buf/dist/onnx_pb.js",
  "@bufbuild/protobuf": "/node_modules/@bufbuild/protobuf/dist/esm/index.js",
  "@bufbuild/protobuf/codegenv2": "/node_modules/@bufbuild/protobuf/dist/esm/codegenv2/index.js",
  "onnxruntime-web/wasm": "/node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
};

const page = `<!doctype html>
<link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports: modules })}</script>
<script type="module">
import { runModel } from "/test/browser/model.ts";
window.runModel = runModel;
</script>`;

const types: Record<string, string> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".ts": "text/javascript",
  ".wasm": "application/wasm",
};

export interface Server extends AsyncDisposable {
  /** http://127.0.0.1:PORT */
  address: string;
}

/** @param isolated whether pages may share memory between threads, as WebAssembly's threads need. */
export async function servePackage({ isolated }: { isolated: boolean }): Promise<Server> {
  const headers = isolated
    ? { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" }
    : {};
  const server = createServer(async ({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://127.0.0.1");
    if (pathname === "/") {
      response.writeHead(200, { ...headers, "Content-Type": "text/html" }).end(page);
      return;
    }
    const file = resolve(`.${pathname}`);
    const content = await readFile(file).catch(() => undefined);
    const type = types[extname(file)];
    if (!content || !type) response.writeHead(404).end();
    else response.writeHead(200, { ...headers, "Content-Type": type }).end(toScript(file, content));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise<void>((closed) => server.close(() => closed()).closeAllConnections());
  return { address: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: close };
}

function toScript(file: string, content: Buffer): Buffer | string {
  return extname(file) === ".ts" ? stripTypeScriptTypes(content.toString()) : content;
}

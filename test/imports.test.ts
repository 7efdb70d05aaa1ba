/** Which part of the source may use which. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const rooms = [
  "graph",
  "weights",
  "transform",
  "onnx",
  "runtime",
  "stream",
  "cells",
  "layers",
  "train",
  "data",
  "models",
  "tasks",
  "cli",
];

const files = globSync("src/*/**/*.ts").filter((file) => !file.endsWith(".test.ts"));

/** What a file imports, now or later: its own rooms' files as paths from src, packages by name. */
function importsOf(file: string): string[] {
  const found = readFileSync(file, "utf8").matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g);
  return [...found].map(([, target]) =>
    target.startsWith(".") ? relative("src", join(dirname(file), target)) : target,
  );
}

const roomOf = (path: string) => path.split("/")[0];

test("a room uses the rooms below it, and none above", () => {
  const upward = files.flatMap((file) => {
    const own = rooms.indexOf(roomOf(relative("src", file)));
    return importsOf(file)
      .filter((target) => rooms.indexOf(roomOf(target)) > own)
      .map((target) => `${file} imports ${target}`);
  });
  expect(upward).toEqual([]);
});

test("every room has its place", () => {
  expect([...new Set(files.map((file) => roomOf(relative("src", file))))].sort()).toEqual(rooms.toSorted());
});

test("what a browser loads to run, differentiate or export a model uses nothing of Node", () => {
  const forBrowsers = rooms.slice(0, rooms.indexOf("train"));
  const ofNode = files
    .filter((file) => forBrowsers.includes(roomOf(relative("src", file))))
    .filter((file) => importsOf(file).some((target) => target.startsWith("node:")));
  expect(ofNode).toEqual([]);
});

test("no task uses another", () => {
  const across = files.flatMap((file) => {
    const [room, task] = relative("src", file).split("/");
    if (room !== "tasks") return [];
    return importsOf(file).filter((target) => target.startsWith("tasks/") && target.split("/")[1] !== task);
  });
  expect(across).toEqual([]);
});

/** What the pages link to is there. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const pages = ["README.md", ...globSync("*/README.md"), ...globSync("docs/*.md")].filter(
  (page) => !page.startsWith("node_modules"),
);

/** Anchors of a page's headings, as GitHub makes them. */
function anchorsOf(page: string): string[] {
  const headings = readFileSync(page, "utf8").matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, text]) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

test.each(pages)("%s links to what is there", (page) => {
  const links = [...readFileSync(page, "utf8").matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link);
  const broken = links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path, anchor] = link.split("#");
    const target = path ? join(dirname(page), path) : page;
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
  });
  expect(broken).toEqual([]);
});

/** "src/…", "test/…" and the like in code marks, up to a first placeholder. */
const mentioned = /`((?:src|test|examples|bench|docs|scripts|schema)\/[\w./-]*)`/g;

test.each(pages)("%s names files that are there", (page) => {
  const names = [...readFileSync(page, "utf8").matchAll(mentioned)].map(([, name]) => name);
  expect(names.filter((name) => !existsSync(name))).toEqual([]);
});

test("every cell has its place in docs/systems.md", () => {
  const systems = readFileSync("docs/systems.md", "utf8");
  const helpers = ["index", "define-cell", "linear-cell", "gate-bias", "candidate", "by-name"];
  const files = globSync("src/cells/*.ts").filter((file) => !file.endsWith(".test.ts"));
  const own = files.filter((file) => !helpers.some((name) => file === `src/cells/${name}.ts`));
  expect(own.filter((file) => !systems.includes(`../${file}`))).toEqual([]);
});

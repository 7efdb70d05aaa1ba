/** What docs/streaming.md shows runs. */
import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

test("the guide's code runs as one program, and skips what it says it skips", async () => {
  const guide = await readFile("docs/streaming.md", "utf8");
  const code = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, block]) => block).join("\n");
  const words = ["--input-type=module-typescript", "-"];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { input: code, encoding: "utf8" });
  expect(stderr).not.toMatch(/Error/);
  expect(status).toBe(0);
  const shares = [...stdout.matchAll(/(\d+) % of inputs passed on/g)].map(([, share]) => Number(share));
  expect(shares).toHaveLength(4);
  for (const share of shares) expect(share).toBeLessThan(60);
  const [, small, large] = stdout.match(/(\d+) bytes instead of (\d+)/)!.map(Number);
  expect(small / large).toBeLessThan(0.35);
});

/** What is promised of browsers, in a real one: models run there, and reports open there. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { drawSampleClip } from "../examples/sample-clip.ts";
import { summarize } from "../src/tasks/summarize/pipeline.ts";
import { browserPath, openBrowser } from "./browser/chromium.ts";
import { runModel } from "./browser/model.ts";
import { servePackage } from "./browser/server.ts";
import { largestDifference } from "./everywhere.ts";

let browser: Awaited<ReturnType<typeof openBrowser>>;

/** Pages say what goes wrong in them. */
async function openPage(): Promise<{ page: Page; troubles: string[]; requests: string[] }> {
  const page = await browser.newPage();
  const troubles: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") troubles.push(message.text());
  });
  page.on("requestfailed", (request) => {
    const stopped = request.resourceType() === "media" && request.failure()?.errorText === "net::ERR_ABORTED";
    // A player stops reading a video when it has what it needs for now.
    if (!stopped) troubles.push(`${request.url()}: ${request.failure()?.errorText}`);
  });
  page.on("request", (request) => requests.push(request.url()));
  return { page, troubles, requests };
}

if (!browserPath) {
  const advice = "no Chromium was found: install it (apt-get install chromium) or set CHROMIUM to its path";
  if (process.env.CI)
    test("a browser is there", () => {
      throw new Error(advice);
    });
  else console.warn(`Browser tests are skipped: ${advice}.`);
}

describe.skipIf(!browserPath)("in a browser", () => {
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.[Symbol.asyncDispose]());

  describe("a model with its gradient gives what it gives in Node", () => {
    test.each([
      { title: "on two threads, in an isolated page", isolated: true },
      { title: "on one thread, in a page that may have no more", isolated: false },
    ])("$title", async ({ isolated }) => {
      const expected = await runModel({ backend: "native" });
      await using server = await servePackage({ isolated });
      const { page, troubles } = await openPage();
      await page.goto(server.address);
      await page.waitForFunction("window.runModel");
      expect(await page.evaluate("crossOriginIsolated")).toBe(isolated);
      const found: Awaited<ReturnType<typeof runModel>> = await page.evaluate("runModel({ threads: 2 })");
      expect(found.backend).toBe("wasm");
      expect(Object.keys(found.outputs)).toEqual(Object.keys(expected.outputs));
      for (const [name, numbers] of Object.entries(expected.outputs))
        expect(largestDifference(found.outputs[name], numbers), name).toBeLessThan(1e-5);
      expect(troubles).toEqual([]);
      await page.close();
    });
  });

  describe("the report of a video", () => {
    let folder: string;
    let report: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "gatefold-report-"));
      const video = join(folder, "sample clip.mp4");
      await drawSampleClip(video, { seconds: 12 });
      const out = join(folder, "summary");
      const settings = { share: 0.4, fps: 2, fast: false, seed: 1, maxKeyframes: 6, threads: 1 };
      ({ report } = await summarize(video, { ...settings, out, decoder: "auto" }));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    test.each([390, 1280])("opens without a network and fits, %i pixels wide", async (width) => {
      const { page, troubles, requests } = await openPage();
      await page.setViewportSize({ width, height: 844 });
      await page.goto(pathToFileURL(report).href);
      await page.waitForFunction("document.querySelector('video').readyState > 0");
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
      expect(await page.locator(".gallery img").count()).toBeGreaterThan(0);
      await page.locator(".gallery img").last().scrollIntoViewIfNeeded();
      await page.waitForFunction(
        "[...document.images].every((image) => !image.getAttribute('src') || image.naturalWidth > 0)",
      );
      expect(requests.filter((url) => !/^(file|data):/.test(url))).toEqual([]);
      expect(troubles).toEqual([]);
      await page.close();
    });

    test("tells of a moment under the cursor and the arrow keys, and plays a key moment", async () => {
      const { page, troubles } = await openPage();
      await page.goto(pathToFileURL(report).href);
      await page.locator(".timeline").hover();
      await expect.poll(() => page.locator(".preview").textContent()).toMatch(/Shot \d+ of \d+/);
      await page.locator(".timeline").focus();
      await page.keyboard.press("End");
      expect(await page.locator(".timeline").getAttribute("aria-valuenow")).toBe("12.0");
      await page.locator(".gallery button").last().click();
      await expect
        .poll(() => page.evaluate("document.querySelector('video').currentTime"))
        .toBeGreaterThan(0);
      expect(troubles).toEqual([]);
      await page.close();
    });
  });
});

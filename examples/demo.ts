/** Draws the sample clip and summarizes it with the built command, as a person would with a video of their own. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { drawSampleClip } from "./sample-clip.ts";

const clip = "demo/sample-clip.mp4";

if (!existsSync(clip)) {
  console.log(`Drawing a minute of video: ${clip}`);
  mkdirSync("demo", { recursive: true });
  await drawSampleClip(clip);
}

const words = ["dist/cli/main.js", "summarize", clip, "--out", "demo/sample-clip-summary"];
console.log(`node ${words.join(" ")}`);
const { status } = spawnSync(process.execPath, words, { stdio: "inherit" });
process.exitCode = status ?? 1;

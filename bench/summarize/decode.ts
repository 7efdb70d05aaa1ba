/** The decoding part of summarizing alone: `node decode.ts VIDEO DECODER [fast]`. */
import { openVideo } from "../../src/data/video/open.ts";
import type { VideoReader } from "../../src/data/video/video.ts";

const [file, decoder, fast] = process.argv.slice(2);
const reader = await openVideo(file, { decoder: decoder as VideoReader["decoder"] });
const sampling = reader.sample({ fps: 2, size: 224, keyframesOnly: fast === "fast" });
let pictures = 0;
for await (const _ of sampling.frames) pictures++;
await reader.close();
console.log(JSON.stringify({ pictures, frames: sampling.info().frames }));

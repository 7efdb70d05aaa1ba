/** Tables of ratings are put to frames, and what is missing in them is told. */
import { expect, test } from "vitest";
import { matchRatings, rated, readRatings } from "./ratings.ts";

const video = { name: "clip", frameCount: 4, picks: Int32Array.of(0, 2), users: [] };
const times = Float64Array.of(0, 0.5, 1, 1.5);

const rate = (text: string, name = "clip") => rated(video, times, readRatings(text, "r.csv"), name);

test("stretches of seconds cover the frames that are shown in them", () => {
  const { users, importance } = rate(
    "rating,user,video,start,end\n1,anna,clip,0,1\n5,anna,clip,1,2.5\n3,bo,clip,0.5,2\n1,bo,clip,0,0.5\n",
  );
  expect(users).toEqual([{ scores: Float32Array.of(1, 1, 5, 5) }, { scores: Float32Array.of(1, 3, 3, 3) }]);
  // (mean − 1)/(5 − 1) at frames 0 and 2
  expect(importance).toEqual(Float32Array.of(0, 0.75));
});

test("ratings of 0 and 1 are summaries", () => {
  const text = `video,user,frame,rating\n${[0, 1, 2, 3].map((frame) => `clip,anna,${frame},${frame >> 1}`).join("\n")}`;
  expect(rate(text).users[0].summary).toEqual(Uint8Array.of(0, 0, 1, 1));
});

test("a moment between frames belongs to the frame that begins by then, to a thousandth", () => {
  const thirds = Float64Array.of(0, 1 / 3, 2 / 3, 1);
  const text = "video,user,start,end,rating\nclip,a,0,0.333,1\nclip,a,0.333,0.667,2\nclip,a,0.667,2,3\n";
  expect(rated(video, thirds, readRatings(text, "r"), "clip").users[0].scores).toEqual(
    Float32Array.of(1, 2, 3, 3),
  );
});

test("names of files are matched with their endings or without", () => {
  const ratings = readRatings("video,user,frame,rating\nmy clip.mp4,a,0,1\nother,a,0,2\n", "r.csv");
  expect(matchRatings(ratings, ["other", "my_clip"])).toEqual(
    new Map([
      ["my_clip", "my clip.mp4"],
      ["other", "other"],
    ]),
  );
  expect(() => matchRatings(ratings, ["other", "my_clip", "third"])).toThrow(
    'r.csv: nobody rated the video "third"',
  );
  expect(() => matchRatings(ratings, ["other"])).toThrow(
    'r.csv: there is no video "my clip.mp4": other are there',
  );
});

test.each([
  ["video,user,rating\n", /^r\.csv: there is no column "start": they must be/],
  ["video,user,frame,rating\nclip,a,0,much\n", /^r\.csv, line 2, "rating": "much" is no number$/],
  ["video,user,frame,rating\nclip,a,0.5,1\n", /^r\.csv, line 2: 0\.5 is no frame$/],
  ["video,user,start,end,rating\nclip,a,2,1,1\n", /^r\.csv, line 2: it must end after it starts/],
  ["video,user,frame,rating\nclip,a,0,1\n", /^r\.csv: all ratings are the same, or there are none$/],
  [
    "video,user,start,end,rating\nclip,a,0,1,1\nclip,a,1.5,2,2\n",
    /^r\.csv, video "clip", user "a": frame 2 \(1\.00 s\) has no rating: .* to the end at 1\.50 s$/,
  ],
  [
    "video,user,start,end,rating\nclip,a,0,1.2,1\nclip,a,1,2,2\n",
    /^r\.csv, video "clip", user "a": lines 2 and 3 rate the same frames$/,
  ],
  ["video,user,frame,rating\nclip,a,0,1\nclip,a,0,2\n", /lines 2 and 3 rate the same frames$/],
  ["video,user,frame,rating\nclip,a,4,1\nclip,a,0,2\n", /line 2 rates frame 4, and the last frame is 3$/],
])("%j is refused", (text, message) => {
  expect(() => rate(text)).toThrow(message);
});

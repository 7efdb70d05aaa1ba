import type { Picture } from "../../../data/video/video.ts";

export interface StripPicture {
  frame: number;
  time: number;
  picture: Picture;
}

const most = 64;

/** Keeps evenly spread pictures of a video whose length shows only at its end: at most 64, at least half of that. */
export class Filmstrip {
  pictures: StripPicture[] = [];
  #seen = 0;
  #every = 1;

  add(frame: number, time: number, picture: Picture): void {
    if (this.#seen++ % this.#every !== 0) return;
    this.pictures.push({ frame, time, picture });
    if (this.pictures.length < most) return;
    this.pictures = this.pictures.filter((_, i) => i % 2 === 0);
    this.#every *= 2;
  }
}

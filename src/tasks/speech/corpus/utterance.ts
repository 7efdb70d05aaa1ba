/** What a recognizer is trained and tested on. */

/** A piece of speech as frames, each with what is to be said of it. */
export interface Utterance {
  name: string;
  speaker: string;
  /** [frames, bands], row-major. */
  features: Float32Array;
  /** The class of each frame's sound, an index; −1 where nothing is to be said. */
  labels: Int32Array;
}

/** A corpus divided for one experiment. */
export interface SpeechData {
  /** The names of the classes. */
  classes: readonly string[];
  training: readonly Utterance[];
  validation: readonly Utterance[];
  test: readonly Utterance[];
}

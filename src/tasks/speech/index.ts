/** Speech: acoustic models over log-mel features, from recordings to the table of what making them smaller costs. */

export { readDigits } from "./corpus/digits.ts";
export { readPhones } from "./corpus/phones.ts";
export { readCorpus } from "./corpus/read-corpus.ts";
export type { CorpusSettings, SpeechTask } from "./corpus/settings.ts";
export { type SpeakerSplit, speakerSplit } from "./corpus/speaker-split.ts";
export type { SpeechData, Utterance } from "./corpus/utterance.ts";
export { readXlabel, type Segment } from "./corpus/xlabel.ts";
export { type LogMelOptions, LogMelStream, logMel } from "./features/log-mel.ts";
export { type BandStatistics, type NetworkOptions, speechGraph } from "./model.ts";
export { speechObjective, type Training } from "./objective.ts";
export { corpusOf, recipeOf } from "./recipes.ts";
export { openSpeechRun, type SpeechRun, type SpeechScores } from "./run.ts";
export { type StreamScores, streamScores } from "./stream-scores.ts";
export { fillTable, type TableOptions, type TableRow } from "./table/fill-table.ts";
export { markdownTable, type RowSummary, summarizeRows } from "./table/write-table.ts";
export type { Recipe, TaskFile } from "./task-file.ts";
export { type TrainSpeechOptions, trainSpeech } from "./train.ts";
export { type TuneSpeechOptions, tuneSpeech } from "./tune.ts";

/** Readers of files that data sets come in. */

export { resample } from "./audio/resample.ts";
export { readWav, type Sound } from "./audio/wav.ts";
export { type Csv, type CsvRow, readCsv } from "./csv.ts";
export { type IdxArray, type IdxTensor, readIdx } from "./idx.ts";
export { type NpyArray, readNpy } from "./npy.ts";
export { type NumberTable, readNumberTable } from "./number-table.ts";

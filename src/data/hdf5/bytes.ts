/** The bytes of an HDF5 file, read within bounds and under a budget: what a damaged file points at may be anything. */
import { InputError } from "../../graph/errors.ts";

/** An address that stands for nothing. */
const UNDEFINED = 2n ** 64n - 1n;

export class Hdf5Bytes {
  readonly bytes: Uint8Array;
  readonly source: string;
  private readonly view: DataView;
  /** Bytes that may still be looked at; whole files are looked at about once. */
  private left: number;

  constructor(bytes: Uint8Array, source: string) {
    this.bytes = bytes;
    this.source = source;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.left = 4 * bytes.length + 1_000_000;
  }

  damaged(why: string): InputError {
    return new InputError(`${this.source} is a damaged HDF5 file: ${why}`);
  }

  unsupported(what: string): InputError {
    return new InputError(
      `${this.source} is an HDF5 file with ${what}, which can't be read: save it again by h5py's defaults`,
    );
  }

  /** The bytes at a place. */
  at(start: number, length: number): Uint8Array {
    this.check(start, length);
    return this.bytes.subarray(start, start + length);
  }

  byte(start: number): number {
    this.check(start, 1);
    return this.bytes[start];
  }

  short(start: number): number {
    this.check(start, 2);
    return this.view.getUint16(start, true);
  }

  int(start: number): number {
    this.check(start, 4);
    return this.view.getUint32(start, true);
  }

  /** A length or an address; undefined for the address of nothing. Those beyond 2⁵³ lose digits, and lie outside any file. */
  long(start: number): number | undefined {
    this.check(start, 8);
    const number = this.view.getBigUint64(start, true);
    return number === UNDEFINED ? undefined : Number(number);
  }

  /** A whole number of this many bytes, up to 8. */
  number(start: number, width: number): number {
    return this.at(start, width).reduceRight((sum, byte) => 256 * sum + byte, 0);
  }

  /** An address or a length that must be there. */
  place(start: number): number {
    const number = this.long(start);
    if (number === undefined) throw this.damaged(`there is no address at byte ${start}`);
    return number;
  }

  expect(signature: string, start: number): void {
    if (String.fromCharCode(...this.at(start, signature.length)) !== signature)
      throw this.damaged(`there is no ${signature} at byte ${start}`);
  }

  /** Text that ends with a zero or where its place ends. */
  text(start: number, length: number): string {
    const bytes = this.at(start, length);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  }

  /** Text up to a zero. */
  name(start: number): string {
    const end = this.bytes.indexOf(0, start);
    if (start > this.bytes.length || end < 0) throw this.damaged(`a name at byte ${start} does not end`);
    return this.text(start, end - start);
  }

  private check(start: number, length: number): void {
    if (!(start >= 0 && length >= 0 && start + length <= this.bytes.length))
      throw this.damaged(`it points at ${length} bytes from byte ${start} on, and has ${this.bytes.length}`);
    this.left -= length + 1;
    if (this.left < 0) throw this.damaged("its parts point at each other over and over");
  }
}

import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { InputError } from "../../../graph/errors.ts";
import { PARTIAL } from "../../../train/write-aside.ts";
import type { KnownModel } from "./known-models.ts";

/**
 * A model's file on its way in. It lies under another name and is hashed as it comes; it gets its own name once it is
 * whole and has the right checksum. Throws InputError for what the disk or the bytes do wrong.
 */
export class Incoming {
  readonly model: KnownModel;
  /** Bytes that are here. */
  received = 0;
  private readonly path: string;
  /** Of this process alone: two that fetch the same model don't meet. */
  private readonly aside: string;
  private file: FileHandle | undefined;
  private hash = createHash("sha256");

  constructor(path: string, model: KnownModel) {
    this.path = path;
    this.aside = `${path}.${process.pid}${PARTIAL}`;
    this.model = model;
  }

  /** @param source what messages call the bytes' origin */
  async write(chunk: Uint8Array, source: string): Promise<void> {
    const { name, bytes } = this.model;
    if (this.received + chunk.length > bytes) {
      throw new InputError(`${source} is not ${name}: it has more than the ${bytes} bytes of that file.`);
    }
    await this.onDisk(async () => {
      this.file ??= await this.create();
      await this.file.writeFile(chunk); // from where the last one ended
    });
    this.hash.update(chunk);
    this.received += chunk.length;
  }

  /** Verifies the whole and gives it its name. */
  async commit(source: string): Promise<void> {
    const { name, bytes, sha256 } = this.model;
    if (this.received < bytes) {
      throw new InputError(
        `${source} is not ${name}: it has ${this.received} bytes where ${bytes} are known.`,
      );
    }
    const found = this.hash.digest("hex");
    if (found !== sha256) {
      throw new InputError(`${source} is not ${name}: its SHA-256 is ${found} where ${sha256} is known.`);
    }
    await this.onDisk(async () => {
      await this.file?.sync();
      await this.file?.close();
      await rename(this.aside, this.path);
    });
  }

  /** Forgets what has come and was not committed: nothing of it stays on the disk. */
  async discard(): Promise<void> {
    await this.file?.close().catch(() => {});
    await rm(this.aside, { force: true }).catch(() => {});
    this.file = undefined;
    this.hash = createHash("sha256");
    this.received = 0;
  }

  private async create(): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true });
    return open(this.aside, "w");
  }

  private async onDisk(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (cause) {
      throw new InputError(this.problem(cause as NodeJS.ErrnoException), { cause });
    }
  }

  private problem({ code = "", message }: NodeJS.ErrnoException): string {
    if (["ENOSPC", "EDQUOT"].includes(code)) {
      return `There is no room for ${this.path}: it needs ${this.model.bytes} bytes.`;
    }
    if (["EACCES", "EPERM", "EROFS"].includes(code)) {
      return `${dirname(this.path)} can't be written to: name another place for caches with XDG_CACHE_HOME.`;
    }
    return `Can't write ${this.path}: ${message}.`;
  }
}

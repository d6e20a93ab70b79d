/** The part of the `rocksdb` package (leveldown's API) that `rocks-store.ts` uses; the package brings no types. */
declare module 'rocksdb' {
  type Done = (error: Error | null | undefined) => void;

  interface ChainedBatch {
    _put(key: Buffer, value: Buffer): void;
    _del(key: Buffer): void;
    write(options: { readonly sync: boolean }, done: Done): void;
  }

  interface Iterator {
    /** Without key and value at the end. */
    next(done: (error: Error | null | undefined, key?: Buffer, value?: Buffer) => void): void;
    end(done: Done): void;
  }

  interface OpenOptions {
    readonly createIfMissing: boolean;
    readonly compression: boolean;
    readonly cacheSize: number;
    readonly writeBufferSize: number;
    readonly maxFileSize: number;
    readonly maxOpenFiles: number;
  }

  interface IteratorOptions {
    readonly gte: Buffer;
    readonly lt: Buffer;
    readonly keyAsBuffer: true;
    readonly valueAsBuffer: true;
    readonly fillCache: boolean;
    /** Bytes that one native call fetches ahead. */
    readonly highWaterMark: number;
  }

  interface RocksDb {
    open(options: OpenOptions, done: Done): void;
    close(done: Done): void;
    get(
      key: Buffer,
      options: { readonly asBuffer: true },
      done: (error: Error | null | undefined, value?: Buffer) => void,
    ): void;
    /** The values in the order of the keys, undefined where there is none. One that can't be read fails all. */
    getMany(
      keys: readonly Buffer[],
      options: { readonly asBuffer: true },
      done: (error: Error | null | undefined, values: readonly (Buffer | undefined)[]) => void,
    ): void;
    batch(): ChainedBatch;
    iterator(options: IteratorOptions): Iterator;
    compactRange(start: Buffer, end: Buffer, done: Done): void;
    getProperty(name: string): string;
  }

  function rocksdb(location: string): RocksDb;
  export = rocksdb;
}

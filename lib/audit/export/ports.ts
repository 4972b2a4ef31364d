/** Where exported objects go. */
export interface ExportStore {
  /** Begins an object. Nobody sees it before `end` resolved; one that is there under the name is replaced then. */
  begin(name: string): ObjectWriter;
}

export interface ObjectWriter {
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves once the object is durable. */
  end(): Promise<void>;
  /** Leaves nothing behind. Never throws. */
  abandon(): Promise<void>;
}

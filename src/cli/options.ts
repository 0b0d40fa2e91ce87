/** The options that commands share, as their deeds see them. */

/** Options that several commands share. */
export interface CommonOptions {
  /** Folder of the store and the runs. */
  readonly runs: string;
  readonly json?: boolean;
}

/** Options of commands that compile a pipeline file. */
export interface FileOptions extends CommonOptions {
  readonly set?: readonly string[];
}

/** Options of commands that run stages. */
export interface RunOptions extends FileOptions {
  readonly device: "auto" | "cpu" | "cuda";
  readonly threads?: number;
}

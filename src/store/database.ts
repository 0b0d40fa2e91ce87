/**
 * `runs/index.sqlite`: what can be looked up faster than read. Everything in it can be had again from the files of
 * the store and the runs, so a damaged or missing database costs time, never a result; it is not the truth.
 *
 *     files   name, facts (size, mtime, ctime, inode), digest    a file whose digest was taken (digests.ts)
 *     runs    id, hash, pipeline, file, ...                      one row per run folder
 *     steps   run, pipeline, stage, kind, key, status            what became of stages, newest last (steps.ts)
 *
 * WAL, so that several processes may read and write; 20,000 inserts take about 30 ms.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { dirname } from "node:path";
import { makeFolder, remove, statOf } from "./disk.ts";

/** Raised when the tables change: an older file is dropped and filled again. */
const LAYOUT = 1;

const tables = `
  create table files (name text primary key, facts text not null, digest text not null) without rowid;
  create table runs (id text primary key, hash text not null, pipeline text not null, file text not null,
    started_at text not null, duration_ms real not null, status text not null) without rowid;
  create index runs_by_hash on runs (hash);
  create table steps (sequence integer primary key autoincrement, run text, pipeline text not null,
    stage text not null, kind text, key text not null, status text not null);
  create index steps_by_run on steps (run);
  create index steps_by_stage on steps (pipeline, stage);
  create index steps_by_kind on steps (kind);
  pragma user_version = ${LAYOUT};
`;

/** One statement and its values. */
export type Change = readonly [sql: string, ...values: SQLInputValue[]];

/** The index, opened at first use. Reading where there is no file makes none. */
export class IndexDatabase {
  #database: DatabaseSync | undefined;
  /** Set where the file could not be read, so that ten thousand queries do not try it again. */
  #unreadable = false;
  readonly #statements = new Map<string, StatementSync>();

  constructor(readonly path: string) {}

  /** Rows of a query; none where the index does not exist or cannot be read. */
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    if (this.#unreadable) return [];
    try {
      return (this.#prepare(sql, false)?.all(...values) ?? []) as Row[];
    } catch {
      this.close();
      this.#unreadable = true;
      return [];
    }
  }

  /** Runs changes as one transaction. Tells whether they were written: without it all goes on, only slower. */
  write(changes: readonly Change[]): boolean {
    if (!changes.length) return true;
    try {
      this.#writeAll(changes);
      return true;
    } catch {
      this.#discardIfDamaged();
    }
    try {
      this.#writeAll(changes);
      return true;
    } catch {
      return false;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database?.close();
    this.#database = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #writeAll(changes: readonly Change[]): void {
    const database = this.#open(true)!;
    database.exec("begin immediate");
    try {
      for (const [sql, ...values] of changes) this.#prepare(sql, true)!.run(...values);
      database.exec("commit");
      this.#unreadable = false;
    } catch (error) {
      if (database.isTransaction) database.exec("rollback");
      throw error;
    }
  }

  #prepare(sql: string, create: boolean): StatementSync | undefined {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#open(create)?.prepare(sql);
      if (statement) this.#statements.set(sql, statement);
    }
    return statement;
  }

  #open(create: boolean): DatabaseSync | undefined {
    if (this.#database) return this.#database;
    if (!create && !statOf(this.path)) return undefined;
    try {
      makeFolder(dirname(this.path));
      return this.#database = openWritable(this.path);
    } catch (error) {
      if (create) throw error;
      // Reading needs no permission to write: `plan` may have none.
      return this.#database = openReadable(this.path);
    }
  }

  /** A database that does not open as one is thrown away; one that is merely busy or read-only stays. */
  #discardIfDamaged(): void {
    try {
      this.close();
      const database = new DatabaseSync(this.path);
      try {
        const [row] = database.prepare("pragma quick_check(1)").all() as { quick_check: string }[];
        if (row?.quick_check === "ok") return;
      } finally {
        database.close();
      }
    } catch (error) {
      if (!/not a database|malformed/.test(String(error))) return;
    }
    for (const suffix of ["", "-wal", "-shm"]) remove(this.path + suffix);
  }
}

function openWritable(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    database.exec(
      "pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = normal",
    );
    if (layoutOf(database) !== LAYOUT) layOut(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function openReadable(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true });
  if (layoutOf(database) === LAYOUT) return database;
  database.close();
  throw new Error("the index has another layout");
}

function layoutOf(database: DatabaseSync): number {
  return (database.prepare("pragma user_version").get() as { user_version: number }).user_version;
}

/** Makes the tables; a second process that came first has made them already. */
function layOut(database: DatabaseSync): void {
  database.exec("begin immediate");
  if (layoutOf(database) !== LAYOUT) {
    for (const table of ["files", "runs", "steps"]) database.exec(`drop table if exists ${table}`);
    database.exec(tables);
  }
  database.exec("commit");
}

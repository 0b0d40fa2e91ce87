/** The project's own files and who imports whom, as the tidy tests look at them. */
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The root of the checkout. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Paths below the root of all files in a folder that end in one of `endings`; nothing of `runs/` or hidden. */
export function filesBelow(folder: string, ...endings: readonly string[]): string[] {
  const found: string[] = [];
  const walk = (path: string) => {
    for (const { name, isDirectory } of entriesOf(path)) {
      if (name.startsWith(".") || name === "node_modules" || name === "runs") continue;
      if (isDirectory) walk(join(path, name));
      else if (endings.some((ending) => name.endsWith(ending))) {
        found.push(relative(root, join(path, name)));
      }
    }
  };
  walk(join(root, folder));
  return found.sort();
}

function entriesOf(path: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(path)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Source folders: everything that is shipped. */
export const sourceFolders = ["src", "kernels", "datasets"];

/** Text of a file below the root. */
export function textOf(path: string): string {
  return Deno.readTextFileSync(join(root, path));
}

/** One import: both ends as paths below the root, or a package specifier such as `npm:zod@4.6.7` as the end. */
export interface Import {
  readonly from: string;
  readonly to: string;
  /** Line of the importing file, from 1. */
  readonly line: number;
  /** Whether it is loaded together with the importing file: neither a type nor an `import()`. */
  readonly atStart?: boolean;
}

interface InfoModule {
  readonly specifier: string;
  readonly error?: string;
  readonly dependencies?: readonly {
    readonly code?: InfoTarget;
    readonly type?: InfoTarget;
    readonly isDynamic?: boolean;
  }[];
}
interface InfoTarget {
  readonly specifier?: string;
  readonly error?: string;
  readonly span: { readonly start: { readonly line: number } };
}

/** Every import among the source files, types and `import()` included, as `deno info` sees them. */
export async function importsOf(files: readonly string[]): Promise<Import[]> {
  // `deno info` looks at one module, so that module, written into its own name, imports all the others.
  const lines = files.map((file) => `import "${pathToFileURL(join(root, file))}";`);
  const all = `data:application/typescript,${encodeURIComponent(lines.join(""))}`;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", all],
    cwd: root,
  }).output();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: InfoModule[] };
  return modules.flatMap(importsOfModule);
}

function importsOfModule({ specifier, error, dependencies = [] }: InfoModule): Import[] {
  if (error) throw new Error(`${specifier}: ${error}`);
  if (specifier.startsWith("data:")) return []; // The module that imports all others.
  const from = pathOf(specifier);
  return dependencies.flatMap(({ code, type, isDynamic }) =>
    [code, type].filter((target) => target !== undefined).map((target) => {
      if (!target.specifier) throw new Error(`${from}: ${target.error}`);
      return {
        from,
        to: pathOf(target.specifier),
        line: target.span.start.line + 1,
        atStart: target === code && !isDynamic,
      };
    })
  );
}

function pathOf(specifier: string): string {
  return specifier.startsWith("file:") ? relative(root, fileURLToPath(specifier)) : specifier;
}

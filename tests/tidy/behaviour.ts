/**
 * Behaviour versions: a stage kind's `version` says when its results change, and people forget to raise it. So
 * `tests/golden/behaviour.json` remembers, per kind, the version and a digest of the stage's own source.
 */
import { digestBytes } from "../../src/base/canonical.ts";
import { allStageKinds } from "../../src/stages/table.ts";
import { filesBelow, root, textOf } from "./sources.ts";

const stageKinds = await allStageKinds();

/** Version and source digest by kind. */
export type Behaviour = Readonly<
  Record<string, { readonly version: number; readonly source: string }>
>;

const golden = "tests/golden/behaviour.json";

/** What stands in the source now. */
export function currentBehaviour(): Behaviour {
  return Object.fromEntries(
    [...stageKinds.values()].map((
      { kind, version },
    ) => [kind, { version, source: sourceDigest(kind) }]),
  );
}

/** What was accepted last. */
export function acceptedBehaviour(): Behaviour {
  return JSON.parse(textOf(golden));
}

/** Accepts what stands in the source now. */
export function acceptBehaviour(): void {
  Deno.writeTextFileSync(root + golden, JSON.stringify(currentBehaviour(), null, 2) + "\n");
}

/** Digest of a stage's file and of the folder of its name, without comments and without spaces. */
function sourceDigest(kind: string): string {
  const name = `src/stages/${kind.replaceAll("-", "_")}`;
  const files = filesBelow("src/stages", ".ts").filter((path) =>
    path === `${name}.ts` || path.startsWith(`${name}/`)
  );
  const code = files.map((path) => `${path}\n${withoutComments(textOf(path)).replace(/\s+/g, "")}`);
  return digestBytes(new TextEncoder().encode(code.join("\n"))).slice(0, 16);
}

/** TypeScript without its comments. Text in quotes stays, whatever it looks like; regular expressions too. */
export function withoutComments(code: string): string {
  const token =
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`)|\/\*[^]*?\*\/|(?<![\\:\[/])\/\/[^\n]*/g;
  return code.replace(token, (_, text) => text ?? "");
}

/** The examples of docs/pipeline.md: pipelines compile, commands exist, tables name every kind and command. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import config from "../../../deno.json" with { type: "json" };
import { BruitError } from "../../../src/base/errors.ts";
import type { Place } from "../../../src/base/errors.ts";
import { readPipelineFile } from "../../../src/cli/pipeline_file.ts";
import { compile } from "../../../src/compile.ts";
import { allStageKinds } from "../../../src/stages/table.ts";

const stageKinds = await allStageKinds();

const root = fileURLToPath(new URL("../../../", import.meta.url));
const text = Deno.readTextFileSync(`${root}docs/pipeline.md`);

/** The fenced blocks of a language. */
const blocks = (language: string) =>
  [...text.matchAll(new RegExp("^```" + language + "\\n([^]*?)^```$", "gm"))].map(([, body]) =>
    body
  );

Deno.test("docs/pipeline.md: every pipeline in it compiles", () => {
  const pipelines = blocks("yaml");
  assert.ok(pipelines.length > 0);
  for (const pipeline of pipelines) {
    const file = "docs/pipeline.md";
    const sibling = (name: string, place: Place) =>
      readPipelineFile(`${root}pipelines/${name}`, [], place);
    compile({ text: pipeline, file, sibling }, stageKinds, `${root}docs`);
  }
});

Deno.test("docs/pipeline.md: every command in it is right", () => {
  const lines = blocks("sh").flatMap((block) => block.trimEnd().split("\n"));
  assert.ok(lines.length > 3);
  for (const line of lines) {
    const [, task, rest] = line.match(/^deno task (\w+) ?(.*)$/)!;
    assert.ok(task in config.tasks, line);
    const words = [...rest.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word);
    const set = words.filter((_, i) => words[i - 1] === "--set");
    const file = words[0];
    try {
      compile(
        { text: Deno.readTextFileSync(root + file), file, set },
        stageKinds,
        `${root}pipelines`,
      );
    } catch (error) {
      throw error instanceof BruitError ? new Error(`${line}: ${error.message}`) : error;
    }
  }
});

Deno.test("docs/pipeline.md: its tables name every kind of stage and every command", () => {
  for (const kind of stageKinds.keys()) assert.ok(text.includes(`| \`${kind}\` `), kind);
  const commands = Object.entries(config.tasks).filter(([name, task]) =>
    task.endsWith(` src/main.ts ${name}`)
  );
  assert.ok(commands.length > 8);
  for (const [name] of commands) {
    assert.match(text, new RegExp(`^\\| \`deno task ${name}[ \`]`, "m"), name);
  }
});

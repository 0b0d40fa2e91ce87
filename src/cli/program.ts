/**
 * The commands, their options and their help texts. What a command does stands in the file of its name, which
 * is loaded only when the command is given, so that help and errors need nothing of the rest.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { version } from "./machine.ts";
import type { Terminal } from "./terminal.ts";
import { imported } from "../base/imported.ts";

/** A command's deed: its arguments and options, resolved to an exit code. */
type Act = (terminal: Terminal, ...args: never[]) => Promise<number>;

/**
 * Parses arguments and carries the command out. Resolves to the exit code: 2 for a command that is wrong (the
 * message has been written), otherwise what the command says. Errors of the command itself pass through.
 */
export async function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0;
  const act = (load: () => Promise<Act>) => async (...given: unknown[]) => {
    // Commander adds the command itself after arguments and options.
    exitCode = await (await load())(terminal, ...given.slice(0, -1) as never[]);
  };
  const program = describeProgram(act);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  }
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
  return exitCode;
}

type Bind = (load: () => Promise<Act>) => (...given: unknown[]) => Promise<void>;

function describeProgram(act: Bind): Command {
  const program = new Command("deno task")
    .usage("<command> [options]")
    .description(
      "Declarative pipelines for generative image models: say what in YAML, run only what changed.",
    )
    .showHelpAfterError("(add --help for the options and examples)")
    .helpCommand(false)
    .version(version, "--version", "print the version");
  describeRunning(program, act);
  describeLooking(program, act);
  describeKeeping(program, act);
  describeMachine(program, act);
  return program.addHelpText(
    "after",
    examples("deno task run pipelines/smoke.yaml", "deno task run --help"),
  );
}

function describeRunning(program: Command, act: Bind): void {
  fileOptions(runOptions(program.command("run")))
    .description("Run a pipeline: every stage whose recipe has no stored result.")
    .argument("<file>", "pipeline file (YAML)")
    .option("--json", "end standard output with one JSON object: run, hash, stages")
    .addHelpText(
      "after",
      examples(
        "deno task run pipelines/sprites.yaml",
        "deno task run pipelines/sprites.yaml --set model.epochs=100 --set seed=7",
        "deno task run pipelines/smoke.yaml --json --device cpu --threads 2",
      ),
    )
    .action(act(async () => (await imported(() => import("./run.ts"))).run));
  fileOptions(program.command("plan"))
    .description("Say what `run` would do, stage by stage, and why; write nothing.")
    .argument("<file>", "pipeline file (YAML)")
    .option("--full", "print the resolved pipeline with every default instead")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      examples(
        "deno task plan pipelines/sprites.yaml",
        "deno task plan pipelines/sprites.yaml --full > resolved.yaml",
      ),
    )
    .action(act(async () => (await imported(() => import("./plan.ts"))).plan));
  runsOption(program.command("reproduce"))
    .description(
      "Rerun a recorded run without its stored results and compare every artifact, bit by bit.",
    )
    .argument("<run>", "hash or id of a run, or the beginning of one")
    .option("--keep", "keep the scratch folder with the second results")
    .addHelpText("after", examples("deno task reproduce 3f9a61c2"))
    .action(act(async () => (await imported(() => import("./reproduce.ts"))).reproduce));
}

function describeLooking(program: Command, act: Bind): void {
  runsOption(program.command("ls"))
    .description("List the runs, newest first.")
    .option("--json", "print one JSON array")
    .addHelpText("after", examples("deno task ls"))
    .action(act(async () => (await imported(() => import("./ls.ts"))).ls));
  runsOption(program.command("show"))
    .description("Show a run, or an artifact with its recipe, files and numbers.")
    .argument("<name>", "id or hash of a run, or key of an artifact; a beginning is enough")
    .option("--json", "print the whole record as JSON")
    .addHelpText("after", examples("deno task show 20261121", "deno task show 3f9a61c2 --json"))
    .action(act(async () => (await imported(() => import("./show.ts"))).show));
  fileOptions(program.command("why"))
    .description(
      "Say why a stage would run again, or in which leaves two artifacts' recipes differ.",
    )
    .argument("<first>", "pipeline file, or key of an artifact")
    .argument("<second>", "name of a stage, or key of another artifact")
    .addHelpText(
      "after",
      examples(
        "deno task why pipelines/sprites.yaml model",
        "deno task why 3f9a61c2 b07715de",
      ),
    )
    .action(act(async () => (await imported(() => import("./why.ts"))).why));
}

function describeKeeping(program: Command, act: Bind): void {
  runsOption(program.command("verify"))
    .description("Read every stored byte again and compare it with its digest.")
    .addHelpText("after", examples("deno task verify"))
    .action(act(async () => (await imported(() => import("./verify.ts"))).verify));
  runsOption(program.command("gc"))
    .description(
      "Drop stored results that the newest runs do not need; without --yes only say what would go.",
    )
    .option("--keep <runs>", "number of newest runs whose results stay", wholeNumber(0), 10)
    .option("--yes", "really drop them")
    .addHelpText("after", examples("deno task gc", "deno task gc --keep 3 --yes"))
    .action(act(async () => (await imported(() => import("./gc.ts"))).gc));
}

function describeMachine(program: Command, act: Bind): void {
  program.command("data")
    .description("List the data sets, or describe one and say how to use it.")
    .argument("[name]", "name of a data set; without it all are listed")
    .option("--json", "print JSON")
    .option("--folder <new>", "write its images as PNG files, in a folder for each class")
    .option("--count <images>", "number of images to write", wholeNumber(1))
    .option("--params <json>", "parameters of the data set, such as '{\"size\": 128}'")
    .addHelpText(
      "after",
      examples(
        "deno task data",
        "deno task data sprites",
        "deno task data brain --folder runs/brain --params '{\"size\": 128}'",
      ),
    )
    .action(act(async () => (await imported(() => import("./data.ts"))).data));
  runsOption(program.command("doctor"))
    .description(
      "Say what this machine offers: versions, devices and why not, processor, memory, store.",
    )
    .option("--json", "print JSON")
    .addHelpText("after", examples("deno task doctor"))
    .action(act(async () => (await imported(() => import("./doctor.ts"))).doctor));
  program.command("setup-cuda")
    .description("Bring ONNX Runtime's CUDA provider from npm, and say what else CUDA needs here.")
    .option("--check", "install nothing; end with 1 where CUDA cannot be used")
    .addHelpText("after", examples("deno task setup-cuda", "deno task setup-cuda --check"))
    .action(act(async () => (await imported(() => import("./setup_cuda.ts"))).setupCuda));
  program.command("schema")
    .description("Write the JSON Schema of pipeline files, which editors complete and check by.")
    .argument("[file]", "where to write it; - for standard output", "pipelines/schema.json")
    .addHelpText("after", examples("deno task schema", "deno task schema -"))
    .action(act(async () => (await imported(() => import("./schema.ts"))).schema));
}

function runsOption(command: Command): Command {
  return command.option("--runs <folder>", "folder of the store and the runs", "runs");
}

function fileOptions(command: Command): Command {
  return runsOption(command).option(
    "--set <path=value>",
    "override one value of the file; may be given again",
    (value: string, before: readonly string[] = []) => [...before, value],
  );
}

function runOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--device <name>", "where the graphs run").choices(["auto", "cpu", "cuda"])
        .default("auto"),
    )
    .option(
      "--threads <count>",
      "threads of one graph (default: all cores); with fewer, more run side by side; the bits of the results depend on it",
      wholeNumber(1),
    );
}

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`It must be a whole number >= ${least}.`);
  };
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}

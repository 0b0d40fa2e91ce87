/** Bad input: every case ends with exit 2, one message with its place, and nothing written. Real stage kinds. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { main } from "../../src/main.ts";
import { allStageKinds } from "../../src/stages/table.ts";
import { fakeTerminal } from "../unit/cli/fake_terminal.ts";
import { tiny } from "./tiny.ts";

const stageKinds = await allStageKinds();

/** Runs a file's text or bytes in an empty folder, which must stay as empty as it was. */
async function refused(
  content: string | Uint8Array<ArrayBuffer>,
  prepare: (folder: string) => void = () => {},
): Promise<string> {
  const folder = Deno.makeTempDirSync({ prefix: "bruit-bad-" });
  try {
    const file = join(folder, "bad.yaml");
    if (typeof content === "string") Deno.writeTextFileSync(file, content);
    else Deno.writeFileSync(file, content);
    prepare(folder);
    const terminal = fakeTerminal(stageKinds);
    const code = await main(["run", file, "--runs", join(folder, "runs")], terminal);
    const { out, err } = terminal.output;
    assert.equal(code, 2, out + err);
    assert.equal(out, "");
    assert.throws(() => Deno.statSync(join(folder, "runs")), Deno.errors.NotFound);
    return err.replaceAll(folder + "/", "");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The tiny pipeline with one thing changed. */
const withChange = (from: string, to: string): string => {
  assert.ok(tiny.includes(from), from);
  return tiny.replace(from, to);
};

const changes: readonly [name: string, from: string, to: string, message: RegExp][] = [
  ["a key that is misspelt", "count: 72", "cuont: 72", /"cuont" \(bad.yaml:5.*\n.*mean "count"/],
  [
    "a nested key that is misspelt",
    "learning_rate",
    "lerning_rate",
    /"optimizer.lerning_rate" of \w+ \(bad.yaml:12:31\)\nDid you mean "learning_rate"/,
  ],
  ["a top-level key", "seed: 3", "sead: 3", /"sead" \(bad.yaml:3:1\)\nDid you mean "seed"/],
  ["a word for a number", "count: 72", "count: many", /count must be a whole number.*"many"/],
  ["a cycle", "from: noise", "from: samples", /form a cycle: model -> samples -> model/],
  ["a stage that is its own input", "from: noise", "from: model", /its own input/],
  ["a port", "reference: pixels", "refrence: pixels", /no input "refrence".*\n.*"reference"/],
  ["a port of another type", "from: model,", "from: pixels,", /wants model, gets images/],
  ["a stage that is not there", "from: model,", "from: modle,", /no stage "modle".*\n.*"model"/],
  ["channels", "[8, 16]", "[8, 17]", /channels.1 must be divisible by norm_groups/],
  ["levels", "[8, 16]", "[8, 8, 8, 8, 8]", /channels has 5 levels, which need an image size/],
  ["negative epochs", "epochs: 1", "epochs: -1", /epochs must be > 0.*-1 \(bad.yaml:14:13\)/],
  ["no epochs", "epochs: 1", "epochs: 0", /epochs must be > 0/],
  ["epochs without number", "epochs: 1", "epochs: .nan", /must be finite/],
  ["endless epochs", "epochs: 1", "epochs: 1e9", /epochs make 8000000000 steps/],
  ["a batch", "batch_size: 8", "batch_size: 65", /at most the 64 training images.*65/],
  ["eta", "{ kind: ddpm }", "{ kind: ddim, steps: 9, eta: 2 }", /sampler.eta must be <= 1/],
  ["sampler steps", "{ kind: ddpm }", "{ kind: ddim, steps: 21 }", /at most the 20 timesteps/],
  ["a beta", "kind: cosine", "kind: linear, beta_end: 1.5", /schedule.beta_end must be < 1/],
  ["timesteps", "timesteps: 20", "timesteps: 1e12", /schedule.timesteps must be <= 100000/],
  ["a kind of stage", "uses: sample", "uses: smaple", /no such kind.*\n.*mean "sample"/],
  ["a model", "kind: unet", "kind: uent", /model.kind must be one of.*\n.*mean "unet"/],
  ["a sampler", "kind: ddpm", "kind: dppm", /sampler.kind must be one of.*\n.*mean "ddpm"/],
  [
    "a data set by name",
    "{ kind: shapes, size: 8 }",
    "shpes",
    /dataset must be one of "brain", .*"shapes", "sprites" or a map: .*\n.*mean "shapes"/,
  ],
  [
    "a data set by kind",
    "kind: shapes",
    "kind: shpes",
    /dataset.kind must be one of .*"shpes" \(bad.yaml:5:42\)\n.*mean "shapes"/,
  ],
  ["a metric", "sliced-wasserstein", "sliced-wassertein", /compute.1 .*\n.*"sliced-wasserstein"/],
  ["too few samples", "count: 4", "count: 1", /from.samples must bring at least 2 samples, not 1/],
  ["no images", "count: 72", "count: 0", /count must be >= 1/],
  ["a negative seed", "seed: 3", "seed: -3", /seed must be a whole number >= 0/],
  ["a broken seed", "seed: 3", "seed: 0.5", /seed must be a whole number/],
  ["a seed that is not exact", "seed: 3", "seed: 99999999999999999999", /2\^53/],
  ["a key twice", "count: 72", "count: 72, count: 73", /written twice \(bad.yaml:5:/],
  ["a tab", "  images:", "\timages:", /[Tt]abs .*\(bad.yaml:5:1\)/],
  ["a name that is a path", "name: tiny", "name: ../../x", /name must begin with a letter/],
];

for (const [name, from, to, message] of changes) {
  Deno.test(`bad input: ${name}`, async () => {
    assert.match(await refused(withChange(from, to)), message);
  });
}

Deno.test("bad input: files that are no pipeline", async () => {
  const utf16 = Uint8Array.from([0xff, 0xfe, ...new TextEncoder().encode("n\0a\0")]);
  const bomb = "abcdefgh".split("").map((name, i, names) =>
    `${name}: &${name} [${Array(9).fill(i ? "*" + names[i - 1] : "x").join(", ")}]`
  ).join("\n");
  assert.match(await refused(""), /a pipeline is a map with name, seed and stages/);
  assert.match(await refused("42"), /a pipeline is a map/);
  assert.match(await refused(utf16), /not UTF-8/);
  assert.match(await refused("#".repeat(2 ** 24)), /larger than 8388608 bytes/);
  assert.match(await refused(bomb), /more than 50000 values once its aliases are expanded/);
  assert.match(await refused("a: ".concat("[".repeat(100_000))), /nested too deeply/);
  assert.match(await refused("name: x\nstages: &s\n  a: *s\n"), /nested deeper than/);
});

/** A .npy file of bytes 0 with this header. */
function npy(header: string, bytes: number): Uint8Array<ArrayBuffer> {
  const text = header.padEnd(117) + "\n";
  const start = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, text.length, 0];
  return Uint8Array.from([...start, ...new TextEncoder().encode(text), ...new Uint8Array(bytes)]);
}

const header = (dtype: string, shape: string, fortran = "False") =>
  `{'descr': '${dtype}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

const arrays: readonly [name: string, file: Uint8Array<ArrayBuffer>, message: RegExp][] = [
  ["truncated", npy(header("|u1", "(4, 2, 2, 3)"), 47), /truncated: .* takes 48 bytes.* has 47/],
  ["of another type", npy(header("<c8", "(4, 2, 2, 3)"), 384), /element type is not readable/],
  ["in Fortran order", npy(header("|u1", "(4, 2, 2, 3)", "True"), 48), /Fortran order/],
  ["of objects", npy(header("|O", "(4, 2, 2, 3)"), 48), /element type is not readable/],
  ["of a huge shape", npy(header("|u1", "(99999999999, 8, 8, 3)"), 3), /truncated/],
  ["of no shape", npy(header("|u1", "()"), 1), /images need 3 or 4 axes/],
  ["of code", npy("__import__('os').system('true')", 0), /not the dict literal/],
  ["without images", npy(header("|u1", "(0, 2, 2, 3)"), 0), /holds no images/],
  ["of text", new TextEncoder().encode("hello"), /not a .npy file/],
];

for (const [name, file, message] of arrays) {
  Deno.test(`bad input: a .npy file ${name}`, async () => {
    const text = withChange("dataset: { kind: shapes, size: 8 }, count: 72", "path: a.npy");
    const said = await refused(text, (folder) => Deno.writeFileSync(join(folder, "a.npy"), file));
    assert.match(said, message);
    assert.match(said, /^Cannot compile stage "images": path .*\(bad.yaml:5:31\)\n/);
  });
}

Deno.test("bad input: a path to nothing, an empty folder, a pipe", async () => {
  const text = withChange("dataset: { kind: shapes, size: 8 }, count: 72", "path: data");
  assert.match(await refused(text), /path must name a file or folder: there is none at data/);
  const empty = (folder: string) => Deno.mkdirSync(join(folder, "data"));
  assert.match(await refused(text, empty), /cannot read the folder "data": it is empty/);
  const pipe = withChange("dataset: { kind: shapes, size: 8 }, count: 72", "path: pipe.npy");
  const makePipe = (folder: string) =>
    void new Deno.Command("mkfifo", { args: [join(folder, "pipe.npy")] }).outputSync();
  assert.match(await refused(pipe, makePipe), /pipe.npy is a pipe or a device/);
});

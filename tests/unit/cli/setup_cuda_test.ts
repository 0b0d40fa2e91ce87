/** The command `setup-cuda` with a script in npm's place: what it installs, what it says, and what goes wrong. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { StageError } from "../../../src/base/errors.ts";
import { type CudaMachine, setupCuda } from "../../../src/cli/setup_cuda.ts";
import { readTar } from "../../../src/cli/setup_cuda/tar.ts";
import { namesIn } from "../../../src/store/disk.ts";
import { contents, failingNpm, fakeNpm, tarOf } from "./fake_npm.ts";
import { fakeTerminal } from "./fake_terminal.ts";

interface Scene {
  readonly machine: CudaMachine;
  readonly folder: string;
  /** Folder of the npm. */
  readonly shelf: string;
}

/** Runs a test with a folder for the libraries and one for npm. */
async function withScene(test: (scene: Scene) => Promise<void>): Promise<void> {
  const root = Deno.makeTempDirSync();
  try {
    const [folder, shelf] = ["native", "shelf"].map((name) => join(root, name));
    [folder, shelf].forEach((path) => Deno.mkdirSync(path));
    await test({
      folder,
      shelf,
      machine: {
        ...fakeNpm(shelf),
        platform: "linux x86_64",
        onnxRuntime: "1.29.0",
        folder,
        canLoad: () => true,
        gpus: () => Promise.resolve([{ name: "A GPU", driver: "580.65.06" }]),
        fault: () => Promise.resolve(undefined),
      },
    });
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

/** Runs the command and gives what it said. */
async function run(machine: CudaMachine, check = false) {
  const terminal = fakeTerminal();
  const code = await setupCuda(terminal, { check }, machine);
  return { code, ...terminal.output };
}

const asked = (shelf: string) => {
  const path = join(shelf, "asked");
  return namesIn(shelf).includes("asked") ? Deno.readTextFileSync(path).trim().split("\n") : [];
};

const fails = async (machine: CudaMachine, message: RegExp) =>
  await assert.rejects(
    run(machine),
    (error: unknown) => error instanceof StageError && message.test(error.message),
  );

Deno.test("setup-cuda: the files are put in place, executable, and nothing else", () =>
  withScene(async ({ machine, folder, shelf }) => {
    const { code, out, err } = await run(machine);
    assert.equal(code, 0);
    assert.deepEqual(namesIn(folder), Object.keys(contents).sort());
    for (const [name, bytes] of Object.entries(contents)) {
      assert.deepEqual(Deno.readFileSync(join(folder, name)), bytes);
      assert.equal(Deno.statSync(join(folder, name)).mode! & 0o777, 0o755);
    }
    assert.deepEqual(asked(shelf), ["a-provider@1.2.3"]);
    assert.match(err, /fetching a-provider@1\.2\.3 .*\n.*unpacking\ninstalled/);
    assert.match(out, /provider +installed in .*\nlibraries +all there\ndriver +A GPU, driver 580/);
    assert.match(out, /cuda +usable\n/);
  }));

Deno.test("setup-cuda: a second time nothing is fetched, unless a file is damaged", () =>
  withScene(async ({ machine, folder, shelf }) => {
    await run(machine);
    await run(machine);
    assert.equal(asked(shelf).length, 1);
    const path = join(folder, "libcuda_provider.so");
    const damaged = Deno.readFileSync(path);
    damaged[1000] ^= 1;
    Deno.writeFileSync(path, damaged);
    await run(machine);
    assert.equal(asked(shelf).length, 2);
    assert.deepEqual(Deno.readFileSync(path), contents["libcuda_provider.so"]);
  }));

Deno.test("setup-cuda --check: installs nothing and ends with 1 where CUDA cannot be used", () =>
  withScene(async ({ machine, folder, shelf }) => {
    const bare = {
      ...machine,
      canLoad: (name: string) => !name.startsWith("libcu"),
      gpus: () => Promise.resolve(undefined),
      fault: () => Promise.resolve("there is no driver"),
    };
    const { code, out } = await run(bare, true);
    assert.equal(code, 1);
    assert.deepEqual([namesIn(folder), asked(shelf)], [[], []]);
    assert.match(out, /provider +not installed: `deno task setup-cuda`/);
    assert.match(
      out,
      /missing: libcuda\.so\.1 \(NVIDIA's driver, version 580 or newer\); libcudart/,
    );
    assert.match(out, /libcudnn\.so\.9 \(cuDNN 9 for CUDA 13\)/);
    assert.match(out, /driver +nvidia-smi reports no GPU\ncuda +not usable: there is no driver/);
    assert.match(out, /LD_LIBRARY_PATH/);
    assert.equal((await run(machine, true)).code, 0);
  }));

Deno.test("setup-cuda: an old driver is named", () =>
  withScene(async ({ machine }) => {
    const gpus = () => Promise.resolve([{ name: "A GPU", driver: "570.86.10" }]);
    assert.match((await run({ ...machine, gpus })).out, /570\.86\.10: too old, CUDA 13 needs 580/);
  }));

Deno.test("setup-cuda: other systems and another ONNX Runtime are refused before anything is fetched", () =>
  withScene(async ({ machine, shelf }) => {
    await fails({ ...machine, platform: "darwin aarch64" }, /linux x86_64, not for darwin aarch64/);
    await fails({ ...machine, onnxRuntime: "1.30.0" }, /belongs to onnxruntime-node 1\.29\.0, not/);
    assert.deepEqual(asked(shelf), []);
  }));

Deno.test("setup-cuda: what npm reports becomes a sentence, and no scratch is left", () =>
  withScene(async ({ machine, folder, shelf }) => {
    await fails({ ...machine, npm: join(shelf, "no-npm") }, /no-npm was not found\nInstall Node/);
    const words =
      "npm warn old\nnpm error code E404\nnpm error 404 Not Found\nnpm error A log of " +
      "this run can be found in: /x";
    failingNpm(shelf, words);
    await fails(machine, /npm pack failed: code E404; 404 Not Found\n/);
    failingNpm(shelf, "npm error code ENOSPC\nnpm error nospc write");
    await fails(machine, /the disk is full\n/);
    assert.deepEqual(namesIn(folder), []);
  }));

Deno.test("setup-cuda: other bytes than the pinned ones are never installed", () =>
  withScene(async ({ machine, folder, shelf }) => {
    const { provider } = machine;
    await fails(
      { ...machine, provider: { ...provider, integrity: "sha512-AAAA" } },
      /another digest than the pinned one/,
    );
    const changed = { ...contents, "libshared.so": new Uint8Array(700) };
    const other = fakeNpm(shelf, changed);
    await fails({ ...machine, ...other }, /libshared\.so in the package has another digest/);
    const { "libshared.so": _, ...fewer } = contents;
    await fails({ ...machine, ...fakeNpm(shelf, fewer) }, /has no package\/lib\/libshared\.so/);
    assert.deepEqual(namesIn(folder), []);
  }));

Deno.test("setup-cuda: what a killed installation left is removed once it is old", () =>
  withScene(async ({ machine, folder }) => {
    const [old, young] = [".setup-cuda-old", ".setup-cuda-young"].map((name) => join(folder, name));
    [old, young].forEach((path) => Deno.mkdirSync(path));
    Deno.utimeSync(old, new Date(0), new Date(0));
    await run(machine);
    assert.deepEqual(namesIn(folder), [".setup-cuda-young", ...Object.keys(contents).sort()]);
  }));

Deno.test("tar: long names, empty files, chunks of any size, and an early end", async () => {
  const long = `${"folder/".repeat(18)}file`;
  const files = {
    "a": new Uint8Array(0),
    [long]: new Uint8Array(513).fill(7),
    "b": contents["libshared.so"],
  };
  const archive = tarOf(files);
  const read = async (bytes: Uint8Array, chunk: number) => {
    const found: Record<string, number[]> = {};
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start(controller) {
        for (let i = 0; i < bytes.length; i += chunk) controller.enqueue(bytes.slice(i, i + chunk));
        controller.close();
      },
    });
    await readTar(stream, (name) => {
      found[name] = [];
      return { write: (piece) => found[name].push(...piece), close() {} };
    });
    return found;
  };
  const expected = Object.fromEntries(Object.entries(files).map(([n, b]) => [n, [...b]]));
  for (const chunk of [1, 100, 512, 5000]) assert.deepEqual(await read(archive, chunk), expected);
  await assert.rejects(read(archive.slice(0, 1500), 512), /ends too early/);
});

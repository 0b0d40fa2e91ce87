/** Benchmark: commands on a store of 100,000 artifacts. No peer; the same commands on a small store are in noop. */
import { canonicalJson, digestBytes } from "../../src/base/canonical.ts";
import { sealManifest } from "../../src/store/manifest.ts";
import { openStore } from "../../src/store/store.ts";
import type { Benchmark } from "./benchmark.ts";
import { Workplace } from "./command.ts";

const artifacts = 100_000;

const pipeline = `name: little
stages:
  images: { uses: load, dataset: { kind: shapes, size: 8 }, count: 64 }
  pixels: { uses: normalize, from: images }
`;

export const store: Benchmark = {
  name: "store",
  summary: `milliseconds of whole commands on a store of ${artifacts} artifacts`,
  async run({ rounds }) {
    using place = new Workplace();
    const key = fill(place.path("runs"));
    place.write("little.yaml", pipeline);
    await place.command("run", "little.yaml");
    return {
      artifacts,
      runMs: await place.commandMs(rounds, "run", "little.yaml"),
      planMs: await place.commandMs(rounds, "plan", "little.yaml"),
      lsMs: await place.commandMs(rounds, "ls"),
      showMs: await place.commandMs(rounds, "show", key.slice(0, 12)),
      gcMs: await place.commandMs(1, "gc"),
      verifyMs: await place.commandMs(1, "verify"),
    };
  },
};

/** Writes artifacts of one small file each as the store lays them out, but without forcing them onto the disk. */
function fill(root: string): string {
  using store = openStore(root);
  for (const part of ["keys", "blobs"]) {
    for (let n = 0; n < 256; n++) {
      Deno.mkdirSync(store.path(part, n.toString(16).padStart(2, "0")), { recursive: true });
    }
  }
  let key = "";
  for (let n = 0; n < artifacts; n++) {
    const bytes = new TextEncoder().encode(`artifact ${n}`);
    const file = { digest: digestBytes(bytes), size: bytes.length };
    const manifest = sealManifest({
      record: { kind: "load", version: 1, params: { n }, inputs: {} },
      type: "images",
      meta: { n },
      files: { "train.npy": file },
      views: [],
      summary: {},
    });
    Deno.writeFileSync(store.filePath(file), bytes);
    Deno.writeTextFileSync(store.manifestPath(manifest.key), canonicalJson(manifest));
    key = manifest.key;
  }
  return key;
}

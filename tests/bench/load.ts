/** Benchmark: a .npy file of 1 GB: opened, read by rows, hashed once and again. Peer: sha256sum. */
import { createNpy, openNpy } from "../../src/formats/npy.ts";
import { hashFile } from "../../src/store/digests.ts";
import { openStore } from "../../src/store/store.ts";
import { type Benchmark, median, rounded, timeMs } from "./benchmark.ts";
import { Workplace } from "./command.ts";

const images = 1_000_000;
const rowElements = 32 * 32;

export const load: Benchmark = {
  name: "load",
  summary: "milliseconds to open a .npy file of 1 GB, to read 64 rows of it, to hash it twice",
  async run({ rounds, alone }) {
    using place = new Workplace();
    const path = place.path("images.npy");
    writeImages(path);
    const before = Deno.memoryUsage().rss;
    const open = await medianMs(rounds, () => openNpy(path).close());
    using file = openNpy(path);
    const rows = Array.from({ length: 64 }, (_, i) => (i * 15_485_863) % images);
    const read = await medianMs(rounds, () => file.rowsAt(rows));
    const hash = await medianMs(rounds, () => hashFile(path));
    const again = await rememberedMs(place, path);
    const ours = {
      openMs: rounded(open),
      rowsMs: rounded(read),
      hashMs: rounded(hash),
      hashAgainMs: rounded(again),
      memoryMB: rounded((Deno.memoryUsage().rss - before) / 1e6, 3),
    };
    if (alone) return ours;
    const peer = await medianMs(rounds, () => sha256sum(path)).catch(() => undefined);
    if (peer === undefined) return { ...ours, peer: "sha256sum is not installed" };
    return { ...ours, sha256sumMs: rounded(peer), ratio: rounded(hash / peer, 3) };
  },
};

function writeImages(path: string): void {
  using file = createNpy(path, "uint8", [images, 32, 32, 1]);
  const block = new Uint8Array(1000 * rowElements);
  for (let start = 0; start < images; start += 1000) {
    block.forEach((_, i) => block[i] = Math.imul(start + i, 2654435761) >>> 24);
    file.append(block);
  }
  file.finish();
}

/** The digest of a file that another process, or this one a while ago, has taken before. */
async function rememberedMs(place: Workplace, path: string): Promise<number> {
  // A file is remembered from two seconds after its last change.
  await new Promise((resolve) => setTimeout(resolve, 2100));
  const store = openStore(place.path("runs"));
  await store.use();
  await store.digestFile(path);
  store.close();
  using later = openStore(place.path("runs"));
  return await timeMs(() => later.digestFile(path));
}

async function medianMs(rounds: number, work: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await timeMs(work));
  return median(times);
}

async function sha256sum(path: string): Promise<void> {
  const { success } = await new Deno.Command("sha256sum", { args: [path], stdout: "null" })
    .output();
  if (!success) throw new Error("sha256sum failed");
}

/** The command `verify`: reads the whole store again. */
import { verifyStore } from "../store/upkeep.ts";
import { amountText, countText, shortDigest } from "./format.ts";
import type { CommonOptions } from "./options.ts";
import { showProgress } from "./progress.ts";
import { openToWrite } from "./runs_folder.ts";
import type { Terminal } from "./terminal.ts";

/** Checks every byte. Resolves to 1 where something is damaged: the next run makes it again. */
export async function verify(terminal: Terminal, options: CommonOptions): Promise<number> {
  using store = openToWrite(options.runs, "verify");
  const view = showProgress(terminal);
  view.started("verify", `reads ${options.runs}`);
  const onProgress = (done: number, total: number) =>
    view.progress("verify", { done, total, unit: "file" });
  const report = await verifyStore(store, onProgress).finally(() => view.close());
  for (const { what, fault, path, keys } of report.faults) {
    const users = keys.length > 0 ? ` (needed by ${keys.map(shortDigest).join(", ")})` : "";
    terminal.out(`damaged ${what}: ${path}: ${fault}${users}\n`);
  }
  const verdict = report.faults.length === 0
    ? "all as they were written"
    : `${countText(report.faults.length, "fault")}; the next run that needs them makes them again`;
  terminal.out(`${amountText(report.amount)}: ${verdict}\n`);
  if (report.unreferenced.length > 0) {
    terminal.out(
      `${
        countText(report.unreferenced.length, "file")
      } that no artifact needs (deno task gc drops them)\n`,
    );
  }
  return report.faults.length === 0 ? 0 : 1;
}

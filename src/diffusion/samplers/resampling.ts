/** Going back to more noise and forth again, so that an inpainted region can agree with what is around it. */
import { ParamError } from "../../base/errors.ts";
import type { Combination, SamplerRow, SamplerTable } from "./sampler.ts";

/** What noise x has after a row: the next row's, or the image itself. */
export type NoiseLevel = Pick<SamplerRow, "alphaCumprod" | "scale">;

/** The noise that x has after row `i` of a table. */
export function levelAfter({ rows }: SamplerTable, i: number): NoiseLevel {
  return rows[i + 1] ?? { alphaCumprod: 1, scale: 1 };
}

/**
 * Every step made `times` times, with noise added in between that leads back to where it began: Lugmayr et al. (2022),
 * RePaint, arXiv:2201.09865, algorithm 1 with jumps of one step. The way back is
 *
 *     x_t = sqrt(acp_t / acp_s) x_s + sqrt(1 - acp_t / acp_s) z
 *
 * and part of the row before it: two independent normal numbers are one of their variances' sum. Throws `ParamError` for
 * samplers with a memory, which noise would make wrong.
 */
export function resampled(table: SamplerTable, times: number): SamplerTable {
  if (times === 1) return table;
  if (table.registers > 1) {
    const reason = "must be 1 for a sampler that remembers earlier steps";
    throw new ParamError(["resample"], reason, times, "ddpm, ddim and euler do not.");
  }
  const rows = table.rows.flatMap((row, i) => {
    const again = { ...row, next: [noisedAgain(row.next[0], levelAfter(table, i), row)] };
    return [...Array<SamplerRow>(times - 1).fill(again), row];
  });
  return { ...table, rows };
}

function noisedAgain(
  { registers = [], x0 = 0, epsilon = 0, noise = 0 }: Combination,
  from: NoiseLevel,
  to: NoiseLevel,
): Combination {
  const share = to.alphaCumprod / from.alphaCumprod;
  const factor = Math.sqrt(share) * from.scale / to.scale;
  return {
    registers: registers.map((value) => factor * value),
    x0: factor * x0,
    epsilon: factor * epsilon,
    noise: Math.hypot(factor * noise, Math.sqrt(1 - share) / to.scale),
  };
}

/** The interval of the values that a channel holds, which has a width even where they are one value. */

/**
 * The interval [low, high]. Where the two are the same it reaches beyond them: by 1, or by a millionth of the value
 * where that is more, because rounding would lose the 1 beside it.
 */
export function wideInterval(low: number, high: number): readonly [number, number] {
  return low < high ? [low, high] : [low, low + Math.max(1, Math.abs(low) * 2 ** -20)];
}

/**
 * How much a page shows: browsers are slow with more, and no text can have more than 512 MiB, of which pictures take 4/3
 * of their size. What finds no room is named instead.
 */
const MOST_BYTES = 200e6;
/** Of one file. */
const LARGEST_FILE = 32e6;

/** What is left of the bytes that a page shows. */
export class Room {
  private left = MOST_BYTES;

  /** Whether there is room for so many bytes, which are then taken. */
  takes(bytes: number): boolean {
    if (bytes > Math.min(LARGEST_FILE, this.left)) return false;
    this.left -= bytes;
    return true;
  }
}

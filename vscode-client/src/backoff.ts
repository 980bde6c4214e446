/** When to start a server again that went away by itself. */

/** How many crashes in a row are answered with a new start. */
export const MAX_RESTARTS = 5;

/** A server that lived this long (ms) was healthy: the count of crashes starts again. */
export const HEALTHY_MS = 60_000;

const FIRST_DELAY_MS = 1_000;

/**
 * The wait (ms) before the next start: 1, 2, 4, 8, 16 seconds.
 *
 * @param crashes crashes in a row, this one included
 * @returns undefined when it is time to give up and ask the person
 */
export function restartDelay(crashes: number): number | undefined {
  return crashes > MAX_RESTARTS ? undefined : FIRST_DELAY_MS * 2 ** (crashes - 1);
}

/** Crashes in a row after one more, of a server that lived for `livedMs`. */
export function countCrash(before: number, livedMs: number): number {
  return livedMs >= HEALTHY_MS ? 1 : before + 1;
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { HEALTHY_MS, MAX_RESTARTS, countCrash, restartDelay } from "../src/backoff";

test("each crash waits twice as long, and the sixth gives up", () => {
  const delays = Array.from({ length: MAX_RESTARTS + 1 }, (_, index) => restartDelay(index + 1));
  assert.deepEqual(delays, [1000, 2000, 4000, 8000, 16000, undefined]);
});

test("a server that lived long starts the count again", () => {
  assert.equal(countCrash(4, HEALTHY_MS), 1);
  assert.equal(countCrash(4, HEALTHY_MS - 1), 5);
});

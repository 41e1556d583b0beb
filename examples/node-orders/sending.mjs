// Events -> CDP: again when CDP is busy (429 or 503, honouring `Retry-After`), does not answer in time or breaks off.

import { setTimeout as pause } from "node:timers/promises";

import { bug } from "./bugs.mjs";

const ATTEMPTS = 5;
const BUSY = new Set([429, 503]);
const LONGEST_PAUSE_MS = 30_000;

/** CDP did not take the events; the message says why. */
export class NotTaken extends Error {}

/** Where to send, with which credentials, and how long to wait for an answer. */
export class Listener {
  static fromEnvironment({ CDP_EVENTS_URL, CDP_USER_KEY, CDP_SECRET, CDP_TIMEOUT_MS = "10000" }) {
    if (!CDP_EVENTS_URL || !CDP_USER_KEY || !CDP_SECRET) throw new Error("set CDP_EVENTS_URL, CDP_USER_KEY and CDP_SECRET");
    const url = new URL(CDP_EVENTS_URL);
    url.searchParams.set("userKey", CDP_USER_KEY);
    url.searchParams.set("secret", CDP_SECRET); // the URL is secret from here on: never log it
    return Object.assign(new Listener(), { url, timeoutMs: Number(CDP_TIMEOUT_MS) });
  }
}

/** Send `events` as one batch; return how many CDP has now. Throws NotTaken when it does not have all of them. */
export async function send(events, listener) {
  for (let attempt = 1; ; attempt++) {
    const last = attempt === ATTEMPTS;
    try {
      const answer = await post(batchOf(events, attempt), listener);
      if (!BUSY.has(answer.status) || last || bug("ok")) return await taken(answer, events.length);
      await answer.body?.cancel(); // gives the connection back
      await pause(pauseMs(attempt, answer.headers.get("retry-after")));
    } catch (error) {
      if (error instanceof NotTaken) throw error;
      if (last) throw new NotTaken(`no answer after ${ATTEMPTS} attempts: ${error.cause?.code ?? error.name}`);
      await pause(pauseMs(attempt)); // CDP may have taken them all the same: it knows them by their order code
    }
  }
}

function batchOf(events, attempt) {
  if (bug("resend") && attempt > 1) return events.map((event) => ({ ...event, orderCode: `${event.orderCode}-${attempt}` }));
  return events;
}

function post(events, { url, timeoutMs }) {
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(events),
    signal: AbortSignal.timeout(timeoutMs),
  });
}

// `Retry-After` is a number of seconds or a date; without one the pause doubles from attempt to attempt.
function pauseMs(attempt, retryAfter) {
  const asked = /^\d+$/.test(retryAfter ?? "") ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  const wanted = Number.isNaN(asked) ? 100 * 2 ** (attempt - 1) : Math.max(asked, 0);
  return Math.min(wanted, LONGEST_PAUSE_MS);
}

// fetch takes every answer for a success, a refusal, too; and of an accepted batch single events may be refused.
async function taken(answer, count) {
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok && !bug("ok")) throw new NotTaken(`CDP answered ${answer.status}: ${reasons(said)}`);
  const refused = (said.outcomes ?? []).filter((outcome) => outcome === "rejected" || outcome === "discarded");
  if (refused.length) throw new NotTaken(`${refused.length} of ${count} orders were not taken: ${reasons(said)}`);
  return count;
}

function reasons({ errorDetails, errorMessage, validationErrors = [] }) {
  return validationErrors.map((one) => one.message).join("; ") || errorDetails || errorMessage || "it did not say why";
}

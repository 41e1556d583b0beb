// Reads orders as the shop writes them from stdin, and sends them to SAP CDP as one batch of events `web-order`.
// Needs Node 18 or newer, and nothing else. Exit code 0: CDP took all of them. 1: it did not. 2: input or settings are wrong.

import { text } from "node:stream/consumers";

import { bug, checkBug } from "./bugs.mjs";
import { webOrder } from "./mapping.mjs";
import { Listener, NotTaken, send } from "./sending.mjs";

async function main() {
  checkBug();
  const listener = Listener.fromEnvironment(process.env);
  const { orders } = JSON.parse(await text(process.stdin));
  const events = (bug("loop") ? orders.slice(0, orders.length - 1) : orders).map(webOrder);
  if (!events.length) return "no orders";
  const taken = await send(events, listener);
  return `${taken} of ${orders.length} orders taken`;
}

try {
  console.log(await main());
} catch (error) {
  console.error(error instanceof NotTaken ? error.message : `${error.name}: ${error.message}`);
  process.exitCode = error instanceof NotTaken ? 1 : 2;
}

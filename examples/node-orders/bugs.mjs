// Mistakes that real integrations have, switched on by the variable BUG, so that one can see what finds them.

const BUGS = ["falsy", "loop", "nullish", "ok", "resend", "spread"];

/** Say whether the mistake called `name` is to be made. */
export const bug = (name) => process.env.BUG === name;

/** Refuse a BUG that does not exist: a typing error must not pass for a sound script. */
export function checkBug() {
  const { BUG } = process.env;
  if (BUG && !BUGS.includes(BUG)) throw new Error(`BUG=${BUG}: no such bug; there are ${BUGS.join(", ")}`);
}

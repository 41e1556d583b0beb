// An order of the shop -> an event `web-order`. Pure: the same order gives the same event, however often it is sent.

import { bug } from "./bugs.mjs";

const STATUS = { open: "CREATED", shipped: "COMPLETED", cancelled: "CANCELLED" };

// The shop counts in cents, so that sums are exact; CDP wants a number of euros.
const amount = (cents) => cents / 100;

// What is empty in the shop is left out of the event: JSON.stringify drops undefined, but would write null.
function given(value) {
  if (value === null || value === undefined || value === "") return bug("nullish") ? null : undefined;
  return value;
}

function total({ totalCents, currency }) {
  if (bug("falsy") && !totalCents) return undefined; // 0 is falsy, and an order may cost nothing
  return { value: amount(totalCents), currency };
}

function item(line) {
  return {
    productCode: line.sku,
    name: given(line.title),
    quantity: line.count,
    basePrice: amount(line.unitCents),
    totalPrice: amount(line.unitCents * line.count),
  };
}

export function webOrder(order) {
  const { customer: { mail, login, ...others }, coupons = [], lines } = order;
  return {
    ...(bug("spread") ? others : {}), // each field by its name: what else the shop knows of a customer must not leave it
    orderCode: String(order.number),
    email: given(mail),
    commerceUid: given(login),
    guest: given(login) === undefined,
    placedAt: order.placed,
    status: STATUS[order.state],
    total: total(order),
    items: lines.map(item),
    vouchers: coupons,
  };
}

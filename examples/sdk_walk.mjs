// Plays SAP's command line against a mock, from an empty business unit to customers read back, as seen on the wire:
// credentials strictly percent-encoded in the query of every call, `Content-type: application/json` also on GET and
// DELETE, every answer parsed as JSON whatever its status, create -> read -> always PUT, one event per random customer.
// Needs Node 18 or newer and a running mock (make serve); MOCK_CDP_URL names another one.

const base = process.env.MOCK_CDP_URL ?? "http://127.0.0.1:8080";
let credentials = {};

const strictly = (text) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());

async function call(method, path, body, parameters = {}) {
  const query = Object.entries({ ...parameters, ...credentials })
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${strictly(name)}=${strictly(value)}`)
    .join("&");
  const answer = await fetch(`${base}/api/${path}${query ? `?${query}` : ""}`, {
    method,
    headers: { "Content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const value = JSON.parse(await answer.text()); // the status is ignored, as the SDK does
  if (!answer.headers.get("x-callid")) throw new Error(`${method} ${path}: no x-callid`);
  if (value.errorCode) throw new Error(`${method} ${path}: ${value.errorCode} ${value.errorMessage}: ${value.errorDetails}`);
  return value;
}

// Create, read what was made, and always update it.
async function deploy(collection, entity) {
  const listed = await call("GET", collection);
  const known = listed.find((other) => other.name === entity.name);
  const { id } = known ?? (await call("POST", collection, entity));
  const read = await call("GET", `${collection}/${id}`);
  const updated = await call("PUT", `${collection}/${id}`, { ...read, ...entity });
  console.log(`${collection.split("/").at(-1)}: ${updated.name} ${id}`);
  return { ...updated, path: `${collection}/${id}` };
}

const text = { type: "string" };
const model = {
  $schema: "http://json-schema.org/draft-07/schema#",
  type: "object",
  properties: {
    firstName: text,
    lastName: text,
    primaryEmail: { type: "string", format: "email" },
    order: {
      type: "object",
      properties: { orderId: text, total: { type: "number" }, placedAt: { type: "string", format: "date-time" } },
      required: ["orderId", "total"],
    },
  },
  required: ["primaryEmail", "order"],
};

// An empty business unit. On the mock's own machine this needs no key; from here on its application's key is used.
const unit = await call("POST", "businessunits", { name: `SDK walk ${Date.now()}` });
const inUnit = `businessunits/${unit.id}`;

const profile = await deploy(`${inUnit}/customerschemas`, {
  name: "Profile",
  schemaType: 0,
  schema: { type: "object", properties: { firstName: text, lastName: text, primaryEmail: text } },
});
const orders = await deploy(`${inUnit}/customerschemas`, {
  name: "Orders",
  schemaType: 1,
  schema: { type: "object", properties: { orderId: text, total: { type: "number" }, placedAt: text } },
});

const view = await deploy(`${inUnit}/views`, { name: "Marketing", type: "Marketing" });
const views = await call("GET", `${inUnit}/views`);
if (!views.some((one) => one.type === "Marketing")) throw new Error("no view of type Marketing");
await deploy(`${view.path}/matchRules`, { name: "Same e-mail", attributes: ["primaryEmail"], ucpResolutionPolicy: "merge" });
await deploy(`${inUnit}/activityIndicators`, { name: "Total spent", calculation: "sum" });
await deploy(`${inUnit}/segments`, { name: "Good customers", conditions: [] });
const purpose = await call("POST", `${inUnit}/purposes`, { name: "Marketing" });
await call("PUT", `${inUnit}/purposes`, { ...purpose, description: "updated by the id in the body" });

const application = await deploy(`${inUnit}/applications`, {
  type: "Direct",
  enabled: true,
  name: "Web shop",
  description: "Orders of the web shop",
  logoUrl: "",
  businessUnitId: unit.id,
});
const { userKey, userSecret } = await call("GET", `${application.path}/credentials`);
credentials = { userKey, secret: userSecret };

const event = await deploy(`${application.path}/dataevents`, {
  name: "New order",
  description: "",
  enabled: true,
  type: "Direct",
  dataType: 0,
  schema: JSON.stringify(model),
  purposeIds: [purpose.id],
});
const map = (sourceField, targetField, target) => ({ sourceField, targetField, target: target.id });
await call("POST", `${event.path}/mappings`, [
  ...["firstName", "lastName", "primaryEmail"].map((name) => map(name, name, profile)),
  ...["orderId", "total", "placedAt"].map((name) => map(`order.${name}`, name, orders)),
]);
await call("GET", `${event.path}/mappings`, undefined, { targetId: orders.id });

// One event per random customer.
const random = () => Math.random().toString(36).slice(2, 8);
const customers = Array.from({ length: 10 }, () => ({
  firstName: random(),
  lastName: random(),
  primaryEmail: `${random()}.${random()}@example.com`,
  order: { orderId: random(), total: Math.round(Math.random() * 10_000) / 100, placedAt: new Date().toISOString() },
}));
for (const customer of customers) await call("POST", `${event.path}/event`, customer);

const status = await call("GET", `${event.path}/status`);
console.log(`status: ${status.status}, ${status.processedRecords} processed`);

// And read back.
for (const { primaryEmail, order } of customers) {
  const query = `select * from profile where attributes.primaryEmail='${primaryEmail}' limit 10`;
  const found = await call("GET", `${view.path}/customers`, undefined, { query });
  if (found.profiles.length !== 1) throw new Error(`${primaryEmail}: ${found.profiles.length} customers`);
  const [customer] = found.profiles;
  const { activities } = await call("GET", `${view.path}/customers/${customer._id}/activities`, undefined, {
    query: "select * from Orders",
  });
  if (activities[0].attributes.orderId !== order.orderId) throw new Error(`${primaryEmail}: another order`);
}
console.log(`${customers.length} customers read back`);

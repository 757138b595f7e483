import assert from "node:assert/strict";
import { environmentOf } from "../_shared/serve.ts";
import { allHandlers } from "../_testing/handlers.ts";
import { scenario } from "../_testing/stage.ts";
import { handler, NAMES } from "./handler.ts";

scenario("names are told to be set or not, and never their values", async (stage) => {
  const { token } = await stage.admin();
  const isSet = (name: string) => name.startsWith("STRIPE_");
  const { data } = await stage.callWith(handler, { isSet }, { token, query: {} });
  assert.deepEqual(data.set, Object.fromEntries(NAMES.map((name) => [name, isSet(name)])));
});

Deno.test("every name that some function reads is among them", async () => {
  const contracts = [...(await allHandlers()).values()].map(({ contract }) => contract);
  const read = contracts.flatMap(environmentOf).flatMap((name) => name.replace("?", "").split("|"));
  assert.deepEqual([...NAMES], [...new Set(read)].toSorted());
});

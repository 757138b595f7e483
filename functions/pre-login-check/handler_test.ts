import assert from "node:assert/strict";
import { connect } from "../_shared/database.ts";
import { scenario } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

scenario("an address with an account, a closed one and one without get the same answer", async (stage) => {
  const [known, banned] = [await stage.person(), await stage.person()];
  await stage.sql`update auth.users set banned_until = 'infinity' where id = ${banned.id}`;
  const answers = [];
  for (const email of [known.email, known.email.toUpperCase(), banned.email, "nobody@example.com"]) {
    const { status, data, headers } = await stage.call(handler, { json: { email } });
    const told = [...headers].filter(([name]) => name !== "x-request-id");
    answers.push(JSON.stringify([status, data, told]));
  }
  assert.equal(new Set(answers).size, 1);
  assert.match(answers[0] ?? "", /\{"allowed":true,"reason":null\}/);
});

scenario("no statement holds the address", async (stage) => {
  const statements: string[] = [];
  const database = connect(Deno.env.get("SUPABASE_DB_URL") ?? "", "test", 1_000);
  database.service.options.debug = (_connection, query, parameters) =>
    void statements.push(`${query} ${JSON.stringify(parameters)}`);
  await stage.callWith(handler, { database }, { json: { email: "canary@example.com" } });
  await database.close();
  assert(statements.length > 0);
  assert(!statements.join().includes("canary"));
});

scenario("where nobody can sign in, that is told", async (stage) => {
  const database = connect("postgres://postgres@127.0.0.1:1/postgres", "test", 1_000);
  const { data } = await stage.callWith(handler, { database }, { json: { email: "nobody@example.com" } });
  assert.deepEqual(data, { allowed: false, reason: "sign_in_unavailable" });
  await database.close();
});

const FAULTS = [
  "",
  "a",
  "a@",
  "@b.c",
  "a b@example.com",
  "a@example.com\n",
  "a@example.com' or '1'='1",
  null,
  7,
  ["a@example.com"],
  `${"a".repeat(250)}@example.com`,
  "a\u0000@example.com",
];

for (const email of FAULTS) {
  scenario(`${JSON.stringify(email).slice(0, 40)} is no address`, async (stage) => {
    assert.equal((await stage.call(handler, { json: { email } })).code, "invalid_input");
  });
}

import assert from "node:assert/strict";
import { scenario, type Stage } from "../_testing/stage.ts";
import type { User } from "./caller.ts";
import { connect, trouble } from "./database.ts";
import { EnvironmentFault } from "./environment.ts";

async function user(stage: Stage): Promise<User> {
  const { id } = await stage.person();
  return { kind: "user", id, claims: { sub: id, role: "authenticated", aud: "authenticated" } };
}

scenario("row level security holds a user", async (stage) => {
  const [own, other] = [await user(stage), await user(stage)];
  const { database } = stage.platform;
  const seen = await database.as(own, (sql) => sql`select id from public.profiles`);
  assert.deepEqual([...seen], [{ id: own.id }]);
  const changed = await database.as(
    own,
    (sql) => sql`update public.profiles set total_uploads = 7 where id = ${other.id} returning id`,
  );
  assert.equal(changed.length, 0);
});

scenario("what a user was is forgotten with the transaction", async (stage) => {
  const { database } = stage.platform;
  await database.as(await user(stage), (sql) => sql`select 1`);
  const [row] = await database.service<[{ role: string; claims: string | null }]>`
    select current_user as role, nullif(current_setting('request.jwt.claims', true), '') as claims`;
  assert.deepEqual(row, { role: "postgres", claims: null });
});

scenario("claims are a value, whatever they hold", async (stage) => {
  const own = await user(stage);
  const hostile = { ...own, claims: { ...own.claims, note: "'); reset role; --", text: "\"\\' \u{1f600}" } };
  const [row] = await stage.platform.database.as(
    hostile,
    (sql) =>
      sql<[{ role: string; note: string; uid: string }]>`
      select current_user as role, auth.jwt() ->> 'note' as note, auth.uid() as uid`,
  );
  assert.deepEqual(row, { role: "authenticated", note: hostile.claims.note, uid: own.id });
});

scenario("work that fails leaves nothing, and the way stays usable", async (stage) => {
  const own = await user(stage);
  const { database } = stage.platform;
  await assert.rejects(
    database.as(own, async (sql) => {
      await sql`update public.profiles set total_uploads = 99 where id = ${own.id}`;
      throw new RangeError("after the first statement");
    }),
    RangeError,
  );
  const [row] = await stage.sql`select total_uploads from public.profiles where id = ${own.id}`;
  assert.equal(row?.["total_uploads"], 0);
  assert.equal((await database.as(own, (sql) => sql`select 1`)).length, 1);
});

scenario("claims that Postgres can't read are an error, not nobody's", async (stage) => {
  const own = await user(stage);
  const impossible = { ...own, claims: { note: "\u0000" } };
  await assert.rejects(stage.platform.database.as(impossible, (sql) => sql`select auth.jwt() ->> 'note'`));
});

scenario("an administrator is one by the profile alone, until banned", async (stage) => {
  const isAdmin = (id: string) => stage.platform.database.isAdmin(id);
  const { id } = await stage.admin();
  assert.equal(await isAdmin(id), true);
  assert.equal(await isAdmin((await stage.person()).id), false);
  assert.equal(await isAdmin(crypto.randomUUID()), false);
  await stage.sql`update auth.users set banned_until = now() + interval '1 hour' where id = ${id}`;
  assert.equal(await isAdmin(id), false);
  await stage.sql`update auth.users set banned_until = now() - interval '1 hour' where id = ${id}`;
  assert.equal(await isAdmin(id), true);
});

Deno.test("a server that isn't there is told from an error of the work", async () => {
  const database = connect("postgres://nobody@127.0.0.1:1/nothing", "test", 1_000);
  await assert.rejects(database.service`select 1`, (error) => trouble(error) === "unavailable");
  await database.close();
  assert.equal(trouble(new TypeError("mine")), undefined);
  assert.equal(trouble("text"), undefined);
});

Deno.test("a server that accepts and then says nothing is given up", async () => {
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const database = connect(`postgres://nobody@127.0.0.1:${silent.addr.port}/nothing`, "test", 300);
  await assert.rejects(database.service`select 1`, (error) => trouble(error) === "unavailable");
  await database.close();
  silent.close();
});

scenario("a statement that takes too long is told as such", async (stage) => {
  const slow = stage.sql.begin(async (sql) => {
    await sql`set local statement_timeout = 20`;
    await sql`select pg_sleep(5)`;
  });
  await assert.rejects(slow, (error) => trouble(error) === "timeout");
});

Deno.test("what is no URL isn't shown", () => {
  assert.throws(
    () => connect("postgres//canary", "test", 1_000),
    (error) => error instanceof EnvironmentFault && !error.message.includes("canary"),
  );
});

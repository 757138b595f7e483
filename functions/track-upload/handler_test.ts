import assert from "node:assert/strict";
import { connect } from "../_shared/database.ts";
import { scenario, type Stage } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

async function total(stage: Stage, id: string): Promise<number> {
  const [row] = await stage.sql<[{ total_uploads: number }]>`
    select total_uploads from public.profiles where id = ${id}`;
  return row.total_uploads;
}

scenario("a user's uploads are counted", async (stage) => {
  const { id, token } = await stage.person();
  assert.deepEqual((await stage.call(handler, { token, json: {} })).data, {
    success: true,
    total_uploads: 1,
    message: "Upload count updated",
  });
  assert.equal((await stage.call(handler, { token, json: { file_count: 3 } })).data.total_uploads, 4);
  assert.equal((await stage.call(handler, { token })).data.total_uploads, 5);
  assert.equal(await total(stage, id), 5);
});

scenario("uploads at once are all counted", async (stage) => {
  const { id, token } = await stage.person();
  await Promise.all(Array.from({ length: 20 }, () => stage.call(handler, { token, json: {} })));
  assert.equal(await total(stage, id), 20);
});

scenario("nobody counts for another", async (stage) => {
  const [own, other] = [await stage.person(), await stage.person()];
  for (const name of ["user_id", "p_user_id", "id"]) {
    const { code } = await stage.call(handler, {
      token: own.token,
      json: { file_count: 1, [name]: other.id },
    });
    assert.equal(code, "invalid_input");
  }
  assert.equal(await total(stage, other.id), 0);
});

for (const count of [0, -1, 1.5, 1_001, 2 ** 31, "1", null, [1], "1; drop table profiles"]) {
  scenario(`${JSON.stringify(count)} is no number of files`, async (stage) => {
    const { token } = await stage.person();
    assert.equal((await stage.call(handler, { token, json: { file_count: count } })).code, "invalid_input");
  });
}

const UNCOUNTED = { success: false, total_uploads: null, message: "The upload was not counted" };

scenario("a counter that fails blocks no upload", async (stage) => {
  const { token } = await stage.person();
  const database = connect("postgres://postgres@127.0.0.1:1/postgres", "test", 1_000);
  const { status, data } = await stage.callWith(handler, { database }, { token, json: {} });
  assert.equal(status, 200);
  assert.deepEqual(data, UNCOUNTED);
  assert.equal(JSON.parse(stage.lines[0] ?? "").event, "uncounted");
  await database.close();
});

scenario("a counter that would overflow blocks no upload", async (stage) => {
  const { id, token } = await stage.person();
  await stage.sql`update public.profiles set total_uploads = 2147483647 where id = ${id}`;
  assert.deepEqual((await stage.call(handler, { token, json: {} })).data, UNCOUNTED);
});

scenario("a user without a profile blocks no upload", async (stage) => {
  const { id, token } = await stage.person();
  await stage.sql`delete from auth.users where id = ${id}`;
  const { data } = await stage.call(handler, { token, json: {} });
  assert.deepEqual([data.success, data.message], [false, "User not found"]);
});

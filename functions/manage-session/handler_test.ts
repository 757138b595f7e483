import assert from "node:assert/strict";
import { sessionsOf, silence, started, tokens } from "../_testing/sessions.ts";
import { scenario, type Stage } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

type Asked = { token: string; json: unknown; headers?: Record<string, string> };
const call = (stage: Stage, asking: Asked) => stage.callWith(handler, { tokens }, asking);

scenario(
  "a session is stored with what is known of the browser, and its token only as an HMAC",
  async (stage) => {
    const person = await stage.person();
    const headers = { "user-agent": "Mozilla/5.0 (test)", "x-forwarded-for": "203.0.113.24, 10.0.0.1" };
    const json = { action: "start", browser_info: { browser: "Firefox", os: "Línux" } };
    const { data } = await call(stage, { token: person.token, json, headers });
    assert(data.action === "start");
    const [row] = await stage.sql`select * from public.active_sessions where id = ${data.session_id}`;
    assert.equal(row?.["user_id"], person.id);
    assert.equal(row?.["user_agent"], "Mozilla/5.0 (test)");
    assert.equal(row?.["ip_address"], "203.0.113.24");
    assert.deepEqual(row?.["browser_info"], json.browser_info);
    assert.match(row?.["session_token"], /^[0-9a-f]{64}$/);
    assert(!JSON.stringify(row).includes(data.token));
    assert(!stage.lines.join().includes(data.token));
  },
);

scenario("each start is a session of its own", async (stage) => {
  const person = await stage.person();
  const sessions = await Promise.all([1, 2, 3].map(() => started(stage, person)));
  assert.equal(new Set(sessions.map(({ token }) => token)).size, 3);
  assert.equal(await sessionsOf(stage, person), 3);
});

scenario("a heartbeat keeps a session alive", async (stage) => {
  const person = await stage.person();
  const session = await started(stage, person);
  await silence(stage, session, "4 minutes 50 seconds");
  const { data } = await call(stage, {
    token: person.token,
    json: { action: "heartbeat", token: session.token },
  });
  assert(data.action === "heartbeat");
  assert.equal(data.session_id, session.id);
  assert(Date.now() - Date.parse(data.last_heartbeat) < 60_000);
});

scenario("a session that was silent for five minutes can't be brought back", async (stage) => {
  const person = await stage.person();
  const session = await started(stage, person);
  await silence(stage, session, "5 minutes");
  for (const _ of [1, 2]) {
    const { status, code } = await call(stage, {
      token: person.token,
      json: { action: "heartbeat", token: session.token },
    });
    assert.deepEqual([status, code], [401, "session_ended"]);
  }
});

scenario("ending deletes the row, as often as one asks", async (stage) => {
  const person = await stage.person();
  const [one, other] = [await started(stage, person), await started(stage, person)];
  for (const ended of [true, false]) {
    const { data } = await call(stage, { token: person.token, json: { action: "end", token: one.token } });
    assert.deepEqual(data, { action: "end", ended });
  }
  assert.equal(await sessionsOf(stage, person), 1);
  const { code } = await call(stage, {
    token: person.token,
    json: { action: "heartbeat", token: one.token },
  });
  assert.equal(code, "session_ended");
  await call(stage, { token: person.token, json: { action: "heartbeat", token: other.token } });
});

scenario("another user's token opens and ends nothing", async (stage) => {
  const [owner, other] = [await stage.person(), await stage.person()];
  const session = await started(stage, owner);
  const heartbeat = { action: "heartbeat", token: session.token };
  assert.equal((await call(stage, { token: other.token, json: heartbeat })).code, "session_ended");
  const end = await call(stage, { token: other.token, json: { action: "end", token: session.token } });
  assert.deepEqual(end.data, { action: "end", ended: false });
  assert.equal(await sessionsOf(stage, owner), 1);
});

scenario("what the table holds is no token", async (stage) => {
  const person = await stage.person();
  const { id } = await started(stage, person);
  const [row] = await stage.sql`select session_token from public.active_sessions where id = ${id}`;
  const json = { action: "heartbeat", token: row?.["session_token"] };
  assert.equal((await call(stage, { token: person.token, json })).code, "session_ended");
});

scenario("whoever is banned, deleted or has no profile starts none", async (stage) => {
  const [banned, deleted, none] = [await stage.person(), await stage.person(), await stage.person()];
  await stage.sql`update auth.users set banned_until = now() + interval '1 year' where id = ${banned.id}`;
  await stage.sql`update auth.users set deleted_at = now() where id = ${deleted.id}`;
  await stage.sql`delete from public.profiles where id = ${none.id}`;
  for (const { token } of [banned, deleted, none]) {
    assert.equal((await call(stage, { token, json: { action: "start" } })).code, "forbidden");
  }
});

for (const given of ["", "unknown", "999.1.1.1", "203.0.113.24'; drop table x", "2001:db8::g"]) {
  scenario(`${JSON.stringify(given)} is no address, and no hindrance`, async (stage) => {
    const { token } = await stage.person();
    const headers = { "x-forwarded-for": given, "user-agent": "x".repeat(5_000) };
    const { data } = await call(stage, { token, json: { action: "start" }, headers });
    assert(data.action === "start");
    const [row] = await stage.sql`select ip_address, length(user_agent) from public.active_sessions
      where id = ${data.session_id}`;
    assert.deepEqual([row?.["ip_address"], row?.["length"]], [null, 500]);
  });
}

const FAULTS = [
  {},
  { action: "stop" },
  { action: ["start"] },
  { action: "heartbeat" },
  { action: "heartbeat", token: 7 },
  { action: "heartbeat", token: "0".repeat(63) },
  { action: "end", token: `${"0".repeat(64)}' or '1'='1` },
  { action: "start", user_id: "10441579-9e54-4748-9509-28b2096a0d0c" },
  { action: "start", browser_info: "Firefox" },
  { action: "start", browser_info: { browser: { name: "Firefox" } } },
  { action: "start", browser_info: { browser: "\u0000" } },
  {
    action: "start",
    browser_info: Object.fromEntries(Array.from({ length: 21 }, (_, place) => [place, "x"])),
  },
];

for (const json of FAULTS) {
  scenario(`${JSON.stringify(json).slice(0, 80)} is refused`, async (stage) => {
    const person = await stage.person();
    assert.equal((await call(stage, { token: person.token, json })).code, "invalid_input");
    assert.equal(await sessionsOf(stage, person), 0);
  });
}

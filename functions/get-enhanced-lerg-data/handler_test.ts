import assert from "node:assert/strict";
import { freeNpa, NEW_JERSEY } from "../_testing/lerg.ts";
import { scenario } from "../_testing/stage.ts";
import { handler, newDataset } from "./handler.ts";

const get = { query: {} };

scenario("a user gets all active area codes with their numbers", async (stage) => {
  const { token } = await stage.person();
  const { data, headers } = await stage.callWith(handler, { dataset: newDataset() }, { ...get, token });
  const [counted] = await stage.sql<[{ total: number; us: number; caribbean: number }]>`
    select count(*)::int as total, count(*) filter (where country_code = 'US')::int as us,
      count(*) filter (where region = 'Caribbean')::int as caribbean
    from public.enhanced_lerg where is_active`;
  assert.equal(data.statistics.total, counted.total);
  assert.equal(data.data.length, counted.total);
  assert.equal(data.statistics.by_country["US"], counted.us);
  assert.equal(data.statistics.by_region["Caribbean"], counted.caribbean);
  const sum = (numbers: Record<string, number>) =>
    Object.values(numbers).reduce((all, each) => all + each, 0);
  assert.equal(sum(data.statistics.by_country), counted.total);
  assert.equal(sum(data.statistics.by_region), counted.total);
  assert.deepEqual(data.data.find(({ npa }) => npa === "201"), {
    npa: "201",
    ...NEW_JERSEY,
    region: "US",
    notes: null,
  });
  assert.deepEqual(data.data.map(({ npa }) => npa), data.data.map(({ npa }) => npa).toSorted());
  assert.match(headers.get("etag") ?? "", /^W\/"[0-9a-f]{32}"$/);
  assert.equal(headers.get("cache-control"), "private, no-cache");
});

scenario("administrators, the service and a POST get the same", async (stage) => {
  const given = { dataset: newDataset() };
  const { token } = await stage.admin();
  const one = await stage.callWith(handler, given, { token, json: {} });
  const other = await stage.callWith(handler, given, { ...get, token: await stage.service() });
  assert.deepEqual(one.data, other.data);
  assert.equal(one.headers.get("etag"), other.headers.get("etag"));
});

scenario("whoever has the data already is told so", async (stage) => {
  const given = { dataset: newDataset() };
  const { token } = await stage.person();
  const etag = (await stage.callWith(handler, given, { ...get, token })).headers.get("etag") ?? "";
  for (const known of [etag, etag.slice(2), `"other", ${etag}`, "*"]) {
    const answer = await stage.callWith(handler, given, {
      ...get,
      token,
      headers: { "if-none-match": known },
    });
    assert.equal(answer.status, 304);
    assert.equal(answer.headers.get("etag"), etag);
  }
  for (const unknown of ['"other"', etag.slice(3, -1), "", `W/"${"0".repeat(32)}"`]) {
    const answer = await stage.callWith(handler, given, {
      ...get,
      token,
      headers: { "if-none-match": unknown },
    });
    assert.equal(answer.status, 200);
  }
});

scenario("every change of a row is seen at once, and is another ETag", async (stage) => {
  const given = { dataset: newDataset() };
  const { token } = await stage.person();
  const npa = freeNpa();
  const { sql } = stage;
  const changes = [
    () => sql`insert into public.enhanced_lerg ${sql({ npa, ...NEW_JERSEY })}`,
    () => sql`update public.enhanced_lerg set notes = 'one' where npa = ${npa}`,
    () => sql`update public.enhanced_lerg set notes = 'two', updated_at = updated_at where npa = ${npa}`,
    () => sql`update public.enhanced_lerg set is_active = false where npa = ${npa}`,
    () => sql`update public.enhanced_lerg set is_active = true where npa = ${npa}`,
    () => sql`delete from public.enhanced_lerg where npa = ${npa}`,
  ];
  const tags = new Set<string | null>();
  const seen: (string | null | undefined)[] = [];
  for (const change of [() => Promise.resolve(), ...changes]) {
    await change();
    const { data, headers } = await stage.callWith(handler, given, { ...get, token });
    tags.add(headers.get("etag"));
    seen.push(data.data.find((row) => row.npa === npa)?.notes);
  }
  // The last is the first again, and so is what was seen while the row was retired.
  assert.equal(tags.size, 5);
  assert.deepEqual(seen, [undefined, null, "one", "two", undefined, "two", undefined]);
});

scenario("changes that are committed out of order are seen", async (stage) => {
  const given = { dataset: newDataset() };
  const { token } = await stage.person();
  const [one, other] = [freeNpa(), freeNpa()];
  const early = await stage.sql.reserve();
  await early`begin`;
  await early`insert into public.enhanced_lerg ${early({ npa: one, ...NEW_JERSEY })}`;
  await stage.sql`insert into public.enhanced_lerg ${stage.sql({ npa: other, ...NEW_JERSEY })}`;
  const before = await stage.callWith(handler, given, { ...get, token });
  await early`commit`;
  early.release();
  const after = await stage.callWith(handler, given, { ...get, token });
  assert.equal(after.data.data.length, before.data.data.length + 1);
});

scenario("whoever takes gzip gets it, and the same data", async (stage) => {
  const given = { ...stage.platform, dataset: newDataset() };
  const { token } = await stage.person();
  const ask = async (encoding: string) => {
    const headers = { authorization: `Bearer ${token}`, "accept-encoding": encoding };
    return await handler(new Request("http://functions.test/get-enhanced-lerg-data", { headers }), given);
  };
  const plain = await (await ask("identity")).text();
  for (const encoding of ["gzip", "br, gzip;q=0.8"]) {
    const packed = await ask(encoding);
    assert.equal(packed.headers.get("content-encoding"), "gzip");
    assert.match(packed.headers.get("vary") ?? "", /accept-encoding/);
    const body = packed.body?.pipeThrough(new DecompressionStream("gzip"));
    assert.equal(await new Response(body ?? null).text(), plain);
  }
  for (const encoding of ["gzip;q=0", "br", "gzip; q=0.0, br"]) {
    const answer = await ask(encoding);
    assert.equal(answer.headers.get("content-encoding"), null);
    assert.equal(await answer.text(), plain);
  }
});

scenario("fifty at once get the same", async (stage) => {
  const given = { dataset: newDataset() };
  const { token } = await stage.person();
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => stage.callWith(handler, given, { ...get, token })),
  );
  assert.equal(new Set(answers.map(({ headers }) => headers.get("etag"))).size, 1);
});

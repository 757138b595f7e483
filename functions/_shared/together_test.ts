import assert from "node:assert/strict";
import { Together } from "./together.ts";

/** A question that is answered when it is told to, and what it was asked. */
function questions() {
  const asked: { keys: readonly string[]; answer: (value: string) => void; fail: (error: Error) => void }[] =
    [];
  const find = (keys: readonly string[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<string, string>>();
    const answer = (value: string) => resolve(new Map(keys.map((key) => [key, `${key} ${value}`])));
    asked.push({ keys, answer, fail: reject });
    return promise;
  };
  return { asked, find };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("whoever asks meanwhile shares the next question, each key once", async () => {
  const { asked, find } = questions();
  const together = new Together<string, string>();
  const first = together.ask("201", find);
  await turn();
  const later = ["202", "203", "202"].map((key) => together.ask(key, find));
  await turn();
  assert.deepEqual(asked.map(({ keys }) => keys), [["201"]]);
  asked[0]?.answer("then");
  assert.equal(await first, "201 then");
  await turn();
  assert.deepEqual(asked.map(({ keys }) => keys), [["201"], ["202", "203"]]);
  asked[1]?.answer("now");
  assert.deepEqual(await Promise.all(later), ["202 now", "203 now", "202 now"]);
});

Deno.test("a question that is under way is not joined: it may have been answered before", async () => {
  const { asked, find } = questions();
  const together = new Together<string, string>();
  const first = together.ask("201", find);
  await turn();
  const again = together.ask("201", find);
  asked[0]?.answer("old");
  assert.equal(await first, "201 old");
  await turn();
  asked[1]?.answer("new");
  assert.equal(await again, "201 new");
});

Deno.test("a failure is told to those who asked that, and the next question is put", async () => {
  const { asked, find } = questions();
  const together = new Together<string, string>();
  const first = together.ask("201", find);
  await turn();
  const second = together.ask("202", find);
  asked[0]?.fail(new Error("gone"));
  await assert.rejects(first, /gone/);
  await turn();
  asked[1]?.answer("there");
  assert.equal(await second, "202 there");
});

Deno.test("a key without an answer has none", async () => {
  const together = new Together<string, string>();
  assert.equal(await together.ask("999", () => Promise.resolve(new Map())), undefined);
});

import assert from "node:assert/strict";
import { parseOrigins } from "./cors.ts";

Deno.test("origins stand in one list", () => {
  const origins = parseOrigins(" https://app.example.com,http://localhost:5173 ,");
  assert.deepEqual([...origins], ["https://app.example.com", "http://localhost:5173"]);
});

for (
  const list of [
    "*",
    "null",
    "https://app.example.com/",
    "app.example.com",
    "https://APP.example.com",
    "https://*.example.com/x",
  ]
) {
  Deno.test(`${list} is no origin`, () => {
    assert.throws(() => parseOrigins(list), {
      name: "EnvironmentFault",
      message: /^ALLOWED_ORIGINS lists what is no origin/,
    });
  });
}

import assert from "node:assert/strict";
import { audited } from "../_testing/audit.ts";
import { freeNpa, NEW_JERSEY } from "../_testing/lerg.ts";
import { type Answer, type Asking, scenario, type Stage } from "../_testing/stage.ts";
import { handler } from "./handler.ts";

const HEADER = "npa,country_code,country_name,state_province_code,state_province_name,region,notes";
const REST = "US,United States,NJ,New Jersey,US";

type Counts = { added: number; changed: number; unchanged: number; repeated: number };

async function upload(
  stage: Stage,
  body: Asking["body"] & (string | Uint8Array<ArrayBuffer>),
): Promise<Answer<Counts>> {
  const { token } = await stage.admin();
  return stage.call(handler, { token, body, headers: { "content-type": "text/csv" } });
}

const file = (...lines: string[]) => [HEADER, ...lines, ""].join("\n");

scenario("area codes are added, changed and left alone, and that is recorded", async (stage) => {
  const [added, changed, same] = [freeNpa(), freeNpa(), freeNpa()];
  for (const npa of [changed, same]) {
    await stage.sql`insert into public.enhanced_lerg ${stage.sql({ npa, ...NEW_JERSEY, region: "US" })}`;
  }
  const [before] = await stage
    .sql`select updated_at, xmin::text from public.enhanced_lerg where npa = ${same}`;
  const text = file(`${added},${REST},`, `${changed},${REST},new`, `${same},${REST},`);
  const { data } = await upload(stage, text);
  assert.deepEqual(data, { added: 1, changed: 1, unchanged: 1, repeated: 0 });
  const [after] = await stage
    .sql`select updated_at, xmin::text from public.enhanced_lerg where npa = ${same}`;
  assert.deepEqual(after, before);
  const [latest] = await audited(stage, "lerg_uploaded");
  assert.deepEqual(latest?.["traits"], { lines: 3, added: 1, changed: 1 });
  assert.deepEqual((await upload(stage, text)).data, { added: 0, changed: 0, unchanged: 3, repeated: 0 });
});

scenario("an area code that was retired comes back", async (stage) => {
  const npa = freeNpa();
  await stage.sql`insert into public.enhanced_lerg ${
    stage.sql({ npa, ...NEW_JERSEY, region: "US", is_active: false })
  }`;
  assert.equal((await upload(stage, file(`${npa},${REST},`))).data.changed, 1);
  const [row] = await stage.sql`select is_active from public.enhanced_lerg where npa = ${npa}`;
  assert.equal(row?.["is_active"], true);
});

const MANNERS: Record<string, (npa: string) => string> = {
  "a byte order mark": (npa) => `\ufeff${file(`${npa},${REST},`)}`,
  "CRLF": (npa) => file(`${npa},${REST},`).replaceAll("\n", "\r\n"),
  "CR": (npa) => file(`${npa},${REST},`).replaceAll("\n", "\r"),
  "no line end": (npa) => file(`${npa},${REST},`).trimEnd(),
  "empty lines": (npa) => file("", `${npa},${REST},`, "", ""),
  "quotes": (npa) => file(`"${npa}","US","United States","NJ","New Jersey","US","say ""so"", or not"`),
  "line breaks within quotes": (npa) => file(`${npa},${REST},"one\ntwo\r\nthree"`),
  "spaces": (npa) => file(` ${npa} , US, United States ,NJ,New Jersey,US,`),
  "capital letters in the header": (npa) => file(`${npa},${REST},`).replace(HEADER, HEADER.toUpperCase()),
  "columns in another order, and without the optional ones": (npa) =>
    `country_name,npa,country_code,state_province_name,state_province_code\nUnited States,${npa},US,New Jersey,NJ\n`,
  "letters of other scripts": (npa) => file(`${npa},CA,Canada,QC,Québec,CA,Nunavik ᓄᓇᕕᒃ 📞`),
};

for (const [manner, made] of Object.entries(MANNERS)) {
  scenario(`a file with ${manner} is taken`, async (stage) => {
    assert.deepEqual((await upload(stage, made(freeNpa()))).data, {
      added: 1,
      changed: 0,
      unchanged: 0,
      repeated: 0,
    });
  });
}

scenario("quoted text arrives as it was", async (stage) => {
  const npa = freeNpa();
  const notes = 'say "so", or not;\n\'); drop table public.enhanced_lerg; --';
  await upload(stage, file(`${npa},${REST},"${notes.replaceAll('"', '""')}"`));
  const [row] = await stage.sql`select notes from public.enhanced_lerg where npa = ${npa}`;
  assert.equal(row?.["notes"], notes);
});

scenario("a line that stands there again counts once", async (stage) => {
  const npa = freeNpa();
  const { data } = await upload(stage, file(...Array(3).fill(`${npa},${REST},`)));
  assert.deepEqual(data, { added: 1, changed: 0, unchanged: 0, repeated: 2 });
});

scenario("all bad lines are named, and nothing is taken", async (stage) => {
  const npa = freeNpa();
  const { code, error } = await upload(
    stage,
    file(
      `${npa},${REST},good`,
      `20x,${REST},`,
      `${npa},${REST},another`,
      `${freeNpa()},us,,NJ,New Jersey,US,`,
      `"${freeNpa()}",US,"United\nStates",NJ,New Jersey,US,`,
      `${freeNpa()},US`,
      `${freeNpa()},${REST},x,y`,
      `${freeNpa()},US,${"x".repeat(101)},NJ,New Jersey,${"x".repeat(51)},`,
    ),
  );
  assert.equal(code, "invalid_lines");
  assert.match(error.message, /^Nothing was taken: 6 bad lines$/);
  assert.deepEqual(error.details, [
    { at: 3, message: "npa: Three digits, such as 201" },
    { at: 4, message: `Says of ${npa} something else than line 2` },
    { at: 5, message: "country_code: Two capital letters, such as NJ; country_name: Must not be empty" },
    { at: 8, message: "Has 2 fields and not 7" },
    { at: 9, message: "Has 8 fields and not 7" },
    {
      at: 10,
      message: "country_name: May have 100 characters at most; region: May have 50 characters at most",
    },
  ]);
  assert.equal((await stage.sql`select from public.enhanced_lerg where npa = ${npa}`).length, 0);
});

const NO_FILES: Record<string, [text: string, at: number | undefined]> = {
  "nothing": ["", 1],
  "a header alone": [`${HEADER}\n`, undefined],
  "no header": [`201,${REST},\n`, 1],
  "an unknown column": [`${HEADER},colour\n201,${REST},,red\n`, 1],
  "a column twice": [`${HEADER},npa\n201,${REST},,202\n`, 1],
  "a quote that never ends": [file(`201,${REST},`, `202,US,"United States,NJ,New Jersey,US,`), 3],
  "a quote within a field": [file(`201,US,United "States",NJ,New Jersey,US,`), 2],
  "text after a quote": [file(`201,US,"United" States,NJ,New Jersey,US,`), 2],
  "no character": [file(`201,US,Uni\u0000ted,NJ,New Jersey,US,`), 2],
};

for (const [kind, [text, at]] of Object.entries(NO_FILES)) {
  scenario(`a file with ${kind} is refused`, async (stage) => {
    const { code, error } = await upload(stage, text);
    assert.equal(code, "invalid_lines");
    assert.equal(error.details?.[0]?.at, at);
  });
}

scenario("50,000 lines are taken, and 50,000 bad ones are told apart from a good one", async (stage) => {
  const npas = Array.from({ length: 100 }, freeNpa);
  const lines = Array.from(
    { length: 50_000 },
    (_, place) => `${npas[place % 100]},${REST},"line, ""quoted"""`,
  );
  const { data } = await upload(stage, file(...lines));
  assert.deepEqual(data, { added: 100, changed: 0, unchanged: 0, repeated: 49_900 });
  const bad = lines.map((line) => line.replace("US", "us"));
  const { error } = await upload(stage, file(lines[0] ?? "", ...bad));
  assert.equal(error.message, "Nothing was taken: 50000 bad lines; the first 1000 are named");
  assert.equal(error.details?.length, 1_000);
  assert.deepEqual([error.details?.[0]?.at, error.details?.at(-1)?.at], [3, 1_002]);
});

scenario("the same file twice at once adds its area codes once", async (stage) => {
  const text = file(...Array.from({ length: 20 }, () => `${freeNpa()},${REST},`));
  const answers = await Promise.all([1, 2, 3].map(() => upload(stage, text)));
  const sum = (key: keyof Counts) => answers.reduce((all, { data }) => all + data[key], 0);
  assert.deepEqual([sum("added"), sum("changed"), sum("unchanged")], [20, 0, 40]);
});

/** A line's rules are the table's own: whatever one takes the other does. */
const VALUES: Record<string, string[]> = {
  country_code: ["US", "us", "U", "USA", "U1", "ÄÖ", "U S"],
  state_province_code: ["NJ", "nj", "N", "NJX", "1J"],
  country_name: ["x", "x".repeat(100), "x".repeat(101), "ä".repeat(100), "📞".repeat(50)],
  state_province_name: ["x", "x".repeat(100), "x".repeat(101)],
  region: ["x", "x".repeat(50), "x".repeat(51)],
};

for (const [column, values] of Object.entries(VALUES)) {
  scenario(`of ${column}, a line may be what the table takes`, async (stage) => {
    for (const value of values) {
      const row = { ...NEW_JERSEY, region: "US", [column]: value };
      const npa = freeNpa();
      const taken = await stage.sql`insert into public.enhanced_lerg ${stage.sql({ npa, ...row })}`
        .then(() => true, () => false);
      await stage.sql`delete from public.enhanced_lerg where npa = ${npa}`;
      const header = ["npa", ...Object.keys(row)].join(",");
      const { status } = await upload(stage, `${header}\n${npa},${Object.values(row).join(",")}\n`);
      assert.equal(status === 200, taken, JSON.stringify(value));
    }
  });
}

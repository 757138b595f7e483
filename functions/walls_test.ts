/** What may import what: a function stands on what all have in common, and on no other function. */

import assert from "node:assert/strict";

const FOLDER = new URL(".", import.meta.url);
const IMPORT = /(?:^|\n)(?:import|export)[^;]*?from\s+"([^"]+)"/g;

async function* files(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* files(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}

/** The first folder of a file's path; none for what lies beside the folders. */
const roomOf = (file: URL) => file.href.slice(FOLDER.href.length).split("/").slice(0, -1)[0] ?? "";

const isTest = (file: URL) =>
  file.href.endsWith("_test.ts") || ["", "_testing", "_tools"].includes(roomOf(file));

async function imports(file: URL): Promise<string[]> {
  const text = await Deno.readTextFile(file);
  return [...text.matchAll(IMPORT)].flatMap(([, name]) => name ?? []);
}

const declared = Object.keys(JSON.parse(await Deno.readTextFile(new URL("deno.json", FOLDER))).imports);

Deno.test("what is served imports its own folder, what is shared, and declared packages", async () => {
  for await (const file of files(FOLDER)) {
    if (isTest(file)) continue;
    for (const name of await imports(file)) {
      if (name.startsWith(".")) {
        const room = roomOf(new URL(name, file));
        assert([roomOf(file), "_shared"].includes(room), `${file} imports ${name}`);
      } else {
        const known = declared.some((each) => name === each || name.startsWith(`${each}/`));
        assert(known || name.startsWith("node:"), `${file} imports ${name}`);
      }
    }
  }
});

Deno.test("every declared package is used, in one exact version", async () => {
  const used = new Set<string>();
  for await (const file of files(FOLDER)) {
    for (const name of await imports(file)) used.add(name.split("/")[0] ?? "");
  }
  for (const name of declared) assert(used.has(name), `${name} is imported nowhere`);
  const { imports: versions } = JSON.parse(await Deno.readTextFile(new URL("deno.json", FOLDER)));
  for (const version of Object.values<string>(versions)) assert.match(version, /^npm:[^@]+@\d+\.\d+\.\d+$/);
});

Deno.test("only the shared rooms read the environment, print or open a connection; index.ts wires", async () => {
  for await (const file of files(FOLDER)) {
    if (isTest(file) || roomOf(file) === "_shared" || file.href.endsWith("/index.ts")) continue;
    const text = await Deno.readTextFile(file);
    for (const outside of ["Deno.", "console.", "fetch(", "process.env"]) {
      assert(!text.includes(outside), `${file} uses ${outside}`);
    }
  }
});

/** A file of area codes: every line read and held to its form, so that all bad ones are told together. */

import { CsvError, parse } from "csv-parse/sync";
import { z } from "zod";
import { LergLine } from "../_shared/lerg.ts";
import { type Detail, Refusal } from "../_shared/refusal.ts";

export type Line = z.output<typeof LergLine>;

const COLUMNS = Object.keys(LergLine.shape);
const REQUIRED = COLUMNS.filter((column) =>
  !LergLine.shape[column as keyof Line].safeParse(undefined).success
);

/** How many bad lines one answer names; the message tells how many there are. */
const NAMED = 1_000;

export interface Upload {
  /** One line for each area code. */
  readonly lines: readonly Line[];
  /** How many lines said again what an earlier one had said. */
  readonly repeated: number;
}

interface Numbered {
  /** Where the record begins, the header being line 1. */
  readonly at: number;
  readonly fields: readonly string[];
}

interface Parsed {
  readonly record: readonly string[];
  readonly raw: string;
  readonly info: { readonly lines: number };
}

/** The area codes of a file. Throws a refusal that names each line that can't be taken. */
export function readCsv(text: string): Upload {
  const bad: Detail[] = [];
  const [header, ...records] = split(text, bad);
  const columns = readHeader(header);
  const seen = new Map<string, { at: number; line: Line }>();
  let repeated = 0;
  for (const { at, fields } of records) {
    const line = readLine(columns, fields);
    if (typeof line === "string") {
      bad.push({ at, message: line });
      continue;
    }
    const earlier = seen.get(line.npa);
    if (earlier === undefined) seen.set(line.npa, { at, line });
    else if (JSON.stringify(earlier.line) === JSON.stringify(line)) repeated++;
    else bad.push({ at, message: `Says of ${line.npa} something else than line ${earlier.at}` });
  }
  if (bad.length > 0) throw refusal(bad);
  if (seen.size === 0) throw new Refusal("invalid_lines", "The file holds no area code");
  return { lines: [...seen.values()].map(({ line }) => line), repeated };
}

function refusal(bad: readonly Detail[]): Refusal {
  const inOrder = bad.toSorted((one, other) => Number(one.at) - Number(other.at)).slice(0, NAMED);
  const told = bad.length > NAMED ? `; the first ${NAMED} are named` : "";
  return new Refusal("invalid_lines", `Nothing was taken: ${bad.length} bad lines${told}`, inOrder);
}

/** The file's records; what is no CSV at all is noted as bad. */
function split(text: string, bad: Detail[]): Numbered[] {
  // The library's types know neither `info` nor `raw`.
  const raw = parse(text, {
    bom: true,
    info: true,
    raw: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    skip_records_with_error: true,
    on_skip: (error) =>
      void bad.push({ at: error instanceof CsvError ? Number(error["lines"]) : 0, message: "Is no CSV" }),
  }) as unknown as Parsed[];
  return raw.map(({ record, raw, info }) => ({ at: info.lines - lineBreaks(raw.trimEnd()), fields: record }));
}

function lineBreaks(text: string): number {
  return text.match(/\r\n|\r|\n/g)?.length ?? 0;
}

function readHeader(header: Numbered | undefined): readonly string[] {
  const columns = header?.fields.map((column) => column.toLowerCase()) ?? [];
  const missing = REQUIRED.filter((column) => !columns.includes(column));
  const unknown = columns.filter((column, place) =>
    !COLUMNS.includes(column) || columns.indexOf(column) !== place
  );
  if (missing.length === 0 && unknown.length === 0) return columns;
  throw new Refusal("invalid_lines", "The first line must name the columns", [
    ...missing.map((column) => ({ at: 1, message: `Lacks the column ${column}` })),
    ...unknown.map((column) => ({
      at: 1,
      message: `Has a column ${JSON.stringify(column.slice(0, 50))}, unknown or twice`,
    })),
  ]);
}

/** The line's values, or what is wrong with it. An empty field is none. */
function readLine(columns: readonly string[], fields: readonly string[]): Line | string {
  if (fields.length !== columns.length) return `Has ${fields.length} fields and not ${columns.length}`;
  const given = columns.flatMap((column, place) =>
    fields[place] === "" ? [] : [[column, fields[place]] as const]
  );
  const parsed = LergLine.safeParse(Object.fromEntries(given));
  return parsed.success ? parsed.data : parsed.error.issues.map(told).join("; ");
}

function told({ path, message, code, input }: z.core.$ZodIssue): string {
  const missing = code === "invalid_type" && input === undefined;
  return `${path.join(".")}: ${missing ? "Must not be empty" : message}`;
}

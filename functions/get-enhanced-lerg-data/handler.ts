import { z } from "zod";
import { contract } from "../_shared/contract.ts";
import { implement, type Platform } from "../_shared/implement.ts";
import { LergRecord } from "../_shared/lerg.ts";
import { type Body, Dataset } from "./dataset.ts";

const Row = LergRecord.omit({ is_active: true, created_at: true, updated_at: true });
type Row = z.output<typeof Row>;

const Output = z.strictObject({
  data: z.array(Row),
  statistics: z.strictObject({
    total: z.number().int(),
    by_country: z.record(z.string(), z.number().int()),
    by_region: z.record(z.string(), z.number().int()),
  }),
});

const listing = contract({
  slug: "get-enhanced-lerg-data",
  group: "lerg",
  summary:
    "All active area codes, with their number by country and by region; answers 304 to the ETag of the same.",
  callers: ["user", "service"],
  methods: ["GET", "POST"],
  input: z.strictObject({}),
  output: Output,
});

interface Given extends Platform {
  readonly dataset: Dataset;
}

export const newDataset = () => new Dataset((records) => withStatistics(z.array(Row).parse(records)));

export const handler = implement(listing, async ({ caller, request }, { database, dataset }: Given) => {
  const { version, body } = await dataset.get(database, caller);
  if (knows(request, version)) return new Response(null, { status: 304, headers: validators(version) });
  return answer(request, version, body);
});

function withStatistics(data: readonly Row[]): z.output<typeof Output> {
  const count = (key: (row: Row) => string) =>
    Object.fromEntries(
      Object.entries(Object.groupBy(data, key)).map(([name, rows = []]) => [name, rows.length]),
    );
  return Output.parse({
    data,
    statistics: {
      total: data.length,
      by_country: count((row) => row.country_code),
      by_region: count((row) => row.region ?? "none"),
    },
  });
}

/** Weak, since the same data goes out plain and compressed. */
const tagOf = (version: string) => `W/"${version}"`;

function validators(version: string): Record<string, string> {
  return { etag: tagOf(version), "cache-control": "private, no-cache" };
}

function knows(request: Request, version: string): boolean {
  const known =
    request.headers.get("if-none-match")?.split(",").map((tag) => tag.trim().replace(/^W\//, "")) ?? [];
  return known.includes("*") || known.includes(`"${version}"`);
}

function answer(request: Request, version: string, body: Body): Response {
  const gzip = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(request.headers.get("accept-encoding") ?? "");
  return new Response(gzip ? body.gzipped : body.plain, {
    headers: {
      ...validators(version),
      "content-type": "application/json",
      vary: "origin, accept-encoding",
      ...(gzip ? { "content-encoding": "gzip" } : {}),
    },
  });
}

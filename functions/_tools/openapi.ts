/** The functions' OpenAPI document, made of their contracts. `deno run` this file to write it. */

import { z } from "zod";
import { type Contract, needsToken } from "../_shared/contract.ts";
import { COMMON_ERRORS, type ErrorCode, STATUS } from "../_shared/refusal.ts";
import { environmentOf } from "../_shared/serve.ts";
import { allHandlers } from "../_testing/handlers.ts";

type Json = { [name: string]: unknown };

export const FILE = new URL("../../docs/openapi.json", import.meta.url);

/** The document as text, as it stands in the file. */
export async function openApi(): Promise<string> {
  const contracts = [...(await allHandlers()).values()].map(({ contract }) => contract);
  const document = {
    openapi: "3.1.0",
    info: {
      title: "Edge functions of VoIP Accelerator",
      version: "1",
      description: "Made of the functions' contracts by functions/_tools/openapi.ts; edit those instead.",
    },
    servers: [{
      url: "https://{project}.supabase.co/functions/v1",
      variables: { project: { default: "project-ref" } },
    }],
    tags: [...new Set(contracts.map(({ group }) => group))].toSorted().map((name) => ({ name })),
    "x-common-errors": Object.fromEntries(COMMON_ERRORS.map((code) => [code, STATUS[code]])),
    paths: Object.fromEntries(contracts.map((contract) => [`/${contract.slug}`, path(contract)])),
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      responses: { Refusal: { description: "Refused.", content: { "application/json": { schema: ERROR } } } },
    },
  };
  return JSON.stringify(document, null, 2) + "\n";
}

const ERROR: Json = {
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      properties: {
        code: { type: "string", enum: Object.keys(STATUS) },
        message: { type: "string" },
        details: {
          type: "array",
          items: {
            type: "object",
            required: ["at", "message"],
            properties: { at: { type: ["string", "integer"] }, message: { type: "string" } },
          },
        },
      },
    },
  },
};

function path(contract: Contract): Json {
  return Object.fromEntries(
    contract.methods.map((method) => [method.toLowerCase(), {
      operationId: contract.methods.length > 1 ? `${contract.slug}-${method.toLowerCase()}` : contract.slug,
      summary: contract.summary,
      tags: [contract.group],
      security: needsToken(contract) ? [{ token: [] }] : [],
      ...(method === "GET" ? { parameters: parameters(contract) } : { requestBody: body(contract) }),
      responses: responses(contract),
      "x-errors": contract.errors,
      "x-callers": contract.callers,
      "x-verify-jwt": contract.verifyJwt,
      "x-environment": environmentOf(contract),
      "x-timeout-milliseconds": contract.timeout,
      ...(contract.schedule === undefined ? {} : { "x-schedule": contract.schedule }),
    }]),
  );
}

function parameters({ input }: Contract): Json[] {
  const { properties = {}, required = [] } = schemaOf(input, "input") as {
    properties?: Json;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema,
  }));
}

function body({ input, mediaType, maxBytes }: Contract): Json {
  const required = !input.safeParse({}).success;
  return {
    required,
    content: { [mediaType]: { schema: schemaOf(input, "input") } },
    "x-max-bytes": maxBytes,
  };
}

function responses(contract: Contract): Json {
  const success = contract.errors.includes("not_implemented") ? {} : {
    [contract.status]: {
      description: "Done.",
      content: { "application/json": { schema: schemaOf(contract.output, "output") } },
    },
  };
  return { ...success, ...refusals(contract) };
}

/** One response for each status, with the codes that it may carry. */
function refusals(contract: Contract): Json {
  const codes = [...COMMON_ERRORS.filter((code) => applies(code, contract)), ...contract.errors];
  const byStatus = Object.groupBy(codes, (code) => STATUS[code]);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes = []]) => [status, {
      $ref: "#/components/responses/Refusal",
      description: [...new Set(codes)].join(", "),
    }]),
  );
}

/** Whether an error that functions have in common can be met here. */
function applies(code: ErrorCode, contract: Contract): boolean {
  const ofTokens: ErrorCode[] = ["unauthenticated", "token_expired", "forbidden"];
  const ofBodies: ErrorCode[] = ["malformed_body", "payload_too_large", "unsupported_media_type"];
  if (ofTokens.includes(code)) return needsToken(contract);
  return !ofBodies.includes(code) || contract.methods.includes("POST");
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ jsonSchema }) => abridge(jsonSchema),
  });
  return rest;
}

/** Leaves out what says the same again: a format's own pattern, and the limits of every whole number. */
function abridge(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.format !== undefined) delete schema.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

if (import.meta.main) await Deno.writeTextFile(FILE, await openApi());

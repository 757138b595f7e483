/** A request's input: read within its limit, decoded, and never trusted before its schema has passed it. */

import type { z } from "zod";
import type { Contract } from "./contract.ts";
import { Refusal } from "./refusal.ts";

/** The input by the contract's schema; all that is wrong with it is told together. */
export async function readInput<Input extends z.ZodType>(
  request: Request,
  contract: Contract<Input>,
): Promise<z.output<Input>> {
  const given = request.method === "GET" ? readQuery(request) : await readBody(request, contract);
  const parsed = contract.input.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Refusal(
    "invalid_input",
    "The input is not valid",
    parsed.error.issues.map((issue) => ({ at: issue.path.join("."), message: issue.message })),
  );
}

function readQuery(request: Request): Record<string, string> {
  const given: Record<string, string> = Object.create(null);
  for (const [name, value] of new URL(request.url).searchParams) {
    if (name in given) {
      throw new Refusal("invalid_input", "A parameter is given twice", [{
        at: name,
        message: "Give it once",
      }]);
    }
    given[name] = value;
  }
  return { ...given };
}

async function readBody(request: Request, { mediaType, raw, maxBytes }: Contract): Promise<unknown> {
  const stated = request.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase();
  if (stated !== mediaType) {
    await request.body?.cancel();
    throw new Refusal("unsupported_media_type", `The content type must be ${mediaType}`);
  }
  const text = decode(await readBytes(request, maxBytes));
  return mediaType === "application/json" && !raw ? parseJson(text) : text;
}

async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const refusal = new Refusal("payload_too_large", `The body may have ${maxBytes} bytes at most`);
  if (Number(request.headers.get("content-length")) > maxBytes) {
    await request.body?.cancel();
    throw refusal;
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  // What was announced may be a lie: it is counted as it comes.
  for await (const chunk of whole(request.body ?? new ReadableStream({ start: (body) => body.close() }))) {
    size += chunk.length;
    if (size > maxBytes) throw refusal;
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

async function* whole(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    yield* body;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal("malformed_body", "The body ended before it was complete");
  }
}

function decode(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal("malformed_body", "The body is not UTF-8");
  }
}

function parseJson(text: string): unknown {
  try {
    return text.trim() === "" ? {} : JSON.parse(text);
  } catch {
    throw new Refusal("malformed_body", "The body is not JSON");
  }
}

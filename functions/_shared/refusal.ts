/** The one way in which a function says no: a code from this list, its status, and a message for the caller. */

export const STATUS = {
  invalid_input: 400,
  malformed_body: 400,
  invalid_signature: 400,
  unauthenticated: 401,
  token_expired: 401,
  session_ended: 401,
  payment_declined: 402,
  forbidden: 403,
  origin_not_allowed: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  gone: 410,
  payload_too_large: 413,
  unsupported_media_type: 415,
  invalid_lines: 422,
  internal: 500,
  not_implemented: 501,
  payments_unavailable: 502,
  unavailable: 503,
  misconfigured: 503,
  timeout: 504,
} as const;

export type ErrorCode = keyof typeof STATUS;

/** What is wrong with one part of the input: a field's path, or a line's number. */
export interface Detail {
  readonly at: string | number;
  readonly message: string;
}

/** A refusal; its message is shown to the caller, so it never holds what only the inside knows. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly details: readonly Detail[] = [],
  ) {
    super(message);
  }

  get status(): number {
    return STATUS[this.code];
  }

  /** The body of every answer that isn't a success. */
  body(): { error: { code: ErrorCode; message: string; details?: readonly Detail[] } } {
    const details = this.details.length > 0 ? { details: this.details } : {};
    return { error: { code: this.code, message: this.message, ...details } };
  }
}

/** What every function may answer, beside its contract's own errors. */
export const COMMON_ERRORS: readonly ErrorCode[] = [
  "invalid_input",
  "malformed_body",
  "unauthenticated",
  "token_expired",
  "forbidden",
  "origin_not_allowed",
  "method_not_allowed",
  "payload_too_large",
  "unsupported_media_type",
  "internal",
  "unavailable",
  "misconfigured",
  "timeout",
];

/** Every error Solyx raises. A code is API: clients match on it, so its meaning never changes. */
export const ERROR_CODES = {
  InvalidArgument: { http: 400, retryable: false, hint: 'Correct the named field and send the request again.' },
  Unauthenticated: { http: 401, retryable: false, hint: 'Send a valid API key: `Authorization: Bearer slx_…`.' },
  PermissionDenied: { http: 403, retryable: false, hint: 'Ask an owner of the organization for the missing role.' },
  NotFound: { http: 404, retryable: false, hint: 'Check the id; `solyx ps --all` lists what exists.' },
  Conflict: { http: 409, retryable: true, hint: 'Read the current state and try again.' },
  FailedPrecondition: { http: 412, retryable: false, hint: 'The object is in another state; look at it first.' },
  ResourceExhausted: { http: 429, retryable: true, hint: 'Wait as long as Retry-After says, then try again.' },
  Internal: { http: 500, retryable: false, hint: 'Report the correlation id; `solyx doctor` collects the details.' },
  Unavailable: { http: 503, retryable: true, hint: 'Try again shortly; `solyx doctor` shows which part is down.' },
  DeadlineExceeded: {
    http: 504,
    retryable: true,
    hint: 'The outcome is unknown: repeat with the same idempotency key.',
  },
} as const satisfies Record<string, { http: number; retryable: boolean; hint: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export type ErrorDetails = Readonly<Record<string, string | number>>;

export interface SolyxErrorOptions extends ErrorOptions {
  /** What to do next, where the code's own advice is too general. */
  readonly hint?: string;
  /** PascalCase reason of the domain, where there is one. */
  readonly reason?: string;
}

export class SolyxError extends Error {
  override readonly name = 'SolyxError';
  readonly http: number;
  /** The same call, unchanged, may succeed later. */
  readonly retryable: boolean;
  readonly hint: string;
  readonly reason: string;

  constructor(
    readonly code: ErrorCode,
    /** For people: free to improve, never parsed. */
    message: string,
    readonly details: ErrorDetails = {},
    options: SolyxErrorOptions = {},
  ) {
    super(message, options);
    const entry = ERROR_CODES[code];
    this.http = entry.http;
    this.retryable = entry.retryable;
    this.hint = options.hint ?? entry.hint;
    this.reason = options.reason ?? code;
  }

  /** The one place where a stranger's error becomes ours; the original stays as the cause. */
  static from(error: unknown): SolyxError {
    if (error instanceof SolyxError) return error;
    const text = error instanceof Error ? error.message : String(error);
    return new SolyxError('Internal', `unexpected failure: ${text}`, {}, { cause: error });
  }

  toJSON(): { code: ErrorCode; reason: string; message: string; hint: string; details: ErrorDetails } {
    return { code: this.code, reason: this.reason, message: this.message, hint: this.hint, details: this.details };
  }
}

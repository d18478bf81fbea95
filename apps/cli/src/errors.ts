/** How a command ends: documented, stable. */
export const EXIT = { ok: 0, failed: 1, cancelled: 2, refused: 3, login: 4, timeout: 5, usage: 64 } as const;

const EXIT_OF: Readonly<Record<string, number>> = {
  Unauthenticated: EXIT.login,
  PermissionDenied: EXIT.login,
  DeadlineExceeded: EXIT.timeout,
  Usage: EXIT.usage,
  InvalidArgument: EXIT.usage,
};

/** An error that a person reads: what happened, and what to do next. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(
    readonly code: string,
    message: string,
    readonly hint: string,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }

  get exitCode(): number {
    return EXIT_OF[this.code] ?? EXIT.failed;
  }
}

/** A rule said no: quota, budget, state. */
export class Refused extends CliError {
  constructor(refusal: { reason: string; message: string; hint: string; details?: unknown; code?: string }) {
    super(refusal.code ?? refusal.reason, `${refusal.reason}: ${refusal.message}`, refusal.hint, {
      reason: refusal.reason,
      ...(typeof refusal.details === 'object' && refusal.details !== null ? { details: refusal.details } : {}),
    });
  }

  override get exitCode(): number {
    return this.code === 'InvalidArgument' ? EXIT.usage : EXIT.refused;
  }
}

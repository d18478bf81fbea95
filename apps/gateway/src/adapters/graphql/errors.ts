import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { SolyxError } from '@solyx/kernel';

interface WithErrors {
  readonly errors?: readonly unknown[];
  readonly originalError?: unknown;
  readonly code?: string;
  readonly statusCode?: number;
}

/** The stranger's error behind a chain of wrappers. */
function rootOf(error: unknown): unknown {
  let root = error;
  for (let depth = 0; depth < 5; depth += 1) {
    const inner = (root as WithErrors | undefined)?.originalError;
    if (inner === undefined || inner === null) break;
    root = inner;
  }
  return root;
}

/** As a SolyxError: ours as it is; what GraphQL says about the document is the caller's; all else is a fault of ours. */
export function toSolyxError(error: unknown): SolyxError {
  const root = rootOf(error);
  if (root instanceof SolyxError) return root;
  if (root instanceof GraphQLError) {
    return new SolyxError(
      'InvalidArgument',
      root.message,
      {},
      {
        reason: 'InvalidQuery',
        hint: 'Compare the document with the schema at /schema.graphql.',
      },
    );
  }
  return SolyxError.from(root);
}

/** What callers are told. Faults of ours keep their words to themselves: those go to the log. */
export function formatError(error: unknown, correlationId: string): GraphQLFormattedError {
  const ours = toSolyxError(error);
  const { code, reason, hint, details } = ours;
  const message = code === 'Internal' ? 'an unexpected failure' : ours.message;
  const { path, locations } = error instanceof GraphQLError ? error : {};
  return {
    message,
    ...(locations ? { locations } : {}),
    ...(path ? { path } : {}),
    extensions: { code, reason, hint, correlationId, ...(code === 'Internal' ? {} : { details }) },
  };
}

/** Every error of an execution, or the one that was thrown instead. */
export function errorsOf(thrown: unknown): readonly unknown[] {
  const { errors } = thrown as WithErrors;
  return Array.isArray(errors) && errors.length > 0 ? errors : [thrown];
}

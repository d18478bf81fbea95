import type { WebhookKey } from '@solyx/contracts';

/** Headers of Standard Webhooks 1.0, https://www.standardwebhooks.com */
export const ID_HEADER = 'webhook-id';
export const TIMESTAMP_HEADER = 'webhook-timestamp';
export const SIGNATURE_HEADER = 'webhook-signature';

/** What is signed. The time is that of the attempt, in seconds since 1970, so that an old capture is found to be old. */
export const signedContent = (id: string, timestamp: number, body: string): string => `${id}.${timestamp}.${body}`;

/** `v1,<base64>` of each key in force, with a space between: a receiver accepts any one that it can verify. */
export const signatureHeader = (
  signatures: readonly { readonly algorithm: WebhookKey['algorithm']; readonly base64: string }[],
): string => signatures.map(({ algorithm, base64 }) => `${algorithm},${base64}`).join(' ');

/** A header as the log of deliveries shows it: enough to tell signatures apart, too little to use one. */
export const shortenedSignature = (header: string): string =>
  header
    .split(' ')
    .map((one) => `${one.slice(0, 12)}…`)
    .join(' ');

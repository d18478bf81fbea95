/** Milliseconds since 1970 of an ISO time. */
export const millisOf = (at: string): number => Date.parse(at);
export const isoOf = (millis: number): string => new Date(millis).toISOString();
export const laterOf = (a: string, b: string): string => (a > b ? a : b);

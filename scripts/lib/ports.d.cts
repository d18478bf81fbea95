export const HOST: '127.0.0.1';
export function freePort(): Promise<number>;
export function isFree(port: number): Promise<boolean>;
export function answers(port: number): Promise<boolean>;
export function describe(pid: number): string | undefined;
export function portOwner(port: number): { readonly pid: number; readonly command: string | undefined } | undefined;

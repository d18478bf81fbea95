export interface Operation {
  readonly called: number;
  readonly returned: number;
  readonly kind: 'append' | 'read';
  readonly id?: string;
  readonly expected?: number;
  readonly answer?: { readonly revision: number } | { readonly current: number } | undefined;
  readonly last?: number;
}
export function isLinearizable(history: readonly Operation[], final: readonly string[]): boolean;

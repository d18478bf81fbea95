import type { Projection } from './define-projection';

export const CONTEXTS = ['gateway', 'drm', 'cmo', 'sdn', 'billing', 'optimizer'] as const;
export type ContextName = (typeof CONTEXTS)[number];

/** What a service is called, whom it hears, and what it shows. */
export interface ContextDefinition {
  readonly context: ContextName;
  /** Contexts whose events it handles; its own may be among them. The gateway is always heard. */
  readonly listens: readonly ContextName[];
  readonly projections: readonly Projection[];
}

export interface ContextSpec {
  readonly context: ContextName;
  readonly listens?: readonly ContextName[];
  readonly projections?: readonly Projection[];
}

/** Declares a service's context. Operators' requests come from the gateway, so every context hears it. */
export function defineContext(spec: ContextSpec): ContextDefinition {
  const listens = [...new Set<ContextName>([...(spec.listens ?? []), 'gateway'])].sort();
  return Object.freeze({ context: spec.context, listens, projections: spec.projections ?? [] });
}

/** A reason to refuse, wait or end: what it means, and what to do next. PascalCase, as a Kubernetes reason. */
export interface Reason {
  readonly message: string;
  readonly hint: string;
}

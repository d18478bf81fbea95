import {
  getNamedType,
  GraphQLError,
  isCompositeType,
  isObjectType,
  Kind,
  parse,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { SolyxError } from '@solyx/kernel';
import { LruMap } from '@solyx/eventing';

export const LIMITS = {
  depth: 12,
  aliases: 30,
  tokens: 2_000,
  fields: 5_000,
  cost: 1_000,
  page: 100,
  textBytes: 64 * 1024,
} as const;

const DOCUMENTS_KEPT = 1_000;
/** Items that a list without an argument `first` is taken to have. */
const LIST_SIZE = 3;

export interface MeasuredDocument {
  readonly document: DocumentNode;
  readonly operation: 'query' | 'mutation' | 'subscription';
  readonly name: string | undefined;
  /** Points, before anything runs: each object that the answer may hold counts one. */
  cost(variables: Readonly<Record<string, unknown>>): number;
}

type Variables = Readonly<Record<string, unknown>>;
/** `memo` holds what fragments cost in this evaluation, by name. */
type Cost = (variables: Variables, memo: Map<string, number>) => number;

const tooMuch = (what: string, is: number, limit: number): SolyxError =>
  new SolyxError(
    'InvalidArgument',
    `the document has ${what} ${is}, more than ${limit}`,
    { is, limit },
    {
      reason: 'QueryTooLarge',
      hint: 'Ask for less at once: fewer fields, or a smaller page.',
    },
  );

/** Parses a document once and measures it; what is too large, or not one operation, is refused before it can run. */
export class DocumentLimits {
  private readonly kept = new LruMap<string, MeasuredDocument>(DOCUMENTS_KEPT);

  constructor(private readonly schema: GraphQLSchema) {}

  measure(text: string): MeasuredDocument {
    const known = this.kept.get(text);
    if (known) return known;
    if (Buffer.byteLength(text) > LIMITS.textBytes) throw tooMuch('a length of', text.length, LIMITS.textBytes);
    const measured = new Measurement(this.schema, parseBounded(text)).result();
    this.kept.set(text, measured);
    return measured;
  }
}

function parseBounded(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: LIMITS.tokens, noLocation: false });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    if (error.message.includes('more that') || error.message.includes('more than')) {
      throw tooMuch('tokens,', LIMITS.tokens + 1, LIMITS.tokens);
    }
    throw new SolyxError(
      'InvalidArgument',
      error.message,
      {},
      { reason: 'SyntaxError', hint: 'Correct the document.' },
    );
  }
}

/** One walk of one document. Fragments are measured once each, so that nesting them costs nothing. */
class Measurement {
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly depths = new Map<string, number>();
  private readonly counts = new Map<string, number>();
  private readonly costs = new Map<string, Cost>();
  private readonly open = new Set<string>();
  private aliases = 0;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly document: DocumentNode,
  ) {
    for (const node of document.definitions) {
      if (node.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(node.name.value, node);
    }
  }

  result(): MeasuredDocument {
    const operation = this.onlyOperation();
    const root = this.schema.getRootType(operation.operation) ?? undefined;
    const depth = this.depth(operation.selectionSet);
    if (depth > LIMITS.depth) throw tooMuch('a depth of', depth, LIMITS.depth);
    const fields = this.fields(operation.selectionSet);
    if (fields > LIMITS.fields) throw tooMuch('fields, fragments spread out,', fields, LIMITS.fields);
    if (this.aliases > LIMITS.aliases) throw tooMuch('aliases,', this.aliases, LIMITS.aliases);
    const cost = this.cost(operation.selectionSet, root);
    const defaults = defaultsOf(operation);
    return {
      document: this.document,
      operation: operation.operation,
      name: operation.name?.value,
      cost: (variables) => {
        const points = cost({ ...defaults, ...variables }, new Map());
        if (points > LIMITS.cost) throw tooMuch('a cost of', Math.round(points), LIMITS.cost);
        return points;
      },
    };
  }

  private onlyOperation(): OperationDefinitionNode {
    const operations = this.document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
    const [operation] = operations;
    if (operation && operations.length === 1) return operation;
    throw new SolyxError(
      'InvalidArgument',
      `the document has ${operations.length} operations, not one`,
      {},
      {
        reason: 'NotOneOperation',
        hint: 'Send one operation at a time.',
      },
    );
  }

  private spread<T>(name: string, measure: (fragment: FragmentDefinitionNode) => T, none: T): T {
    const fragment = this.fragments.get(name);
    if (!fragment) return none;
    if (this.open.has(name)) {
      throw new SolyxError(
        'InvalidArgument',
        `the fragment ${name} contains itself`,
        {},
        {
          reason: 'CyclicFragment',
          hint: 'Break the cycle.',
        },
      );
    }
    this.open.add(name);
    try {
      return measure(fragment);
    } finally {
      this.open.delete(name);
    }
  }

  private depth(set: SelectionSetNode | undefined): number {
    let deepest = 0;
    for (const node of set?.selections ?? []) {
      if (node.kind === Kind.FIELD) {
        if (node.alias) this.aliases += 1;
        if (node.name.value.startsWith('__')) continue;
        deepest = Math.max(deepest, 1 + this.depth(node.selectionSet));
      } else if (node.kind === Kind.INLINE_FRAGMENT) deepest = Math.max(deepest, this.depth(node.selectionSet));
      else deepest = Math.max(deepest, this.fragmentDepth(node.name.value));
    }
    return deepest;
  }

  /** Fields once every fragment is spread out: what an executor would have to collect. */
  private fields(set: SelectionSetNode | undefined): number {
    let count = 0;
    for (const node of set?.selections ?? []) {
      if (node.kind === Kind.FRAGMENT_SPREAD) count += this.fragmentFields(node.name.value);
      else count += (node.kind === Kind.FIELD ? 1 : 0) + this.fields(node.selectionSet);
    }
    return count;
  }

  private fragmentFields(name: string): number {
    const known = this.counts.get(name);
    if (known !== undefined) return known;
    // One more than its fields, so that spreading nothing very often is too much as well.
    const count = 1 + this.spread(name, (fragment) => this.fields(fragment.selectionSet), 0);
    this.counts.set(name, count);
    return count;
  }

  private fragmentDepth(name: string): number {
    const known = this.depths.get(name);
    if (known !== undefined) return known;
    const depth = this.spread(name, (fragment) => this.depth(fragment.selectionSet), 0);
    this.depths.set(name, depth);
    return depth;
  }

  private cost(set: SelectionSetNode | undefined, type: GraphQLNamedType | undefined): Cost {
    const parts: Cost[] = [];
    for (const node of set?.selections ?? []) {
      if (node.kind === Kind.FIELD) parts.push(this.fieldCost(node, type));
      else if (node.kind === Kind.INLINE_FRAGMENT) {
        const on = node.typeCondition ? this.schema.getType(node.typeCondition.name.value) : type;
        parts.push(this.cost(node.selectionSet, on ?? undefined));
      } else parts.push(this.fragmentCost(node.name.value));
    }
    return (variables, memo) => parts.reduce((sum, part) => sum + part(variables, memo), 0);
  }

  private fragmentCost(name: string): Cost {
    const known = this.costs.get(name);
    if (known) return known;
    const cost = this.spread<Cost>(
      name,
      (fragment) => this.cost(fragment.selectionSet, this.schema.getType(fragment.typeCondition.name.value)),
      () => 0,
    );
    const once: Cost = (variables, memo) => {
      const before = memo.get(name) ?? cost(variables, memo);
      memo.set(name, before);
      return before;
    };
    this.costs.set(name, once);
    return once;
  }

  private fieldCost(node: FieldNode, parent: GraphQLNamedType | undefined): Cost {
    const field = isObjectType(parent) ? parent.getFields()[node.name.value] : undefined;
    // Introspection answers from the schema in memory; its depth is bounded by its own types.
    if (!field) return () => 0;
    const type = getNamedType(field.type);
    if (!isCompositeType(type)) return () => 0;
    const inner = this.cost(node.selectionSet, type);
    const first = field.args.find(({ name }) => name === 'first');
    const given = node.arguments?.find(({ name }) => name.value === 'first')?.value;
    const isConnection = type.name.endsWith('Connection');
    const wrapper = isConnection || type.name.endsWith('Edge') || type.name === 'PageInfo';
    const size = (variables: Variables): number => {
      if (first) return pageOf(given, variables, first.defaultValue as number | undefined);
      return !wrapper && String(field.type).includes('[') ? LIST_SIZE : 1;
    };
    return (variables, memo) =>
      size(variables) * (wrapper ? inner(variables, memo) : 1 + inner(variables, memo)) + (isConnection ? 1 : 0);
  }
}

function pageOf(given: ValueNode | undefined, variables: Variables, otherwise: number | undefined): number {
  const value =
    given?.kind === Kind.INT
      ? Number(given.value)
      : given?.kind === Kind.VARIABLE
        ? variables[given.name.value]
        : undefined;
  return typeof value === 'number' && value > 0 ? value : (otherwise ?? LIST_SIZE);
}

/** What variables are where the caller leaves them out. */
function defaultsOf(operation: OperationDefinitionNode): Variables {
  const defaults: Record<string, unknown> = {};
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    if (defaultValue?.kind === Kind.INT) defaults[variable.name.value] = Number(defaultValue.value);
  }
  return defaults;
}

import {
  GraphQLError,
  Kind,
  valueFromASTUntyped,
  type GraphQLScalarType,
  type GraphQLSchema,
  type ValueNode,
} from 'graphql';

const text = (pattern: RegExp, what: string) => {
  const parse = (value: unknown): string => {
    const given = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
    if (typeof given === 'string' && pattern.test(given)) return given;
    throw new GraphQLError(`not ${what}`);
  };
  return {
    serialize: String,
    parseValue: parse,
    parseLiteral: (node: ValueNode): string => {
      if (node.kind === Kind.STRING || node.kind === Kind.INT) return parse(node.value);
      throw new GraphQLError(`not ${what}`);
    },
  };
};

const same = (value: unknown): unknown => value;

const SCALARS: Readonly<Record<string, Partial<GraphQLScalarType>>> = {
  Position: text(/^-?\d{1,19}$/, 'a position in the log'),
  DateTime: text(/^\d{4}-\d{2}-\d{2}T[\d:.]{5,18}(Z|[+-]\d{2}:\d{2})$/, 'a time in ISO 8601'),
  MicroUsd: text(/^-?\d{1,30}$/, 'an amount in micro-USD'),
  Json: { serialize: same, parseValue: same, parseLiteral: (node, variables) => valueFromASTUntyped(node, variables) },
};

/** Gives the schema's scalars their meaning. */
export function defineScalars(schema: GraphQLSchema): void {
  for (const [name, behaviour] of Object.entries(SCALARS)) Object.assign(schema.getType(name) ?? {}, behaviour);
}
